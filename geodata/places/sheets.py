"""Check-sheets: what is looked at in a place of a class, by which standard, and what a failure opens.

The table is data (`geodata/reference/check_sheets.toml`). A sheet's version carries a mark of its
content, so that an edited sheet is another version and an old inspection keeps its own words.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, get_args

from geodata.errors import Fault, FrameError, listed
from geodata.places.folding import fold

SHEETS_FILE = Path(__file__).parents[1] / "reference" / "check_sheets.toml"
Standard = Literal["文明", "卫生", "通用"]


@dataclass(frozen=True, slots=True)
class CheckItem:
    """One thing to look at. `critical`: its failure is a graver problem; `kind`: what it opens."""

    code: str
    words: str
    standard: Standard
    weight: int
    critical: bool
    kind: str
    source: str


@dataclass(frozen=True)
class CheckSheet:
    """The items for a class of places in one version."""

    code: str
    name: str
    en: str
    declared: str
    items: tuple[CheckItem, ...]

    @cached_property
    def version(self) -> str:
        """Return the declared version with a mark of the content, such as `2017-1+3fa94c21`."""
        content = json.dumps(self.content(), ensure_ascii=False, sort_keys=True)
        return f"{self.declared}+{hashlib.sha256(content.encode()).hexdigest()[:8]}"

    def content(self) -> dict[str, Any]:
        """Return the sheet as JSON-able data, to be kept beside the inspections made with it."""
        return {
            "code": self.code,
            "name": self.name,
            "en": self.en,
            "items": [asdict(item) for item in self.items],
        }

    def item(self, code: str) -> CheckItem | None:
        """Return an item by its code, None where the sheet lacks it."""
        return next((item for item in self.items if item.code == code), None)

    def find(self, words: str) -> CheckItem | None:
        """Return the item that a list names by code or words, whole or in part; None when unclear."""
        wanted = fold(words)
        if not wanted:
            return None
        exact = [item for item in self.items if wanted in (fold(item.code), fold(item.words))]
        part = [item for item in self.items if len(wanted) > 1 and wanted in fold(item.words)]
        found = exact or part
        return found[0] if len(found) == 1 else None


@dataclass(frozen=True)
class CheckSheets:
    """The check-sheets of one office."""

    version: str
    sheets: tuple[CheckSheet, ...]

    def get(self, code: str) -> CheckSheet | None:
        """Return a sheet by its code, None for an unknown one or ""."""
        return next((sheet for sheet in self.sheets if sheet.code == code), None)


def load_check_sheets(path: Path = SHEETS_FILE, *, kinds: Iterable[str] | None = None) -> CheckSheets:
    """Return the table of check-sheets.

    Parameters
    ----------
    kinds
        Codes of the office's problem kinds; given, an item with another kind is a fault.

    Raises
    ------
    FrameError
        Listing every fault: missing fields, repeated codes, unknown standards or kinds.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise FrameError(f"{path.name} cannot be read: {error}", zh=f"{path.name} 读不了：{error}") from error
    rows = table.get("sheets", [])
    faults = _faults(rows, None if kinds is None else set(kinds))
    if faults:
        en, zh = listed(faults)
        raise FrameError(f"{path.name} cannot be used: {en}", zh=f"{path.name} 不能用：{zh}")
    version = str(table.get("version", ""))
    return CheckSheets(version=version, sheets=tuple(_sheet(row, version) for row in rows))


def sheet_of(content: Mapping[str, Any]) -> CheckSheet:
    """Return a sheet from data written by `CheckSheet.content`; `declared` is empty."""
    return CheckSheet(
        code=content["code"], name=content["name"], en=content["en"], declared="",
        items=tuple(CheckItem(**item) for item in content["items"]),
    )  # fmt: skip


def _sheet(row: Mapping[str, Any], version: str) -> CheckSheet:
    items = tuple(
        CheckItem(
            code=item["code"], words=item["words"], standard=item["standard"], weight=int(item.get("weight", 1)),
            critical=bool(item.get("critical", False)), kind=item.get("kind", ""), source=item.get("source", ""),
        )
        for item in row["items"]
    )  # fmt: skip
    return CheckSheet(row["code"], row["name"], row.get("en") or row["name"], version, items)


def _faults(rows: Sequence[Mapping[str, Any]], kinds: set[str] | None) -> list[Fault]:
    faults: list[Fault] = []
    seen: set[str] = set()
    for row in rows:
        code = str(row.get("code", "?"))
        faults += [
            Fault(f"sheet {code}: {key} is missing", f"检查表 {code}：缺 {key}")
            for key in ("code", "name", "items")
            if not row.get(key)
        ]
        if code in seen:
            faults.append(Fault(f"sheet {code} stands there twice", f"检查表 {code} 写了两次"))
        seen.add(code)
        items = row.get("items", [])
        codes = [item.get("code") for item in items]
        faults += [
            Fault(f"sheet {code}: item {c} stands there twice", f"检查表 {code}：项目 {c} 写了两次")
            for c in sorted({str(c) for c in codes if codes.count(c) > 1})
        ]
        for item in items:
            faults += [
                Fault(f"sheet {code}: {fault.en}", f"检查表 {code}：{fault.zh}")
                for fault in _item_faults(item, kinds)
            ]
    return faults if rows else [Fault("sheets are missing", "缺 sheets")]


def _item_faults(item: Mapping[str, Any], kinds: set[str] | None) -> list[Fault]:
    name = item.get("code", "?")
    faults = [
        Fault(f"item {name} lacks {key}", f"项目 {name} 缺 {key}")
        for key in ("code", "words", "standard")
        if not item.get(key)
    ]
    if item.get("standard") and item["standard"] not in get_args(Standard):
        faults.append(
            Fault(
                f"item {name}: standard {item['standard']} is not one of {', '.join(get_args(Standard))}",
                f"项目 {name}：标准 {item['standard']} 不在 {'、'.join(get_args(Standard))} 之中",
            )
        )
    if not 1 <= int(item.get("weight", 1)) <= 10:
        faults.append(
            Fault(f"item {name}: weight must lie between 1 and 10", f"项目 {name}：权重要在 1 到 10 之间")
        )
    if kinds is not None and item.get("kind") and item["kind"] not in kinds:
        faults.append(
            Fault(
                f"item {name}: kind {item['kind']} is unknown", f"项目 {name}：没有 {item['kind']} 这一类问题"
            )
        )
    return faults
