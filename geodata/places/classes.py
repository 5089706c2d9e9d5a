"""Classes of places: which trade, site, road or facility an entry of a register is.

The table is data (`geodata/reference/place_classes.toml`); an office brings its own file of the same
form. Colours and symbols are `maps.style`'s.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal, get_args

from geodata.errors import Fault, FrameError, listed
from geodata.places.folding import fold

CLASSES_FILE = Path(__file__).parents[1] / "reference" / "place_classes.toml"
Shape = Literal["point", "line", "polygon"]
# Endings that say only that it is a shop: 理发店 is 理发.
_ENDINGS = ("店", "馆", "厅", "部", "铺", "行", "屋", "坊", "处")
SIX_TRADES = "six"


@dataclass(frozen=True, slots=True)
class PlaceGroup:
    """A group of classes, for example the six small trades 六小门店."""

    code: str
    name: str
    en: str


@dataclass(frozen=True, slots=True)
class PlaceClass:
    """A class of places; `sheet` is its default check-sheet ("" for none).

    `aliases` are words that lists use for it; `units` may be handed a place that fails again and again.
    """

    code: str
    name: str
    en: str
    group: str
    shape: Shape
    sheet: str
    aliases: tuple[str, ...]
    units: tuple[str, ...]


@dataclass(frozen=True)
class PlaceClasses:
    """The classes of one office, in table order."""

    version: str
    groups: tuple[PlaceGroup, ...]
    classes: tuple[PlaceClass, ...]

    @cached_property
    def _by_code(self) -> dict[str, PlaceClass]:
        return {entry.code: entry for entry in self.classes}

    @cached_property
    def _exact(self) -> dict[str, PlaceClass]:
        found: dict[str, PlaceClass] = {}
        for entry in self.classes:
            for word in (entry.code, entry.name, entry.en, *entry.aliases):
                found.setdefault(fold(word), entry)
        return found

    @cached_property
    def _inside(self) -> list[tuple[str, PlaceClass]]:
        """Words by length, longest first; one of two equally long ones by table order."""
        pairs = [(fold(word), entry) for entry in self.classes for word in (entry.name, *entry.aliases)]
        return sorted(pairs, key=lambda pair: -len(pair[0]))

    def get(self, code: str) -> PlaceClass | None:
        """Return a class by its code, None for an unknown one or ""."""
        return self._by_code.get(code)

    def name(self, code: str, *, lang: str = "zh") -> str:
        """Return a class's name in Chinese or English; the code itself when the table lacks it."""
        entry = self._by_code.get(code)
        if entry is None:
            return code
        return entry.en if lang == "en" else entry.name

    def is_six(self, code: str) -> bool:
        """Return whether a class is one of the six small trades."""
        entry = self._by_code.get(code)
        return entry is not None and entry.group == SIX_TRADES

    def find(self, words: str) -> PlaceClass | None:
        """Return the class that a list's word for a trade means, None where it says nothing.

        The whole word first, then without its ending (店, 馆 …), then the longest word of the table in it.

        Examples
        --------
        >>> table = load_place_classes()
        >>> [table.find(word).name for word in ("小餐饮店", "火锅", "理发店", "四川菜(川菜)", "在建工地")]
        ['小餐饮', '小餐饮', '小美容美发', '小餐饮', '建筑工地']
        >>> table.find("老字号") is None
        True
        """
        folded = fold(words)
        if not folded:
            return None
        found = self._exact.get(folded)
        if found is None and len(folded) > 2 and folded.endswith(_ENDINGS):
            found = self._exact.get(folded[:-1])
        if found is None:
            found = next((entry for word, entry in self._inside if len(word) > 1 and word in folded), None)
        return found


def load_place_classes(path: Path = CLASSES_FILE) -> PlaceClasses:
    """Return the table of place classes.

    Raises
    ------
    FrameError
        Listing every fault: missing fields, repeated codes, unknown groups or shapes, an alias of two classes.
    """
    return _shipped() if path == CLASSES_FILE else _read(path)


@cache
def _shipped() -> PlaceClasses:
    return _read(CLASSES_FILE)


def _read(path: Path) -> PlaceClasses:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise FrameError(f"{path.name} cannot be read: {error}", zh=f"{path.name} 读不了：{error}") from error
    groups, rows = table.get("groups", []), table.get("classes", [])
    faults = _faults(groups, rows)
    if faults:
        en, zh = listed(faults)
        raise FrameError(f"{path.name} cannot be used: {en}", zh=f"{path.name} 不能用：{zh}")
    return PlaceClasses(
        version=str(table.get("version", "")),
        groups=tuple(PlaceGroup(row["code"], row["name"], row.get("en") or row["name"]) for row in groups),
        classes=tuple(_class(row) for row in rows),
    )


def _class(row: Mapping[str, Any]) -> PlaceClass:
    return PlaceClass(
        code=row["code"], name=row["name"], en=row.get("en") or row["name"], group=row["group"],
        shape=row["shape"], sheet=row.get("sheet", ""), aliases=tuple(row.get("aliases", ())),
        units=tuple(row.get("units", ())),
    )  # fmt: skip


def _faults(groups: Sequence[Mapping[str, Any]], rows: Sequence[Mapping[str, Any]]) -> list[Fault]:
    known = {row.get("code") for row in groups}
    faults = [
        Fault(
            f"group {row.get('code', '?')} lacks a code or a name", f"组 {row.get('code', '?')} 缺代码或名称"
        )
        for row in groups
        if not (row.get("code") and row.get("name"))
    ]
    seen: set[str] = set()
    meant: dict[str, str] = {}
    for row in rows:
        code = str(row.get("code", "?"))
        faults += [
            Fault(f"class {code}: {key} is missing", f"类别 {code}：缺 {key}")
            for key in ("code", "name", "group", "shape")
            if not row.get(key)
        ]
        if row.get("group") and row["group"] not in known:
            faults.append(
                Fault(
                    f"class {code}: group {row['group']} is unknown",
                    f"类别 {code}：没有 {row['group']} 这一组",
                )
            )
        if row.get("shape") and row["shape"] not in get_args(Shape):
            faults.append(
                Fault(
                    f"class {code}: shape {row['shape']} is not one of {', '.join(get_args(Shape))}",
                    f"类别 {code}：形状 {row['shape']} 不在 {'、'.join(get_args(Shape))} 之中",
                )
            )
        if code in seen:
            faults.append(Fault(f"class {code} stands there twice", f"类别 {code} 写了两次"))
        seen.add(code)
        for word in {fold(str(word)) for word in (row.get("name", ""), *row.get("aliases", ()))} - {""}:
            if meant.setdefault(word, code) != code:
                faults.append(
                    Fault(
                        f"the word {word} means {meant[word]} and {code}",
                        f"“{word}”既指 {meant[word]} 又指 {code}",
                    )
                )
    return (
        faults
        if groups and rows
        else [*faults, Fault("groups or classes are missing", "缺 groups 或 classes")]
    )
