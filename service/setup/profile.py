"""A profile: the data that make an office. The demo's is produced by code, others are folders.

`office.toml` and `zones.gpkg` are needed. The gazetteer is `gazetteer.qgz`, or compiled from what is
there: `lines.gpkg`, `*.osm`, `*.osm.gz`, `*.osm.pbf`, `places.csv`, `places.csv.gz` (datum by the
key `places_datum` in `office.toml`). `people.toml`, `problems.jsonl`, `registers.jsonl`,
`place_classes.toml` and `check_sheets.toml` may be missing.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

from service.errors import Refused
from service.office import GAZETTEER_FILE, ZONES_FILE, Office, as_demo, read_office
from service.store.tables import CASE_STATES, ROLES
from service.words import tr

DEMO = "demo"


@dataclass(frozen=True, slots=True)
class Person:
    """A user of a profile; `zones` are the own communities or grids.

    `password` is one that the person chose at the set-up; a profile's file never has one.
    """

    name: str
    display_name: str
    role: str
    zones: tuple[str, ...] = ()
    command: str | None = None
    unit: str | None = None
    password: str | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """A problem of a profile as it was told: its place is a text, found by the geocoder like any other."""

    id: UUID
    location_text: str
    description: str
    kind: str
    unit: str
    severity: int
    state: str
    reported_at: datetime
    history: tuple[tuple[str, datetime, str], ...]
    relapse_of: UUID | None


@dataclass(frozen=True, slots=True)
class Profile:
    """An office's data, ready to be set up."""

    directory: Path
    office: Office
    places_datum: str | None = None
    people: tuple[Person, ...] = field(default=())
    problems: tuple[Told, ...] = field(default=())

    @property
    def zones(self) -> Path:
        """Return the zones' file."""
        return self.directory / ZONES_FILE

    @property
    def gazetteer(self) -> Path | None:
        """Return the ready gazetteer, None if it must be compiled."""
        path = self.directory / GAZETTEER_FILE
        return path if path.is_file() else None

    def sources(self) -> dict[str, Any]:
        """Return what to compile the gazetteer from, as arguments of `geodata.gazetteer.build`."""
        lines = self.directory / "lines.gpkg"
        return {
            "lines": lines if lines.is_file() else None,
            "osm": sorted(
                path for end in ("*.osm", "*.osm.gz", "*.osm.pbf") for path in self.directory.glob(end)
            ),
            "places": [
                p for p in (self.directory / "places.csv", self.directory / "places.csv.gz") if p.is_file()
            ],
            "places_datum": self.places_datum,
        }


@contextmanager
def bare_profile(office: Office, admin: Person) -> Iterator[Profile]:
    """Yield the profile of an office that has nothing yet: a name, a coordinate system, somebody to begin."""
    with TemporaryDirectory(prefix="qingtu-bare-") as folder:
        yield Profile(directory=Path(folder), office=office, people=(admin,))


@contextmanager
def open_profile(name: str) -> Iterator[Profile]:
    """Yield a profile: `demo`, written to a temporary folder for the length of the block, or a folder.

    Raises
    ------
    Refused
        If the folder lacks something or a file of it cannot be read; the message says what.
    """
    if name != DEMO:
        yield read_profile(Path(name))
        return
    from geodata.demo import write_profile

    with TemporaryDirectory(prefix="qingtu-demo-") as folder:
        write_profile(Path(folder))
        yield read_profile(Path(folder), demo=True)


def read_profile(directory: Path, *, demo: bool = False) -> Profile:
    """Return the profile in a folder.

    Raises
    ------
    Refused
        As `open_profile`.
    """
    if not directory.is_dir():
        raise Refused(
            tr(
                f"没有这个目录：{directory}；可用 demo 或一个配置目录",
                f"no such folder: {directory}; give `demo` or a folder",
            )
        )
    missing = [name for name in ("office.toml", ZONES_FILE) if not (directory / name).is_file()]
    if missing:
        raise Refused(tr(f"{directory} 缺少 {'、'.join(missing)}", f"{directory} lacks {', '.join(missing)}"))
    office = read_office(directory)
    table = tomllib.loads((directory / "office.toml").read_text(encoding="utf-8"))
    return Profile(
        directory=directory,
        office=as_demo(office) if demo else office,
        places_datum=table.get("places_datum"),
        people=tuple(_people(directory / "people.toml")),
        problems=tuple(_problems(directory / "problems.jsonl")),
    )


def _people(path: Path) -> Iterator[Person]:
    if not path.is_file():
        return
    try:
        users = tomllib.loads(path.read_text(encoding="utf-8")).get("user", [])
    except ValueError as error:
        raise Refused(tr(f"{path} 读不懂：{error}", f"cannot read {path}: {error}")) from error
    for row in users:
        if row.get("role") not in ROLES:
            raise Refused(tr(f"{path}：没有角色 {row.get('role')}", f"{path}: no role {row.get('role')}"))
        zones = row.get("grids") or ([row["zone"]] if row.get("zone") else [])
        yield Person(
            name=row["name"],
            display_name=row.get("display", row["name"]),
            role=row["role"],
            zones=tuple(zones),
            command=row.get("command") or None,
            unit=row.get("unit") or None,
        )


def _problems(path: Path) -> Iterator[Told]:
    if not path.is_file():
        return
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                yield _told(json.loads(line))
            except (ValueError, KeyError, TypeError) as error:
                words = f"{path.name}:{number}: {error}"
                raise Refused(tr(f"读不懂 {words}", f"cannot read {words}")) from error


def _told(row: dict[str, Any]) -> Told:
    if row["state"] not in CASE_STATES:
        raise ValueError(f"no state {row['state']}")
    return Told(
        id=UUID(row["id"]),
        location_text=row["location_text"],
        description=row["description"],
        kind=row.get("kind") or "",
        unit=row.get("unit") or "",
        severity=int(row.get("severity", 1)),
        state=row["state"],
        reported_at=datetime.fromisoformat(row["reported_at"]),
        history=tuple(
            (step["state"], datetime.fromisoformat(step["at"]), step.get("actor", ""))
            for step in row["history"]
        ),
        relapse_of=UUID(row["relapse_of"]) if row.get("relapse_of") else None,
    )
