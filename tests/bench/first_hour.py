"""A new user's first hour in Chromium: clicks, seconds per step, and how far the communities are off.

    PYTHONPATH=. .venv/bin/python tests/bench/first_hour.py [--screenshots FOLDER]

From an empty data directory by the one-time link: name and city, the demo district's roads (a file of lines),
its table of bounds, grids, a list of problems, the map. Bar: at most 40 clicks (every field that is written in
counts as one, every chosen file as two); each of the seven communities within 5 % of the area and 30 m
(Hausdorff) of the drawn truth. With a folder, a picture of every step, and of /setup on a phone.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from service.store.cluster import Cluster
from tests.browser.first_hour import (
    AREA_SHARE,
    CLICKS,
    NEAR_M,
    Hand,
    chromium,
    chromium_arguments,
    empty_office,
    first_hour,
    papers,
)


def run(work: Path, screenshots: Path | None) -> tuple[Hand, dict[str, tuple[float, float]]]:
    """Go through the hour once."""
    (work / "papers").mkdir()
    on_desk = papers(work / "papers")
    data_dir = work / "office"
    try:
        with empty_office(data_dir) as link, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium(), args=chromium_arguments())
            page = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN").new_page()
            hand = Hand(page, screenshots)
            off = first_hour(hand, link, on_desk)
            if screenshots:
                _phone(page, link, screenshots)
            browser.close()
    finally:
        Cluster(data_dir).destroy()
    return hand, off


def _phone(page: Any, link: str, folder: Path) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    for step in ("", "#step-borders", "#step-grids"):
        page.goto("about:blank")
        page.goto(link.partition("?")[0] + step)
        page.wait_for_selector("html[data-map-ready-ms]", state="attached", timeout=60_000)
        page.wait_for_timeout(1500)
        page.screenshot(path=folder / f"phone{step.replace('#', '-')}.png", full_page=True)
        print(f"phone {step or '/setup'}: {page.evaluate('document.documentElement.scrollWidth')} px wide")


def main() -> int:
    """Print the table; 1 if a bar is missed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--screenshots", type=Path)
    folder = parser.parse_args().screenshots
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="qingtu-hour-") as work:
        hand, off = run(Path(work), folder)
    print(f"{'step':<12} clicks  seconds")
    for step, clicks, seconds in hand.log:
        print(f"{step:<12} {clicks:>6} {seconds:>8.1f}")
    print(f"clicks: {hand.clicks} (bar {CLICKS})")
    print(f"communities: bar {AREA_SHARE:.0%} of the area, {NEAR_M:.0f} m")
    for name, (share, far_m) in off.items():
        print(f"  {name:　<8} {share:+.3%}  {far_m:5.1f} m")
    good = len(off) == 7 and all(
        abs(share) <= AREA_SHARE and far_m <= NEAR_M for share, far_m in off.values()
    )
    return 0 if good and hand.clicks <= CLICKS else 1


if __name__ == "__main__":
    sys.exit(main())
