"""Which texts a move teaches: the address of a record, and the name of a place that has it alone."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping, select

from service.moving.queries import count_named, count_text
from service.moving.records import RecordKind
from service.review.aliases import alias_key
from service.store.tables import Alias

# A shorter name (超市, 药店) says what a place is, not which.
_LEAST_NAME = 4


@dataclass(frozen=True, slots=True)
class TextToLearn:
    """A text; `others`: how many other records have it; `known`: an alias of it stands."""

    text: str
    others: int
    known: bool


def lessons_of(connection: Connection, kind: RecordKind, found: RowMapping) -> list[TextToLearn]:
    """Return the texts that a move of a record teaches, without repeats.

    A name that several places of the registers have is never taught: it does not say which.
    """
    texts = [
        (found["location_text"].strip(), count_text(connection, found["location_text"], but=found["id"]))
    ]
    if kind == "place" and len(alias_key(found["name"])) >= _LEAST_NAME:
        named = count_named(connection, found["name"], but=found["id"])
        texts += [(found["name"].strip(), 0)] if not named else []
    lessons: dict[str, TextToLearn] = {}
    for text, others in texts:
        key = alias_key(text)
        if key and key not in lessons:
            known = connection.scalar(select(Alias.text).where(Alias.text == key)) is not None
            lessons[key] = TextToLearn(text, others, known)
    return list(lessons.values())
