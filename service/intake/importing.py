"""An import, whole or not at all: read, understand, draft, place, write, in one transaction.

::

    file ─ read_list ─ understand ─ make_drafts ─┬─ problems ───── importing_cases ────┐
                                                 ├─ places ─────── importing_places ───┼─ accounts
                                                 └─ inspections ── importing_results ──┘

Every row is imported (new), merged (already there) or refused, with the reason; imported + merged +
refused = rows. The same file twice changes nothing. Every row is kept with its outcome, also the refused ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

from sqlalchemy import Connection

from service.clock import office_day
from service.errors import Refused
from service.intake.choices import Choices
from service.intake.datum import require_datum
from service.intake.drafts import DEFAULT_DATUM, make_drafts
from service.intake.importing_cases import import_cases
from service.intake.importing_places import import_places
from service.intake.importing_results import import_inspections
from service.intake.model import Drafts, ListKind
from service.intake.orders import Job, Order, Progress, Summary, Tools
from service.intake.queries import lock_imports, saved_choices
from service.intake.readers import read_list
from service.intake.tables.layout import plain_layout
from service.intake.tables.raw import RawList
from service.intake.understanding import Understood, source_of, understand
from service.kinds.reading import stated_kind
from service.kinds.table import CurrentKinds
from service.words import tr

_WRITERS: Mapping[ListKind, Callable[[Job], Summary]] = {
    "problems": import_cases,
    "places": import_places,
    "inspections": import_inspections,
}


class _DryRun(Exception):
    """Ends the transaction of a dry run; carries its summary."""

    def __init__(self, summary: Summary) -> None:
        super().__init__()
        self.summary = summary


def run_import(order: Order, tools: Tools, *, progress: Progress | None = None) -> Summary:
    """Import a list and return what became of every row.

    Parameters
    ----------
    progress
        Called with the rows placed so far and the rows to place.

    Raises
    ------
    UnreadableError
        If the file cannot be read as a list.
    FrameError
        If it has no location column or an override names an unknown one.
    DatumError
        If the coordinates contradict the location texts.
    Refused
        If the kind does not exist, or a list of places leaves in doubt what it means for its register.
    """
    # Outside the transaction: the child process may take its time with a hostile file.
    raw = read_list(order.path, name=order.name)
    try:
        with tools.engine.begin() as connection:
            summary = _import(connection, raw, order, tools, progress)
            if order.dry_run:
                raise _DryRun(replace(summary, import_id=None))
            return summary
    except _DryRun as dry:
        return dry.summary


def read_as_remembered(connection: Connection, raw: RawList, stated: Choices | None) -> Understood:
    """Return how a list reads: as the user decided, else as remembered for its source, else as recognised."""
    remembered = saved_choices(connection, source_of(raw), plain_layout(raw).header)
    return understand(raw, stated, remembered=remembered)


def _import(
    connection: Connection, raw: RawList, order: Order, tools: Tools, progress: Progress | None
) -> Summary:
    lock_imports(connection)
    zones = tools.zones.on(connection, office_day(tools.clock.now()), hold=True)
    found = read_as_remembered(connection, raw, order.choices)
    kinds = tools.kinds.on(connection)
    drafts = make_drafts(found.table, found.columns, kinds, datum=order.datum, as_=_list_kind(order))
    drafts = _with_kind(drafts, order.kind, kinds)
    geocoder = tools.geocoder.current(connection)
    require_datum(
        drafts.drafts, geocoder=geocoder, stated=order.datum or DEFAULT_DATUM, trusted=order.trust_datum
    )
    job = Job(
        connection=connection, import_id=order.import_id or uuid4(), now=datetime.now(UTC), found=found, drafts=drafts,
        order=order, tools=tools, geocoder=geocoder, zones=zones, progress=progress,
    )  # fmt: skip
    return _WRITERS[drafts.list_kind](job)


def _list_kind(order: Order) -> ListKind | None:
    # Whoever names a kind of problem has a list of problems.
    return order.list_kind or ("problems" if order.kind else None)


def _with_kind(drafts: Drafts, stated: str | None, kinds: CurrentKinds) -> Drafts:
    if not stated:
        return drafts
    kind = kinds.table.find(stated)
    if kind is None:
        raise Refused(tr(f"没有“{stated}”这个问题类别", f"there is no kind {stated}"), fields=[("kind", "")])
    reason = tr("导入时指定", "stated with the import")
    named = tuple(
        replace(draft, kinds=stated_kind(kind.code, reason, kinds, draft.place_class))
        for draft in drafts.drafts
    )
    return replace(drafts, drafts=named)
