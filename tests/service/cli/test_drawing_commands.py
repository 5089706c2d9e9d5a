"""`qingtu zones drawing list | export` as a user calls them."""

from __future__ import annotations

import json

import geopandas as gpd
import pytest

from service.cli import drawings


@pytest.fixture
def data(site, monkeypatch):
    """The running office's directory; the commands use its database instead of opening a cluster."""
    from contextlib import contextmanager

    from service.store.engine import make_engine

    @contextmanager
    def opened(_data):
        engine = make_engine(site.database_url, pool_size=2)
        try:
            yield engine
        finally:
            engine.dispose()

    monkeypatch.setattr(drawings, "opened", opened)
    return site.data_dir


def test_drawings_are_listed_and_exported(run, data, admin, tmp_path):
    assert "还没有草图" in run("zones", "drawing", "list", "--data", data)[1]
    made = admin.post("/api/drawings", json={"name": "现行", "start": "current"}).json()
    empty = admin.post("/api/drawings", json={"name": "空的"}).json()
    code, out, _ = run("zones", "drawing", "list", "--data", data)
    assert (code, "现行" in out, "草图" in out, "2 社区 4 网格" in out) == (0, True, True, True)
    listed = json.loads(run("zones", "drawing", "list", "--data", data, "--json")[1])
    assert {item["id"] for item in listed} == {made["id"], empty["id"]}
    target = tmp_path / "out.gpkg"
    code, out, _ = run("zones", "drawing", "export", made["id"][:8], "--out", target, "--data", data)
    assert (code, "7 个区划" in out) == (0, True)
    communities = gpd.read_file(target, layer="community")
    assert communities.area.sum() == pytest.approx(2_000_000)
    assert set(communities["note"]) == {"草图"}
    target = tmp_path / "out.geojson"
    code, out, _ = run("zones", "drawing", "export", made["id"], "--out", target, "--data", data, "--json")
    assert json.loads(out)["zones"] == len(json.loads(target.read_text(encoding="utf-8"))["features"]) == 7
    for wrong, words in ((["ffffffff"], "没有编号"), ([empty["id"]], "还没有画")):
        code, _, said = run(
            "zones", "drawing", "export", *wrong, "--out", tmp_path / "no.gpkg", "--data", data
        )
        assert (code, words in said) == (1, True)
    code, _, said = run(
        "zones", "drawing", "export", made["id"], "--out", tmp_path / "no.shp", "--data", data
    )
    assert (code, ".gpkg" in said) == (1, True)
