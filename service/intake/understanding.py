"""One list understood: its rows, what each column means, how its dates read, and what must be asked.

The same for the service, `qingtu import` and `qingtu map`::

    RawList + Choices ─ lay_out ─ recognise ─ location parts ─ dates ─► Understood
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from geodata.errors import FrameError
from service.intake.choices import Choices, source_hash
from service.intake.columns import ColumnMap, recognise
from service.intake.date_questions import Dates, read_dates
from service.intake.model import SourceTable
from service.intake.tables.cells import number_words
from service.intake.tables.layout import lay_out, plain_layout
from service.intake.tables.parts import compose, group_columns, location_parts
from service.intake.tables.raw import RawList
from service.words import tr

_NOTHING = Choices()
# The cell that keeps how an incomplete date was read; no column of the list itself.
READ_AS = "日期（读作）"


@dataclass(frozen=True, slots=True)
class Understood:
    """A list ready to become drafts.

    `table.issues` hold what was found so far; `parts` are the headers the location is composed of;
    `choices` what was applied, `source` the key under which they are remembered, from the header as
    recognised without them.
    """

    table: SourceTable
    columns: ColumnMap
    parts: tuple[str, ...]
    dates: Dates
    choices: Choices
    source: bytes
    plain_header: tuple[str, ...]


def understand(
    raw: RawList, stated: Choices | None = None, *, remembered: Choices | None = None
) -> Understood:
    """Return how a list reads.

    Parameters
    ----------
    stated
        What a person decided about this list; what it sets wins over what is remembered.
    remembered
        What was decided about an earlier list of its source. What does not fit this list is left out.

    Raises
    ------
    FrameError
        If `stated` names a role or header that does not exist.
    """
    plain = plain_layout(raw)
    choices = _fitting(remembered or _NOTHING, raw)
    decided = stated.model_fields_set if stated else set()
    if stated:
        choices = choices.model_copy(update={field: getattr(stated, field) for field in decided})
    table = plain if choices.empty else lay_out(raw, choices)
    columns = _columns(table, choices.columns, strict="columns" in decided)
    parts = _parts(table, columns, choices, strict="location" in decided)
    if parts and "location" not in columns.roles and choices.columns.get("location") != "":
        columns = replace(columns, roles={**columns.roles, "location": parts[0]})
    dates = read_dates(table, columns, stated.dates if stated else _NOTHING.dates, choices.dates)
    table, columns = _spelt(table, columns, parts, dates)
    table = replace(table, issues=(*table.issues, *dates.issues))
    return Understood(table, columns, parts, dates, choices, source_of(raw), plain.header)


def source_of(raw: RawList) -> bytes:
    """Return the key under which the choices about a list are remembered for the next of its source."""
    return source_hash(raw.name, plain_layout(raw).header)


def _fitting(remembered: Choices, raw: RawList) -> Choices:
    names = {sheet.name for sheet in raw.sheets}
    sheets = {name: choice for name, choice in remembered.sheets.items() if name in names or "（" in name}
    return remembered.model_copy(update={"sheets": sheets})


def _columns(table: SourceTable, overrides: Mapping[str, str], *, strict: bool) -> ColumnMap:
    """Return the roles of the whole list, with the headers that other sheets use for them."""
    if not strict:
        overrides = {
            role: column for role, column in overrides.items() if not column or column in table.header
        }
    main = recognise(table.header, overrides=overrides)
    taken = set(main.roles.values())
    others: dict[str, list[str]] = {}
    for report in table.sheets:
        own = [column for column in report.header if column not in taken]
        if report.state != "list" or not own:
            continue
        kept = {role for role, column in main.roles.items() if column in report.header}
        for role, column in recognise(own, overrides=dict.fromkeys(kept, "")).roles.items():
            if overrides.get(role) != "" and column not in others.setdefault(role, []):
                others[role].append(column)
    found = {role: tuple(columns) for role, columns in others.items() if columns}
    roles = {**main.roles, **{role: columns[0] for role, columns in found.items() if role not in main.roles}}
    used = {*roles.values(), *(column for columns in found.values() for column in columns)}
    return ColumnMap(roles=roles, unused=tuple(c for c in table.header if c not in used), others=found)


def _parts(table: SourceTable, columns: ColumnMap, choices: Choices, *, strict: bool) -> tuple[str, ...]:
    """Return the headers of the location in order: as decided, else as each sheet suggests."""
    if choices.location is not None:
        missing = [column for column in choices.location if column not in table.header]
        if missing and strict:
            there = "、".join(table.header)
            raise FrameError(
                tr(
                    f"表里没有这些列：{'、'.join(missing)}；表头是 {there}",
                    f"the list has no column {', '.join(missing)}; it has {there}",
                )
            )
        if not missing:
            return tuple(choices.location)
    shaped = any(row.geometry for row in table.rows) or {"lon", "lat"} <= columns.roles.keys()
    if choices.columns.get("location") == "":
        return ()
    if choices.columns.get("location"):
        return (choices.columns["location"],)
    found: dict[str, None] = {}
    for report in table.sheets:
        if report.state == "list":
            own = _own(columns, report.header)
            found.update(dict.fromkeys(location_parts(report.header, own, alone=not shaped)))
    return tuple(sorted(found, key=lambda column: _rank(column, columns)))


def _own(columns: ColumnMap, header: Sequence[str]) -> ColumnMap:
    """Return the roles as one sheet's headers play them."""
    roles = {}
    for role, column in columns.roles.items():
        own = next((c for c in (column, *columns.others.get(role, ())) if c in header), None)
        if own:
            roles[role] = own
    return ColumnMap(roles=roles, unused=())


def _rank(column: str, columns: ColumnMap) -> int:
    names = {columns.roles.get("name"), *columns.others.get("name", ())}
    return 2 if column in names else 0 if column in group_columns([column]) else 1


def _spelt(
    table: SourceTable, columns: ColumnMap, parts: tuple[str, ...], dates: Dates
) -> tuple[SourceTable, ColumnMap]:
    """Return the table with its dates spelt out, and the columns with texts that no single cell says."""
    rows = tuple(
        replace(row, cells={**row.cells, READ_AS: dates.read[row.sheet, row.line].isoformat()})
        if (row.sheet, row.line) in dates.read
        else row
        for row in table.rows
    )
    spell = {
        "reported_at": lambda cells: cells.get(READ_AS) or columns.cell(cells, "reported_at"),
        "lon": lambda cells: number_words(columns.cell(cells, "lon")),
        "lat": lambda cells: number_words(columns.cell(cells, "lat")),
    }
    if len(parts) > 1 or (parts and parts[0] != columns.roles.get("location")):
        spell["location"] = lambda cells: compose(cells, parts)
    return replace(table, rows=rows), replace(columns, spell=spell)
