"""The list behind `qingtu locate --batch`: read it, locate its rows, write the CSV."""

from __future__ import annotations

import csv
import io
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geodata.errors import QingtuError
from service.cells import neutral
from service.words import tr

if TYPE_CHECKING:
    from geodata.geocode import Geocoder
    from geodata.geocode.model import Location
    from geodata.zones import ZoneTree

# Below this many distinct texts starting processes takes longer than it saves.
_WORTH_PROCESSES = 1000
_MAX_CELL = 10_000_000
_FORMS = {
    "lon": ".7f", "lat": ".7f", "uncertainty_m": ".1f", "p50": ".4f", "p100": ".4f", "p200": ".4f", "p500": ".4f",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class BatchRow:
    """One row: its cells in the header's order, the text to locate and the area it is filed under."""

    cells: tuple[str, ...]
    text: str
    area: str | None


def read_rows(path: Path, column: str | None, area_column: str | None) -> tuple[list[str], list[BatchRow]]:
    """Return the header and all rows of a list, in order.

    Raises
    ------
    QingtuError
        If the file cannot be read, is empty, or lacks the columns.
    """
    header, table = _read_csv(path) if path.suffix.lower() in (".csv", ".txt") else _read_list(path)
    if not header:
        raise QingtuError(tr(f"{path} 是空表，没有表头", f"{path} is empty, it has no header"))
    text_at = _position(header, column, "location", "--column")
    area_at = _position(header, area_column, "area", "--area-column") if area_column else None
    rows = [
        BatchRow(cells, cells[text_at], (cells[area_at].strip() or None) if area_at is not None else None)
        for cells in table
    ]
    return header, rows


def _position(header: Sequence[str], column: str | None, role: str, option: str) -> int:
    if column is None:
        from service.intake.columns import recognise

        column = recognise(header).roles.get(role)
    if column is not None and column in header:
        return header.index(column)
    have = "、".join(header)
    missing = column or tr("位置描述", "a location")
    raise QingtuError(
        tr(
            f"没有“{missing}”这一列；表中有：{have}。用 {option} 指定",
            f"there is no column {missing!r}; the list has: {have}. State it with {option}",
        )
    )


def _read_csv(path: Path) -> tuple[list[str], list[tuple[str, ...]]]:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise QingtuError(
            tr(f"读不了 {path}：{error.strerror}", f"cannot read {path}: {error.strerror}")
        ) from error
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            content = raw.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise QingtuError(
            tr(f"{path} 既不是 UTF-8 也不是 GB18030 文本", f"{path} is neither UTF-8 nor GB18030")
        )
    csv.field_size_limit(_MAX_CELL)
    try:
        lines = list(csv.reader(io.StringIO(content.replace("\x00", ""), newline="")))
    except csv.Error as error:
        raise QingtuError(tr(f"{path} 不是 CSV：{error}", f"{path} is not CSV: {error}")) from error
    if not lines:
        return [], []
    header = _unique(lines[0])
    width = len(header)
    # A blank line in a one-column list is a row whose text is empty: it must be accounted for.
    return header, [tuple((line + [""] * width)[:width]) for line in lines[1:] if line or width == 1]


def _unique(names: Sequence[str]) -> list[str]:
    """Return header names without repeats: 备注, 备注_2."""
    seen: dict[str, int] = {}
    header = []
    for name in (name.strip() for name in names):
        seen[name] = seen.get(name, 0) + 1
        header.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return header


def _read_list(path: Path) -> tuple[list[str], list[tuple[str, ...]]]:
    from service.intake.readers import read_table

    table = read_table(path)
    header = list(table.header)
    return header, [tuple(row.cells.get(name, "") for name in header) for row in table.rows]


def locate_rows(
    rows: Sequence[BatchRow],
    geocoder: Geocoder,
    tree: ZoneTree | None,
    *,
    quiet: bool,
    follow: bool = False,
) -> tuple[list[dict[str, Any]], float]:
    """Return one result per row, in order, and the seconds of locating alone; a progress bar on stderr.

    `follow` completes rows without an anchor of their own from the row above.
    """
    from rich.console import Console
    from rich.progress import Progress

    from geodata.geocode.batch import locating, usable_processes
    from geodata.geocode.following import followed

    began = time.perf_counter()
    links = (
        geocoder.links([row.text for row in rows], [row.area for row in rows])
        if follow
        else [None] * len(rows)
    )
    asked = [
        (row.text if link is None else link.text, row.area) for row, link in zip(rows, links, strict=True)
    ]
    order = list(dict.fromkeys(asked))
    processes = usable_processes() if len(order) >= _WORTH_PROCESSES else 1
    console = Console(file=sys.stderr, quiet=quiet)
    found: list[Location] = []
    # the processes first: the progress bar runs a thread
    with locating(geocoder, processes=processes) as locate, Progress(console=console, transient=True) as bar:
        task = bar.add_task(tr("定位", "locating"), total=len(order))
        for block in locate(order):
            found += block
            bar.advance(task, len(block))
    known = dict(zip(order, found, strict=True))
    located = [
        known[key] if link is None else followed(known[key], row.text, link)
        for row, key, link in zip(rows, asked, links, strict=True)
    ]
    seconds = time.perf_counter() - began
    distinct = {id(location): location for location in located}
    results = dict(zip(distinct, _results(list(distinct.values()), tree), strict=True))
    return [results[id(location)] for location in located], seconds


def _results(found: Sequence[Location], tree: ZoneTree | None) -> list[dict[str, Any]]:
    """Return one row per location, values as they are written."""
    import numpy as np
    import shapely

    from geodata.geocode.columns import location_columns

    columns = location_columns(found, tree)
    for name, form in _FORMS.items():
        columns[name] = ["" if value is None else format(value, form) for value in columns[name]]
    shapes = shapely.to_wkt(np.array([*columns["geometry"], None], dtype=object)[:-1], rounding_precision=7)
    columns["geometry"] = ["" if words is None else words for words in shapes.tolist()]
    for name in ("p_community", "owner_share"):
        columns[name] = ["" if value is None else value for value in columns[name]]
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def write_rows(
    out: Path, header: Sequence[str], rows: Sequence[BatchRow], results: Sequence[dict[str, Any]]
) -> None:
    """Write the CSV (UTF-8 with BOM): input columns, clashing ones as `input_…`, then the results."""
    from geodata.geocode.columns import RESULT_COLUMNS

    own = [f"input_{name}" if name in RESULT_COLUMNS else name for name in header]
    with out.open("w", encoding="utf-8-sig", newline="", errors="replace") as file:
        writer = csv.writer(file)
        writer.writerow([*map(neutral, own), *RESULT_COLUMNS])
        for row, result in zip(rows, results, strict=True):
            values = [result[name] for name in RESULT_COLUMNS]
            writer.writerow([*map(neutral, row.cells), *values])
