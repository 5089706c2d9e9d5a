"""Weights by age: halves by hand, the moment of the picture is an argument."""

import numpy as np
import pytest

from geodata.patterns.recency import recency_weights


def test_halves():
    days = ["2017-09-30", "2017-09-23", "2017-09-16", "2017-07-22"]
    found = recency_weights(days, now="2017-09-30", half_life_days=7)
    assert found == pytest.approx([1, 0.5, 0.25, 2**-10])


def test_hours_count():
    found = recency_weights(["2017-09-29T12:00"], now="2017-09-30", half_life_days=0.5)
    assert found == pytest.approx([0.5])


def test_nothing():
    assert recency_weights([], now="2017-09-30", half_life_days=7).shape == (0,)


def test_refusals():
    with pytest.raises(ValueError, match="1 moments are missing and 1 are later"):
        recency_weights(["NaT", "2017-10-01", "2017-09-30"], now="2017-09-30", half_life_days=7)
    for wrong in (0, -1, np.nan, np.inf):
        with pytest.raises(ValueError, match="half_life_days"):
            recency_weights(["2017-09-30"], now="2017-09-30", half_life_days=wrong)
