"""The office whose data this is: `office.toml` in the data directory.

What differs between offices is data: name, projected CRS, remark for every map, whether the map is
public, and for a demo the moment at which the clock stands still.
"""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from geodata.crs import is_projected
from service.clock import Clock, StillClock, SystemClock
from service.errors import NotReady, Refused
from service.words import tr

FILE = "office.toml"
ZONES_FILE = "zones.gpkg"
GAZETTEER_FILE = "gazetteer.qgz"


@dataclass(frozen=True, slots=True)
class Office:
    """An office: `crs` is the EPSG code (projected, metres) of everything stored.

    `centre` (longitude, latitude, WGS84) is where a map begins before there is anything to show, `division`
    the six-digit code of the city or county; None and "" where nobody said.
    """

    name: str
    crs: int
    profile: str = "office"
    note: str = ""
    public: bool = False
    demo_now: datetime | None = None
    centre: tuple[float, float] | None = None
    division: str = ""

    @property
    def is_demo(self) -> bool:
        """Return whether the data are the demo district's."""
        return self.profile == "demo"

    @property
    def clock(self) -> Clock:
        """Return the office's clock: still in a demo, else the machine's."""
        return StillClock(self.demo_now) if self.demo_now else SystemClock()


def read_office(directory: Path) -> Office:
    """Return the office described in a data or profile directory.

    Raises
    ------
    NotReady
        If there is no `office.toml`: the directory was never initialised.
    Refused
        If the file lacks the name or a projected CRS, or a value has the wrong form.
    """
    path = directory / FILE
    if not path.is_file():
        raise NotReady(
            tr(
                f"{directory} 还没有初始化，请先运行 qingtu init",
                f"{directory} is not initialised; run qingtu init",
            )
        )
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        office = _from_table(table)
    except (ValueError, KeyError, TypeError) as error:
        raise Refused(tr(f"{path} 读不懂：{error}", f"cannot read {path}: {error}")) from error
    if not is_projected(office.crs):
        raise Refused(
            tr(
                f"{path} 的 crs 必须是投影坐标系（米），如 4547",
                f"crs in {path} must be projected, such as 4547",
            )
        )
    return office


def _from_table(table: dict[str, object]) -> Office:
    crs = str(table["crs"]).upper().removeprefix("EPSG:")
    demo_now = table.get("demo_now")
    if isinstance(demo_now, str):
        demo_now = datetime.fromisoformat(demo_now) if demo_now else None
    if demo_now is not None and (not isinstance(demo_now, datetime) or demo_now.tzinfo is None):
        raise ValueError("demo_now needs a date, a time and an offset, such as 2017-07-07T17:00:00+08:00")
    return Office(
        name=str(table["name"]),
        crs=int(crs),
        profile=str(table.get("profile", "office")),
        note=str(table.get("note", "")),
        public=bool(table.get("public", False)),
        demo_now=demo_now,
        centre=_centre(table.get("centre")),
        division=str(table.get("division", "")),
    )


def _centre(value: object) -> tuple[float, float] | None:
    if value is None:
        return None
    if not (
        isinstance(value, list) and len(value) == 2 and all(isinstance(own, int | float) for own in value)
    ):
        raise ValueError("centre needs a longitude and a latitude, such as [113.72, 34.78]")
    return float(value[0]), float(value[1])


def write_office(directory: Path, office: Office) -> None:
    """Write `office.toml`, whole or not at all."""
    # JSON's quoting of a string is valid TOML.
    lines = [
        f"name = {json.dumps(office.name, ensure_ascii=False)}",
        f"crs = {office.crs}",
        f"profile = {json.dumps(office.profile, ensure_ascii=False)}",
        f"note = {json.dumps(office.note, ensure_ascii=False)}",
        f"public = {'true' if office.public else 'false'}",
    ]
    if office.centre:
        lines.append(f"centre = [{office.centre[0]}, {office.centre[1]}]")
    if office.division:
        lines.append(f"division = {json.dumps(office.division)}")
    if office.demo_now:
        lines.append(f"demo_now = {office.demo_now.isoformat()}")
    draft = directory / f"{FILE}.new"
    draft.write_text("\n".join(lines) + "\n", encoding="utf-8")
    draft.replace(directory / FILE)


def as_demo(office: Office) -> Office:
    """Return the office as a public demo."""
    return replace(office, profile="demo", public=True)
