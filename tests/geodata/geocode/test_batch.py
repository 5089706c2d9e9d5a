"""Many texts at once: the answers of the single call, in input order, over any number of processes."""

from __future__ import annotations

import pickle

import pytest

from geodata.geocode import Geocoder
from geodata.geocode.batch import locating
from geodata.geocode.model import Location, Step, Trace
from tests.geodata.geocode.test_golden_locations import _rows


def _asked() -> list[tuple[str, str | None]]:
    rows = [(row["text"], row["area"] or None) for row in _rows()]
    # repeats out of order, and more than one block
    return rows + rows[::-2] + [(f"青禾路{number}号", None) for number in range(1, 400)]


def _same(first: Location, second: Location) -> bool:
    return first == second and first.trace == second.trace


def test_many_are_answered_as_one_is(city: Geocoder) -> None:
    asked = _asked()
    many = city.locate_many([text for text, _ in asked], areas=[area for _, area in asked])
    assert [location.text for location in many] == [text for text, _ in asked]
    for (text, area), location in zip(asked, many, strict=True):
        assert _same(location, city.locate(text, area=area)), text


@pytest.mark.parametrize("processes", [1, 2])
def test_processes_change_nothing(city: Geocoder, processes: int) -> None:
    asked = _asked()
    with locating(city, processes=processes) as locate:
        blocks = list(locate(asked))
        assert list(locate([])) == []
    found = [location for block in blocks for location in block]
    assert len(blocks) > 1
    for (text, area), location in zip(asked, found, strict=True):
        assert _same(location, city.locate(text, area=area)), text


def test_a_trace_is_made_once_when_it_is_read() -> None:
    made = []

    def step() -> Step:
        made.append(1)
        return Step("rank", "一步")

    trace = Trace()
    trace.add(step)
    assert (len(trace), made) == (1, [])
    assert [item.words for item in trace] == ["一步"] == [trace[0].words]
    assert made == [1]


def test_a_trace_survives_pickling() -> None:
    trace = Trace()
    trace.add(lambda: Step("rank", "一步"))
    assert pickle.loads(pickle.dumps(trace)) == trace == [Step("rank", "一步")]


def test_areas_must_be_as_many_as_texts(city: Geocoder) -> None:
    with pytest.raises(ValueError, match="2 texts, but 1 areas"):
        city.locate_many(["青禾路", "白鹭街"], areas=[None])
