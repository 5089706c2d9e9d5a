"""House numbers along a road: order, sides, outliers, rings; against a law and another library."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import isotonic_regression
from shapely.geometry import LineString

from geodata.gazetteer.index import NumberTable
from geodata.geocode import Geocoder
from geodata.geocode.model import Name, Number
from geodata.geocode.numbering import isotonic, numbering_of
from geodata.geocode.resolve import resolve
from geodata.text.spans import Span
from tests.geodata.drawn_city import ORIGIN

STRAIGHT = LineString([(0, 0), (2000, 0)])
BENT = LineString([(0, 0), (600, 0), (600, 500), (1300, 500)])
RING = LineString([(400, 400), (400, -400), (-400, -400), (-400, 400), (400, 400)])


def table(*rows: tuple[int, float, float]) -> NumberTable:
    ordered = sorted(rows)
    return NumberTable(
        np.array([row[0] for row in ordered], dtype=np.int32),
        np.array([row[1:] for row in ordered], dtype=float),
        np.full(len(ordered), 5.0, dtype=np.float32),
    )


@given(st.lists(st.tuples(st.floats(-1e4, 1e4), st.floats(0.1, 50)), max_size=40))
def test_isotonic_is_scipys(pairs: list[tuple[float, float]]) -> None:
    values, weights = (np.array([pair[i] for pair in pairs], dtype=float) for i in (0, 1))
    found = isotonic(values, weights)
    assert np.all(np.diff(found) >= 0)
    if len(values):
        np.testing.assert_allclose(found, isotonic_regression(values, weights=weights).x, atol=1e-6)


RECORDS = st.lists(
    st.tuples(st.integers(1, 400), st.floats(-100, 2100), st.floats(-40, 540)), min_size=2, max_size=30
)


@given(RECORDS, st.sampled_from([STRAIGHT, BENT]))
def test_positions_rise_with_the_number(rows: list[tuple[int, float, float]], axis: LineString) -> None:
    """Whatever the records say, a higher number of one side never stands before a lower one."""
    numbering = numbering_of(axis, table(*rows))
    if numbering is None:
        assert len({row[0] for row in rows}) == 1
        return
    for knots in (*numbering.sides, numbering.both):
        if len(knots.numbers) == 0:
            continue
        asked = range(int(knots.numbers[0]), int(knots.numbers[-1]) + 1)
        positions = [knots.around(number)[0] for number in asked]  # type: ignore[index]
        assert np.all(np.diff(positions) >= -1e-9)
        # Seen from the axis itself the places do too, in the direction in which the numbers rise.
        off = numbering.axis.length * 1e-9
        along = [numbering.origin_m + numbering.heading * position for position in positions]
        assert np.all(np.diff(along) * numbering.heading >= -off)


@given(st.permutations(range(1, 41)), st.sampled_from([1, -1]))
def test_true_records_give_back_the_truth(numbers: list[int], heading: int) -> None:
    """On a straight road numbered evenly every number left out is found where it stands."""
    x = {n: 1000 + heading * (20 * n - 400) for n in numbers}
    known = [*numbers[:30], 1, 2, 39, 40]
    numbering = numbering_of(STRAIGHT, table(*((n, x[n], 18 if n % 2 else -18) for n in set(known))))
    assert numbering is not None
    assert numbering.heading == heading
    for n in numbers:
        position, *_ = numbering.sides[n % 2].around(n)  # type: ignore[misc]
        np.testing.assert_allclose(numbering.place(position, n % 2), (x[n], 18 if n % 2 else -18), atol=1e-6)


def test_round_a_bend_the_number_follows_the_road() -> None:
    # Numbers stand 10 m apart along the road, odd to its left; 500 m along is 500 m east,
    # 700 m along is 100 m north of the bend.
    numbering = numbering_of(BENT, table((41, 400, 15), (51, 500, 15), (71, 585, 100), (91, 585, 300)))
    assert numbering is not None
    position, low, high, gap = numbering.sides[1].around(65)  # type: ignore[misc]
    assert (low, high, gap) == (51, 71, pytest.approx(200))
    # 14 of 20 numbers after 51: 640 m along, 40 m north of the bend, 15 m to the left (west).
    np.testing.assert_allclose(numbering.place(position, 1), (585, 40), atol=0.5)


def test_the_unknown_side_is_across_the_street() -> None:
    numbering = numbering_of(STRAIGHT, table((1, 20, 12), (9, 180, 12)))
    assert numbering is not None
    assert numbering.across_m(1) == pytest.approx(12)
    assert numbering.across_m(0) == pytest.approx(-12)
    assert numbering.sides[0].around(4) is None
    assert numbering.both.around(4)[0] == pytest.approx(80)  # type: ignore[index]


def test_a_record_out_of_order_is_left_out() -> None:
    rows = [(n, 20.0 * n, 12.0) for n in (1, 11, 21, 41, 51)]
    numbering = numbering_of(STRAIGHT, table(*rows, (31, 1900.0, 12.0)))
    assert numbering is not None
    assert len(numbering.doubted) == 1
    assert numbering.sides[1].around(31)[0] == pytest.approx(620)  # type: ignore[index]


@pytest.mark.parametrize("heading", [1, -1])
@pytest.mark.parametrize("start", [0.0, 1500.0, 3000.0])
def test_numbers_go_round_a_ring(heading: int, start: float) -> None:
    """Wherever the drawing of a ring begins and whichever way it goes, numbers go on round it."""

    def stand(number: int) -> tuple[float, float]:
        point = RING.interpolate((start + heading * 20 * number) % RING.length)
        return point.x, point.y

    numbering = numbering_of(RING, table(*((n, *stand(n)) for n in range(1, 150, 16))))
    assert numbering is not None
    for number in range(1, 146, 4):
        position, *_ = numbering.both.around(number)  # type: ignore[misc]
        np.testing.assert_allclose(numbering.place(position, 1), stand(number), atol=1e-6)


def test_too_little_is_no_rule() -> None:
    assert numbering_of(STRAIGHT, table((5, 100, 10), (5, 130, 10))) is None


@given(st.integers(1, 41), st.integers(1, 41))
def test_answers_rise_along_a_drawn_road(city: Geocoder, first: int, second: int) -> None:
    """青禾路 runs east: a higher number of the same side is never farther west."""
    low, high = sorted((first, second))
    if (low - high) % 2:
        high = high + 1 if high < 41 else high - 1
    places = [_x_of(city, number) for number in sorted((low, high))]
    assert places[0] <= places[1] + 1e-6


def _x_of(city: Geocoder, number: int) -> float:
    road = Name("青禾路", ("road",), Span(0, 3))
    found = resolve(Number(road, number), city._context)
    assert found.modes[0].method in ("number", "number:interpolated")
    x, _ = shapely.get_coordinates(found.modes[0].geometry)[0] - ORIGIN
    return float(x)
