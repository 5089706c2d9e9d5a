"""An import under an id that the client chose: once, however often it is sent; another list is a conflict."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from service.cases.requests import conflicts_kept, find_answer, keep
from service.confined.reading import sha256_of
from service.errors import Conflict
from service.intake.answers import ImportSummary, import_summary, stored_summary
from service.intake.importing import run_import
from service.intake.orders import Order, Tools
from service.intake.queries import find_import
from service.intake.uploads import keep_for_good
from service.words import tr


def import_once(order: Order, tools: Tools, *, uploads: Path) -> ImportSummary:
    """Run an import, or give the answer already given under the client's id.

    Parameters
    ----------
    uploads
        Where the lists lie that were uploaded.

    Raises
    ------
    Conflict
        If the id stands for another list; this one is kept.
    """
    if order.import_id is None or order.dry_run:
        return import_summary(run_import(order, tools), dry_run=order.dry_run)
    sha256 = sha256_of(order.path)
    content = {
        "sha256": sha256,
        "choices": order.choices.model_dump(mode="json", exclude_defaults=True) if order.choices else {},
        "datum": order.datum,
        "kind": order.kind,
        "register": [
            order.register.register,
            order.register.extent,
            order.register.place_class,
            dict(order.register.answers or {}),
        ],
    }
    key = str(order.import_id)
    # This transaction holds the key's lock while the import runs in its own: a twin waits.
    with _conflicts_kept(order, content, tools, uploads), tools.engine.begin() as connection:
        answer = find_answer(connection, actor=order.actor, key=key, content=content)
        if answer is not None:
            return ImportSummary.model_validate(answer)
        before = find_import(connection, order.import_id)
        if before is not None and (before["sha256"], before["created_by"]) == (sha256, order.actor):
            # Committed, but the service was stopped before it could remember the answer.
            return stored_summary(before)
        if before is not None:
            raise Conflict(tr("这个编号已用于另一次导入", "the id was used for another import"))
        summary = import_summary(run_import(order, tools), dry_run=False)
        keep(
            connection, actor=order.actor, key=key, content=content, answer=summary.model_dump(mode="json"),
            at=tools.clock.now(),
        )  # fmt: skip
        return summary


@contextmanager
def _conflicts_kept(order: Order, content: dict[str, Any], tools: Tools, uploads: Path) -> Iterator[None]:
    """Keep the list itself, not only what is said of it, when its id stands for another one."""
    try:
        yield
    except Conflict as conflict:
        file = keep_for_good(uploads, order.path, digest=content["sha256"])
        content = content | {"name": order.name, "file": file}
        with conflicts_kept(
            tools.engine, actor=order.actor, key=str(order.import_id), content=content, at=tools.clock.now()
        ):
            raise conflict
