"""A location written in several columns: which they are, and how they become one text."""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from service.intake.columns import ColumnMap, fold_header

_TABLE = Path(__file__).with_name("parts.toml")
# A comma would start another reading (商务外环路，12号 is no house number); a blank only parts words.
SEPARATOR = " "
_COUNTERS = frozenset(
    ["序号", "编号", "号", "no", "no.", "备注", "说明", "上报人", "电话", "联系电话", "原文"]
)


@lru_cache(maxsize=1)
def _groups() -> dict[str, tuple[str, ...]]:
    with _TABLE.open("rb") as handle:
        return {group: tuple(names) for group, names in tomllib.load(handle).items()}


def location_parts(header: Sequence[str], columns: ColumnMap, *, alone: bool = True) -> tuple[str, ...]:
    """Return the headers that a list's location is composed of, in order; empty where it has none.

    Parameters
    ----------
    alone
        Whether a list without a location column may be placed by its names, else its descriptions;
        done only where every other column is understood.

    Notes
    -----
    A name (店名) is added where the location is written in pieces, as they alone may say too little.
    Community and district columns are areas, never part of the text.
    """
    spot = columns.roles.get("location")
    taken = {column for role, column in columns.roles.items() if role not in ("location",)}
    parts = [
        spot if group == "spot" and spot else _first(names, header, taken | {spot or ""})
        for group, names in _groups().items()
    ]
    found = [part for part in parts if part]
    if spot and spot not in found:
        found.append(spot)
    # 路段 alone is recognised as the location: it is not a part beside itself.
    found = list(dict.fromkeys(found))
    if len(found) > 1 and "name" in columns.roles:
        found.append(columns.roles["name"])
    unknown = [c for c in header if c not in taken and fold_header(c) not in _COUNTERS]
    # With an unknown column that may be the location, the user is asked instead.
    if not found and alone and not unknown:
        found = [columns.roles[role] for role in ("name", "description") if role in columns.roles][:1]
    return tuple(found)


def _first(names: Sequence[str], header: Sequence[str], taken: set[str]) -> str | None:
    folded = {column: fold_header(column).rsplit("/", 1)[-1] for column in header if column not in taken}
    return next((column for name in names for column, text in folded.items() if text == name), None)


def group_columns(header: Sequence[str]) -> set[str]:
    """Return the columns that name the road or stretch several rows lie on."""
    along = {*_groups()["along"], *_groups()["span"]}
    return {column for column in header if fold_header(column).rsplit("/", 1)[-1] in along}


def compose(cells: Mapping[str, str], parts: Sequence[str]) -> str:
    """Return one location text from a row's parts; what a later part says again is left out.

    Examples
    --------
    >>> compose({"路段": "众意路", "位置": "与商务内环路交叉口", "店名": ""}, ["路段", "位置", "店名"])
    '众意路 与商务内环路交叉口'
    >>> compose({"路段": "众意路", "位置": "众意路12号"}, ["路段", "位置"])
    '众意路12号'
    """
    texts = [text for part in parts if (text := cells.get(part, "").strip())]
    folded = [unicodedata.normalize("NFKC", text).replace(" ", "") for text in texts]
    kept = [
        text
        for i, text in enumerate(texts)
        if not any(folded[i] in other and i != j and (len(folded[i]) < len(other) or i > j)
                   for j, other in enumerate(folded))
    ]  # fmt: skip
    return SEPARATOR.join(kept)
