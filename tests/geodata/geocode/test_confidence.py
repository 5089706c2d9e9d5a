"""The confidence model and its table: laws of the probabilities, and what a damaged table says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ncx2

from geodata.errors import CalibrationError
from geodata.geocode.confidence_table import format_table, parse_table, shipped
from geodata.geocode.curves import CURVES, DRAWN_LIMIT, Calibration, log_odds, terms_of
from geodata.geocode.model import THRESHOLDS_M
from geodata.geocode.signals import Signals, _gaussian_within

METHODS = [
    "crossing",
    "place:mentioned",
    "drawn/stretch",
    "x:nearest_on_road",
    "none",
    "drawn/number:nearest",
]


def signals(method: str = "crossing", **changes: object) -> Signals:
    usual: dict[str, object] = {
        "method": method, "raw": (0.4, 0.6, 0.8, 0.9), "sigma_m": 40.0, "agreement": 1.0,
        "likeness": 0.5, "alike_m": 80.0, "alike_agrees": True,
    }  # fmt: skip
    return Signals.from_data(usual | changes)


@st.composite
def any_signals(draw: st.DrawFn) -> Signals:
    share = st.floats(0, 1)
    return Signals(
        draw(st.sampled_from(METHODS)),
        tuple(sorted(draw(st.lists(share, min_size=4, max_size=4)))),
        draw(st.floats(0.1, 5000)),
        draw(share),
        draw(share),
        draw(st.floats(0, 1e5)),
        draw(st.booleans()),
    )


@given(any_signals())
def test_probability_rises_with_the_radius(own: Signals) -> None:
    values = list(shipped().p_within(own).values())
    assert values == sorted(values)
    assert 0.0 <= values[0] <= values[-1] <= 1.0


@given(any_signals(), st.floats(0, 1))
def test_more_mass_near_the_answer_never_lowers_confidence(own: Signals, towards: float) -> None:
    fuller = Signals.from_data(own.as_data() | {"raw": [p + (1 - p) * towards for p in own.raw]})
    before, after = shipped().p_within(own), shipped().p_within(fuller)
    assert all(after[radius] >= before[radius] - 1e-9 for radius in THRESHOLDS_M)


@given(any_signals())
def test_model_is_the_sum_of_its_table(own: Signals) -> None:
    """The written-out sums agree with plain interpolation of the table's rows."""
    table = shipped()
    method = own.method.rpartition("/")[2]
    if own.method == "drawn/stretch":
        return
    figures = {
        "log_sigma": np.log(max(own.sigma_m, 1.0)), "agreement": own.agreement,
        "likeness": own.likeness, "log_alike": np.log(own.alike_m + 25.0),
    }  # fmt: skip
    least = 0.0
    for i, radius in enumerate(THRESHOLDS_M):
        odds = table.constant[i]
        odds += sum(
            table.methods.get(term, (0, 0, 0, 0))[i]
            for term in terms_of(method, alike_agrees=own.alike_agrees)
        )
        for name, x in {**figures, "raw": log_odds(own.raw[i])}.items():
            odds += np.interp(x, CURVES[name][0], [height[i] for height in table.curves[name]])
        least = max(least, 1 / (1 + np.exp(-odds)))
        assert table.p_within(own)[radius] == pytest.approx(least, abs=1e-9)


def test_unseen_way_is_judged_as_its_frame_and_an_unseen_frame_as_any() -> None:
    table = shipped()
    assert table.p_within(signals("crossing:unheard_of")) == table.p_within(signals("crossing"))
    plain = Calibration(table.constant, {}, table.curves)
    assert plain.p_within(signals("unheard_of", alike_agrees=False)) == pytest.approx(
        table.p_within(signals("unheard_of", alike_agrees=False))
    )


def test_likeness_and_brands_alone_never_locate() -> None:
    for method in ("similar_address", "place:brand"):
        sure = signals(method, raw=(1.0, 1.0, 1.0, 1.0), likeness=0.9, alike_m=0.0)
        assert shipped().p_within(sure)[500] <= 0.9


def test_drawn_lines_keep_their_own_probability_below_certainty() -> None:
    p = shipped().p_within(signals("drawn/crossing", raw=(0.5, 0.9, 1.0, 1.0)))
    assert list(p.values()) == pytest.approx([0.5 * DRAWN_LIMIT[0], 0.9 * DRAWN_LIMIT[1], 0.98, 0.99])
    guessed = signals("drawn/crossing:nearest", raw=(0.5, 0.9, 1.0, 1.0))
    assert shipped().p_within(guessed) == shipped().p_within(
        Signals.from_data(guessed.as_data() | {"method": "crossing:nearest"})
    )


@pytest.mark.parametrize("distance", [0.0, 20.0, 60.0, 150.0, 400.0])
@pytest.mark.parametrize("radius", [50.0, 100.0, 500.0])
def test_mass_of_a_gaussian_in_a_circle(distance: float, radius: float) -> None:
    # The squared distance over sigma squared is non-central chi-squared with two degrees of freedom.
    exact = ncx2.cdf((radius / 60.0) ** 2, 2, max((distance / 60.0) ** 2, 1e-12))
    assert _gaussian_within(radius, distance, 60.0) == pytest.approx(exact, abs=0.02)


def test_table_survives_writing_and_reading() -> None:
    text = format_table(shipped())
    again = parse_table(text, name="x")
    assert again == shipped()
    assert format_table(again) == text
    assert again.about["version"]


def _damaged(text: str, kind: str) -> str:
    lines = text.splitlines()
    rows = [i for i, line in enumerate(lines) if line.startswith("raw,")]
    if kind == "cut short":
        return "\n".join(lines[: rows[2]])
    if kind == "header":
        return text.replace("term,at,", "term,where,")
    if kind == "doubled":
        return text + lines[rows[0]] + "\n"
    changed = {
        "number": "raw,0,a,b,c,d", "columns": "raw,0,1.0", "nan": "raw,0,nan,0,0,0",
        "huge": "raw,0,99,0,0,0", "term": "charm,0,0,0,0,0", "knot": "raw,0.5,0,0,0,0",
        "falls": "raw,0,-5,-5,-5,-5",
    }[kind]  # fmt: skip
    at = next(i for i in rows if lines[i].startswith("raw,0,"))
    return "\n".join([*lines[:at], changed, *lines[at + 1 :]])


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("cut short", "missing raw 0"), ("header", "header must be"), ("doubled", "appears twice"),
        ("number", "not four numbers"), ("columns", "3 columns, 6"), ("nan", "log-odds must lie"),
        ("huge", "log-odds must lie"), ("term", "unknown term 'charm'"), ("knot", "unknown raw 0.5"),
        ("falls", "curve of raw must not fall"),
    ],
)  # fmt: skip
def test_damaged_table_says_what_is_wrong(kind: str, words: str) -> None:
    with pytest.raises(CalibrationError, match=words) as caught:
        parse_table(_damaged(format_table(shipped()), kind), name="g.qgz")
    assert "g.qgz" in str(caught.value)
    assert "damaged" in str(caught.value)


def test_empty_table_is_damaged() -> None:
    with pytest.raises(CalibrationError, match="missing constant"):
        parse_table("", name="g.qgz")
