"""The kind of a failed item's problem: the check-sheet's own, else what the words say; one problem each."""

from __future__ import annotations

from uuid import UUID

import pytest

from geodata.kinds import load_kinds
from service.inspections.model import ItemResult, PlaceFacts
from service.inspections.saving import kinds_of_item
from service.kinds.table import CommandException, CurrentKinds

KINDS = CurrentKinds(load_kinds())
PLACE = PlaceFacts(
    id=UUID(int=1), name="老张烩面馆", place_class="catering", unit="", location_text="平安路12号", area_text="",
    placement="located", uncertainty_m=None, shape=None,
)  # fmt: skip


def item(words, kind="", note=""):
    return ItemResult("x", words, "fail", kind, False, note)


def test_a_kind_of_the_sheet_is_stated_whatever_the_words_say():
    found = kinds_of_item(PLACE, item("垃圾满溢", kind="C4-02"), KINDS)
    assert (found.main.kind, found.main.command, found.main.sure) == ("C4-02", "C4", "stated")
    assert (found.more, found.options) == ((), ())
    assert "垃圾满溢" in found.main.reason


def test_the_offices_exceptions_hold_for_inspected_places():
    kinds = CurrentKinds(load_kinds(), (CommandException("C4-02", "catering", "C1"),))
    assert kinds_of_item(PLACE, item("不洁", kind="C4-02"), kinds).main.command == "C1"


def test_an_item_without_a_kind_is_one_problem_and_suggests_the_rest():
    found = kinds_of_item(PLACE, item("垃圾满溢、占道经营"), KINDS)
    assert (found.main.kind, found.main.sure, found.more) == ("C1-06", "certain", ())
    assert [option["kind"] for option in found.options] == ["C1-11"]


@pytest.mark.parametrize("kind", ["", "C9-99"])
def test_what_nobody_knows_waits_for_a_kind(kind):
    found = kinds_of_item(PLACE, item("合乎规定", kind=kind), KINDS)
    assert (found.main.kind, found.main.sure) == ("", "none")
