"""The pages' libraries: fetched by npm as locked, their dist files copied to service/static/vendor/.

No script of any package runs. The lock file holds no address; npm's own configuration says where from.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

from commands import REPOSITORY, run
from environment import INSTALL, install_tool, tool
from stamps import fingerprint, forget, is_done, set_done
from words import say, timed

VENDOR = REPOSITORY / "service" / "static" / "vendor"
_MODULES = REPOSITORY / "node_modules"
_OLDEST_NODE = 18
# package: (its licence file, the files that pages load); they come to lie in vendor/<package>/
_FILES: dict[str, tuple[str, list[str]]] = {
    "maplibre-gl": (
        "LICENSE.txt",
        ["dist/maplibre-gl.mjs", "dist/maplibre-gl-worker.mjs", "dist/maplibre-gl.css"],
    ),
    "htmx.org": ("LICENSE", ["dist/htmx.min.js"]),
}


def provide() -> None:
    """Make service/static/vendor/ complete."""
    mark = fingerprint(REPOSITORY / "package.json", REPOSITORY / "package-lock.json", Path(__file__))
    if is_done("pages", mark) and VENDOR.is_dir():
        return
    with timed("下载网页用的程序库", "fetch the pages' libraries"):
        forget("pages")
        _npm("ci", "--ignore-scripts", "--omit=dev")
        _copy()
        shutil.rmtree(_MODULES)
    set_done("pages", mark)


def lock() -> None:
    """Write package-lock.json anew, without any address in it."""
    _npm("install", "--package-lock-only", "--ignore-scripts")
    path = REPOSITORY / "package-lock.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    for package in content["packages"].values():
        # where to send money to, and where from: neither is needed to install
        package.pop("funding", None)
        package.pop("resolved", None)
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _copy() -> None:
    fresh = VENDOR.with_name("vendor.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    for package, (licence, files) in _FILES.items():
        source = _MODULES / package
        (fresh / package).mkdir()
        for file in files:
            shutil.copyfile(source / file, fresh / package / Path(file).name)
        shutil.copyfile(source / licence, fresh / package / "LICENSE.txt")
    shutil.rmtree(VENDOR, ignore_errors=True)
    fresh.rename(VENDOR)


def _npm(*arguments: str) -> None:
    env = {}
    npm = shutil.which("npm")
    if npm is None or not _node_is_new_enough():
        if not tool("npm").exists():
            say(
                "本机没有 Node.js，从 Python 软件源安装一份到 .uv", "no Node.js here: installing one into .uv"
            )
            install_tool(INSTALL / "node.txt")
        npm = str(tool("npm"))
        env["PATH"] = f"{tool('npm').parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
        env["PYTHONPATH"] = str(tool("npm").parents[1] / "lib" / "node")
    run(npm, *arguments, "--loglevel=error", env=env)


def _node_is_new_enough() -> bool:
    try:
        done = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False)
        return int(done.stdout.lstrip("v").split(".")[0]) >= _OLDEST_NODE
    except (OSError, ValueError):
        return False
