"""Placing a picture: against hand calculation, an independent solution, and laws."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import least_squares

from geodata.georeference import PlacingError, place

SQUARE = np.array([[0, 0], [1000, 0], [1000, 800], [0, 800]], dtype=float)
EAST, NORTH = 474_000.0, 3_849_000.0


def upright(pixels, scale=2.0):
    """North up, `scale` metres a pixel, upper left corner at EAST, NORTH."""
    return np.column_stack([EAST + scale * pixels[:, 0], NORTH - scale * pixels[:, 1]])


def test_an_upright_map_by_hand():
    found = place(SQUARE[:3], upright(SQUARE[:3]))
    # 2 m a pixel: column 500, row 400 lies 1,000 m east and 800 m south of the corner.
    assert found.to_metres([[500, 400]]) == pytest.approx(np.array([[EAST + 1000, NORTH - 800]]), abs=1e-9)
    assert found.to_pixels([[EAST + 1000, NORTH - 800]]) == pytest.approx(np.array([[500, 400]]), abs=1e-9)
    assert found.rms_m == pytest.approx(0, abs=1e-9)
    assert found.left_out_m is None
    assert not found.mirrored


def test_the_residuals_of_a_square_with_one_point_off_by_hand():
    metres = upright(SQUARE)
    metres[2, 0] += 8.0
    found = place(SQUARE, metres)
    # An affine transform leaves the pattern + - + - over the corners of a parallelogram: each bears a quarter.
    assert found.residual_m == pytest.approx([2, 2, 2, 2], abs=1e-9)
    assert found.rms_m == pytest.approx(2, abs=1e-9)
    # Without the wrong point the others fit exactly and it is off by 8 m; without another one the same.
    assert found.left_out_m == pytest.approx([8, 8, 8, 8], abs=1e-9)
    assert found.left_out_rms_m == pytest.approx(8)


def test_the_worst_point_is_named():
    pixels = np.array([[0, 0], [1000, 0], [1000, 800], [0, 800], [480, 390], [250, 610]], dtype=float)
    metres = upright(pixels)
    metres[4] += [30, -12]
    found = place(pixels, metres)
    assert found.worst == 4
    assert found.left_out_m[4] == pytest.approx(math.hypot(30, 12), abs=1e-6)


@settings(max_examples=200, deadline=None)
@given(
    st.floats(-math.pi, math.pi), st.floats(0.05, 20), st.floats(0.3, 3), st.floats(-0.5, 0.5),
    st.integers(3, 12), st.integers(0, 2**32 - 1),
)  # fmt: skip
def test_a_known_affine_transform_is_recovered(turn, scale, stretch, shear, count, seed):
    rng = np.random.default_rng(seed)
    corners = np.array([[0, 0], [6000, 100], [300, 4000]], dtype=float)
    pixels = np.vstack([corners, rng.uniform(0, 6000, (count - 3, 2))])
    cos, sin = math.cos(turn), math.sin(turn)
    linear = scale * np.array([[cos, -sin], [sin, cos]]) @ np.array([[1, shear], [0, -stretch]])
    metres = pixels @ linear.T + [EAST, NORTH]
    found = place(pixels, metres)
    probe = rng.uniform(-500, 6500, (50, 2))
    assert np.abs(found.to_metres(probe) - (probe @ linear.T + [EAST, NORTH])).max() < 1e-6
    assert np.abs(found.to_pixels(found.to_metres(probe)) - probe).max() < 1e-6
    assert not found.mirrored


def _noisy(kind, rng, count=9):
    pixels = rng.uniform(0, 4000, (count, 2))
    metres = upright(pixels, 0.5) + rng.normal(0, 3, (count, 2))
    if kind == "projective":
        depth = 1 + 6e-5 * pixels[:, :1] - 3e-5 * pixels[:, 1:]
        metres = (metres - [EAST, NORTH]) / depth + [EAST, NORTH]
    return pixels, metres


@pytest.mark.parametrize("kind", ["similarity", "affine", "projective"])
@pytest.mark.parametrize("seed", range(5))
def test_the_sum_of_squares_is_the_least_that_an_optimiser_finds(kind, seed):
    pixels, metres = _noisy(kind, np.random.default_rng(seed))
    found = place(pixels, metres, kind=kind)
    x, y = (pixels / 1000).T
    target = (metres - [EAST, NORTH]) / 1000

    def off(p):
        if kind == "similarity":
            mapped = np.column_stack([p[0] * x + p[1] * y + p[2], p[1] * x - p[0] * y + p[3]])
        else:
            depth = 1 + (p[6] * x + p[7] * y if kind == "projective" else 0)
            mapped = np.column_stack(
                [(p[0] * x + p[1] * y + p[2]) / depth, (p[3] * x + p[4] * y + p[5]) / depth]
            )
        return (mapped - target).ravel()

    start = [0.5, 0, 0, 0] if kind == "similarity" else [0.5, 0, 0, 0, -0.5, 0, 0, 0]
    other = least_squares(off, start, method="lm", xtol=1e-15, ftol=1e-15, gtol=1e-15, max_nfev=20_000)
    ours = np.sum(found.residual_m**2)
    theirs = np.sum(other.fun**2) * 1e6
    assert ours == pytest.approx(theirs, rel=1e-6)


@pytest.mark.parametrize("kind", ["affine", "projective"])
def test_leaving_out_is_fitting_without(kind):
    pixels, metres = _noisy(kind, np.random.default_rng(7))
    found = place(pixels, metres, kind=kind)
    for number in range(len(pixels)):
        rest = np.arange(len(pixels)) != number
        without = place(pixels[rest], metres[rest], kind=kind)
        expected = np.hypot(*(without.to_metres(pixels[number : number + 1])[0] - metres[number]))
        assert found.left_out_m[number] == pytest.approx(expected, rel=1e-9)


def test_a_photo_from_aside_is_straightened_by_projective_only():
    matrix = np.array([[2.0, 0.1, 5], [0.05, -1.9, 7], [1e-4, 2e-4, 1]])
    pixels = np.array([[0, 0], [3000, 0], [3000, 2000], [0, 2000], [1500, 900], [700, 1500]], dtype=float)
    mapped = np.column_stack([pixels, np.ones(6)]) @ matrix.T
    metres = mapped[:, :2] / mapped[:, 2:] + [EAST, NORTH]
    assert place(pixels, metres, kind="projective").rms_m < 1e-6
    assert place(pixels, metres, kind="affine").rms_m > 50


@pytest.mark.parametrize(
    ("pixels", "kind", "code"),
    [
        (SQUARE[:1], "similarity", "too_few"),
        (SQUARE[:2], "affine", "too_few"),
        (SQUARE[:3], "projective", "too_few"),
        (np.empty((0, 2)), "affine", "too_few"),
        (np.array([[0, 0], [500, 1], [1000, 0], [2000, 2]], dtype=float), "affine", "on_a_line"),
        (np.array([[0, 0], [0, 0], [1000, 0], [0, 800]], dtype=float), "affine", "same_place"),
    ],
)
def test_points_that_place_nothing_are_refused(pixels, kind, code):
    with pytest.raises(PlacingError) as caught:
        place(pixels, upright(pixels), kind=kind)
    assert caught.value.code == code


def test_two_points_fix_a_similarity_and_no_more():
    found = place(SQUARE[[0, 2]], upright(SQUARE[[0, 2]]), kind="similarity")
    assert found.to_metres([[1000, 0]]) == pytest.approx(upright(np.array([[1000.0, 0.0]])), abs=1e-9)


def test_exchanged_points_are_noticed():
    metres = upright(SQUARE)
    assert place(SQUARE, metres[[1, 0, 3, 2]]).mirrored


def test_points_across_the_horizon_are_refused():
    pixels = np.array([[0, 0], [1000, 0], [1000, 800], [0, 800], [500, 400]], dtype=float)
    crossed = upright(pixels[[0, 2, 1, 3, 4]])
    with pytest.raises(PlacingError) as caught:
        place(pixels, crossed, kind="projective")
    assert caught.value.code == "folds"


def test_wrong_numbers_are_broken_contracts():
    with pytest.raises(ValueError, match="shape"):
        place(SQUARE, SQUARE[:3])
    with pytest.raises(ValueError, match="finite"):
        place(SQUARE, np.where(SQUARE == 800, np.nan, SQUARE))
