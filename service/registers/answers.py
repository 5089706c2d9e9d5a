"""What the API says of a list of places meeting its register, and what the user may say of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Form
from pydantic import BaseModel

from service.errors import Refused
from service.registers.revising import Plan, RegisterOrder, register_counts
from service.registers.revision import field_words
from service.words import tr

NO_ORDER = RegisterOrder()
_SHOWN = 50


class FieldCount(BaseModel):
    """How often a field changed."""

    field: str
    words: str
    count: int


class RevisionCounts(BaseModel):
    """new + changed + unchanged = usable rows; `asked` of the new may be known places; `vanished` are closed?

    `positions` of the changed: a person moved the place, the list puts it elsewhere; it stays and is asked about.
    """

    register_name: str
    register_reason: str
    new: int
    changed: int
    unchanged: int
    vanished: int
    asked: int
    positions: int = 0
    whole: bool
    fields: list[FieldCount]


class ChangedRow(BaseModel):
    """A row that changes a place: field words -> before and after."""

    line: int
    name: str
    how: str
    changes: list[list[str]]
    asks: bool = False


class AskedRow(BaseModel):
    """A row of which a person must say whether it is one of these places; `row` goes into `answers`."""

    row: str
    name: str
    location_text: str
    places: list[dict[str, str]]


class RevisionPreview(RevisionCounts):
    """What an import would do to its register; lists are cut at 50.

    `doubt`: why the list may be a part only; then `extent` must be stated.
    """

    register_id: UUID | None
    registers: list[dict[str, str]] = []
    doubt: str
    changed_rows: list[ChangedRow]
    new_rows: list[str]
    vanished_places: list[str]
    asked_rows: list[AskedRow]


def register_order(
    register_name: Annotated[
        str, Form(alias="register", max_length=200, description="台账编号或名称；new 新建")
    ] = "",
    extent: Annotated[Literal["whole", "part"] | None, Form()] = None,
    place_class: Annotated[str, Form(max_length=40)] = "",
    answers: Annotated[str, Form(max_length=100_000, description='{"行": "场所编号或 new"}，行见预览')] = "",
) -> RegisterOrder:
    """Return what the form says of a list of places."""
    said: dict[str, str] = {}
    if answers.strip():
        try:
            found = json.loads(answers)
        except ValueError:
            found = None
        if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
            raise Refused(
                tr("回答看不懂", "the answers are not a JSON object"), fields=[("body.answers", "JSON")]
            )
        said = found
    if any("\x00" in text for text in (register_name, place_class, *said, *said.values())):
        raise Refused(tr("含有不能保存的字符", "unstorable character"), fields=[("body.register", "")])
    return RegisterOrder(register=register_name.strip(), extent=extent, place_class=place_class, answers=said)


def revision_counts(counts: Mapping[str, Any]) -> RevisionCounts | None:
    """Return stored counts as the API says them, None where an import was of problems."""
    return RevisionCounts(**_counts(counts)) if counts else None


def _counts(counts: Mapping[str, Any]) -> dict[str, Any]:
    fields = [
        FieldCount(field=name, words=field_words(name), count=n) for name, n in counts["fields"].items()
    ]
    plain = ("new", "changed", "unchanged", "vanished", "asked", "whole", "register_reason")
    # Imports of before places could be moved counted none.
    more = {"register_name": counts["register"], "fields": fields, "positions": counts.get("positions", 0)}
    return {**{name: counts[name] for name in plain}, **more}


def revision_preview(plan: Plan) -> RevisionPreview:
    """Return what a plan would do, for a person to look at before it is done."""
    revision, rows = plan.revision, plan.rows
    return RevisionPreview(
        **_counts(register_counts(plan)),
        register_id=plan.register.id,
        doubt=plan.doubt,
        changed_rows=[
            ChangedRow(
                line=rows[c.row].draft.line, name=rows[c.row].name, how=c.how,
                changes=[[field_words(name), str(old), str(new)] for name, (old, new) in c.changes.items()],
                asks=c.asks,
            )
            for c in revision.changed[:_SHOWN]
        ],
        new_rows=[rows[at].name for at in revision.new[:_SHOWN]],
        vanished_places=[p.values["name"] for p in revision.vanished[:_SHOWN]],
        asked_rows=[
            AskedRow(
                row=rows[at].draft.key, name=rows[at].name,
                location_text=rows[at].draft.location_text,
                places=[
                    {"id": str(one), "name": plan.places[one].values["name"],
                     "location_text": plan.places[one].values["location_text"]}
                    for one in places
                ],
            )
            for at, places in list(revision.asked.items())[:_SHOWN]
        ],
    )  # fmt: skip
