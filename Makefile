# `make demo` and `make test` are all a newcomer needs: each sets up what is missing first.
PYTHON ?= python3
DEMO_DATA ?= data/demo
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help demo demo-reset test check setup setup-tests lock clean bench-geocode bench-peers bench-zones bench-heat bench-partition bench-office

help: ## 列出命令 list these commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 16

# exec: the service must get Ctrl-C and SIGTERM itself, to stop its database in order
demo: setup ## 准备环境，建示范辖区，启动服务 set up, make the demo district, run the service
	@exec $(BIN)/qingtu demo --data $(DEMO_DATA) $(ARGS)

demo-reset: setup ## 删掉示范数据，从头再来 start the demo over
	@$(BIN)/python install/reset_demo.py $(DEMO_DATA)
	@exec $(BIN)/qingtu demo --data $(DEMO_DATA) $(ARGS)

# The whole suite on all cores, what ARGS names in one process. A file's tests share fixtures, so files are
# handed out whole, in their order: the long ones (browser) come first, the shortest (doctests) last.
TESTS = $(if $(ARGS),$(ARGS),--numprocesses auto --dist loadfile --no-loadscope-reorder)

test: setup-tests ## 准备环境，跑全部测试 set up and run the whole suite
	@exec $(BIN)/python -m pytest $(TESTS)

check: setup-tests ## 格式、规范、类型、分层、测试 format, lint, types, layers, tests, doctests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest $(TESTS)

bench-geocode: setup-tests ## 定位的准确率和速度 accuracy and speed of the geocoder on the test data
	$(BIN)/python tests/bench/geocode_shops.py
	$(BIN)/python tests/bench/geocode_calibration.py
	$(BIN)/python tests/bench/geocode_crossings.py
	$(BIN)/python tests/bench/geocode_lines.py
	$(BIN)/python tests/bench/geocode_traps.py
	$(BIN)/python tests/bench/geocode_real_texts.py
	$(BIN)/python tests/bench/geocode_long_text.py
	$(BIN)/python tests/bench/geocode_stages.py
	$(BIN)/python tests/bench/fuzzy_names.py

bench-peers: setup-tests ## 与 Nominatim、addok 同场比较（见 tests/bench/peers） against peers, and our speed at 200,000 entries
	$(BIN)/python tests/bench/geocode_scale.py
	$(BIN)/python tests/bench/geocode_peers.py $(ARGS)

# PEERS: a Python that has the peers too (tests/bench/peers/set_up_spatial.sh); else they are named as missing
PEERS ?= $(BIN)/python

bench-zones: setup-tests ## 归属、切线、检查修复、画网格 points, lines, dirty borders, drawn grids
	PYTHONPATH=. $(PEERS) tests/bench/zones_points.py $(ARGS)
	PYTHONPATH=. $(PEERS) tests/bench/zones_lines.py
	PYTHONPATH=. $(BIN)/python tests/bench/zones_owners.py
	PYTHONPATH=. $(PEERS) tests/bench/zones_dirty.py
	PYTHONPATH=. $(PEERS) tests/bench/zones_drawing.py

bench-heat: setup-tests ## 核密度和热点的速度、误差、误报 kernel density and hot spots: speed, error, false alarms
	PYTHONPATH=. $(PEERS) tests/bench/heat_density.py
	PYTHONPATH=. $(PEERS) tests/bench/hotspots_peers.py
	PYTHONPATH=. $(PEERS) tests/bench/hotspots_noise.py
	PYTHONPATH=. $(PEERS) tests/bench/hotspots_scan.py

bench-partition: setup-tests ## 分区并行（Dask） partitions on Dask
	PYTHONPATH=. $(BIN)/python tests/bench/partition_dask.py $(ARGS)

bench-office: setup-tests ## 四至、边界文件、画边界、类别、台账、改路、第一个小时 bounds, border files, drawing, kinds, registers, road edits, first hour
	PYTHONPATH=. $(BIN)/python tests/bench/zones_bounds.py
	PYTHONPATH=. $(BIN)/python tests/bench/border_files.py
	PYTHONPATH=. $(BIN)/python tests/bench/drawing.py
	PYTHONPATH=. $(BIN)/python tests/bench/kinds_lines.py
	PYTHONPATH=. $(BIN)/python tests/bench/register_revision.py
	PYTHONPATH=. $(BIN)/python tests/bench/road_edit.py
	PYTHONPATH=. $(BIN)/python tests/bench/first_hour.py

setup: ## 只准备运行环境 only set up what running needs
	@$(PYTHON) install/prepare.py

setup-tests: ## 只准备测试环境 only set up what testing needs
	@$(PYTHON) install/prepare.py --tests

lock: ## 重新锁定依赖的版本 compile the lock files anew
	@$(PYTHON) install/prepare.py --lock

clean: ## 删掉环境和缓存，不动数据 remove environments and caches, never data
	rm -rf .venv .uv .setup node_modules service/static/vendor .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
