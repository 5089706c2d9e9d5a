"""A new user's first hour at the keyboard of a real Chromium: every click counted, every step looked at.

Shared by `test_first_hour.py` and `tests/bench/first_hour.py`. The office is a process of its own on an
empty data directory; the person only ever uses the browser.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import shapely
import xlsxwriter

from geodata.crs import reproject
from geodata.demo.first_bounds import HEADER, demo_bounds
from geodata.demo.profile import write_profile

REPOSITORY = Path(__file__).resolve().parents[2]
QINGTU = [sys.executable, "-c", "from service.cli import main; main()"]
CLICKS, AREA_SHARE, NEAR_M, GRIDS = 40, 0.05, 30.0, 63
_LINK = re.compile(r"http://\S+/setup\?key=\S+")
_WAIT_MS = 60_000


@dataclass(frozen=True)
class Papers:
    """What the new user has on the desk: roads, a table of bounds, a list; and the drawn truth to compare with."""

    lines: Path
    bounds: Path
    problems: Path
    truth: Any


def papers(folder: Path) -> Papers:
    """Write the files of the demo district that a new office would have."""
    write_profile(folder)
    bounds = folder / "四至表.xlsx"
    with xlsxwriter.Workbook(bounds) as book:
        sheet = book.add_worksheet()
        sheet.write(0, 0, "各社区四至一览表")
        sheet.write_row(1, 0, HEADER)
        for number, row in enumerate(demo_bounds(), start=2):
            sheet.write_row(number, 0, row.values())
    truth = gpd.read_file(folder / "zones.gpkg", layer="community").set_index("name").geometry
    return Papers(folder / "lines.gpkg", bounds, folder / "示范问题清单.xlsx", truth)


@contextmanager
def empty_office(data_dir: Path, **environment: str) -> Iterator[str]:
    """Run `qingtu serve` on an empty data directory; yield the one-time link that it prints."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("QINGTU_")}
    process = subprocess.Popen(
        [*QINGTU, "serve", "--data", str(data_dir), "--port", "0"], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True,
        env={**clean, "PYTHONPATH": str(REPOSITORY), **environment},
    )  # fmt: skip
    said: list[str] = []
    found = threading.Event()

    def listen() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            said.append(line)
            if _LINK.search(line):
                found.set()

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    try:
        assert found.wait(60), "".join(said)
        yield next(match[0] for line in said if (match := _LINK.search(line)))
    finally:
        process.terminate()
        process.wait(timeout=60)
        listener.join(timeout=10)
        assert process.stdout is not None
        process.stdout.close()


@dataclass
class Hand:
    """The user's hand: clicks, fields and files are counted; pictures are taken where wanted."""

    page: Any
    screenshots: Path | None = None
    clicks: int = 0
    began: float = field(default_factory=time.monotonic)
    log: list[tuple[str, int, float]] = field(default_factory=list)

    def click(self, selector: str) -> None:
        """Click something."""
        self.page.click(selector)
        self.clicks += 1

    def write(self, selector: str, text: str) -> None:
        """Click into a field and write: one click each, as if nobody used Tab."""
        self.page.fill(selector, text)
        self.clicks += 1

    def choose(self, selector: str, path: Path) -> None:
        """Choose a file: one click on the field, one on the file in the dialog."""
        # Nobody is faster than the page's scripts.
        self.page.wait_for_load_state("load")
        self.page.set_input_files(selector, str(path))
        self.clicks += 2

    def done(self, step: str) -> None:
        """Note a step, and take its picture."""
        self.log.append((step, self.clicks, time.monotonic() - self.began))
        if self.screenshots:
            number = len(self.log)
            self.page.screenshot(path=self.screenshots / f"first-hour-{number}-{step}.png")

    def settle(self) -> None:
        """Wait until the map has nothing more to load."""
        self.page.evaluate(
            "() => new Promise(done => { const m = window.qingtuMap; m.loaded() && !m.isMoving() ? done() : m.once('idle', done); })"
        )


def first_hour(hand: Hand, link: str, on_desk: Papers) -> dict[str, tuple[float, float]]:
    """Go from the empty directory to the map; return per community the share of area and metres it is off."""
    page = hand.page
    page.goto(link)
    page.wait_for_selector("#first")
    hand.write("[name=name]", "如意湖办事处")
    hand.write("[name=city]", "郑州市")
    hand.write("[name=person]", "王主任")
    hand.write("[name=login]", "wang")
    hand.write("[name=password]", "first hour 2026")
    hand.write("[name=again]", "first hour 2026")
    hand.done("office")
    hand.click("#first button")
    page.wait_for_selector("#step-roads[open]", timeout=_WAIT_MS)
    hand.done("checklist")

    hand.choose("#roads-form [name=file]", on_desk.lines)
    page.wait_for_selector("#step-borders[open]", timeout=_WAIT_MS)
    _ready(hand)
    hand.done("roads")

    hand.choose("#bounds-file", on_desk.bounds)
    page.wait_for_selector("#bounds-sign:not([hidden])", timeout=_WAIT_MS)
    hand.settle()
    hand.done("bounds")
    hand.click("#bounds-sign button")
    page.wait_for_selector("#step-grids[open]", timeout=_WAIT_MS)
    off = deviations(page, on_desk.truth)
    _ready(hand)

    assert page.input_value("#grids-form [name=count]") == str(GRIDS)
    hand.click("#grids-form button")
    page.wait_for_selector("#grids-sign:not([hidden])", timeout=_WAIT_MS)
    hand.settle()
    hand.done("grids")
    hand.click("#grids-sign button")
    page.wait_for_selector("#step-people[open]", timeout=_WAIT_MS)
    _ready(hand)
    hand.done("set-up")

    hand.click("#step-list summary")
    hand.click("#step-list a[href='/imports']")
    page.wait_for_url("**/imports")
    page.wait_for_load_state("load")
    hand.choose("#upload [name=file]", on_desk.problems)
    page.wait_for_selector("#preview .primary", timeout=_WAIT_MS)
    hand.done("preview")
    hand.click("#preview .primary:visible")
    page.wait_for_selector("a[href='/']", timeout=_WAIT_MS)
    page.wait_for_selector(
        "#preview a[href='/'], #preview .notice.good, #preview a[href^='/imports/']", timeout=_WAIT_MS
    )
    hand.done("imported")
    hand.click("header nav a[href='/']")
    page.wait_for_selector("html[data-map-ready-ms]", state="attached", timeout=_WAIT_MS)
    hand.settle()
    hand.done("map")
    return off


def _ready(hand: Hand) -> None:
    hand.page.wait_for_selector("html[data-map-ready-ms]", state="attached", timeout=_WAIT_MS)
    hand.settle()


def deviations(page: Any, truth: Any) -> dict[str, tuple[float, float]]:
    """Return per community in force how far it is off the drawn truth: share of the area, Hausdorff metres."""
    zones = page.evaluate("() => fetch('/api/zones?level=community').then((answer) => answer.json())")
    found = {}
    for zone in zones["features"]:
        name = zone["properties"]["name"]
        shape = reproject(shapely.geometry.shape(zone["geometry"]), 4326, 4547)
        # Along the borders every 5 m: between vertices alone the distance would be too small.
        borders = [shapely.segmentize(other.boundary, 5.0) for other in (shape, truth[name])]
        found[name] = (shape.area / truth[name].area - 1.0, float(shapely.hausdorff_distance(*borders)))
    return found


def chromium_arguments() -> list[str]:
    """Return how Chromium is started without a graphics card and without talking to anybody."""
    return [
        "--no-sandbox", "--headless", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
        "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run",
        "--lang=zh-CN",
    ]  # fmt: skip


def watched(page: Any, complaints: list[str]) -> None:
    """Remember what the page complains about."""
    page.on("console", lambda m: complaints.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))


def chromium() -> str | None:
    """Return Debian's Chromium."""
    return shutil.which("chromium")
