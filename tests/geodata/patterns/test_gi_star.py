"""Gi and Gi*: the formula by hand and with matrices, on cells and on zones."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from geodata.patterns.gi_star import gi_star
from geodata.patterns.neighbours import CellNeighbours, ZoneNeighbours


def by_definition(x: np.ndarray, w: np.ndarray, *, star: bool) -> np.ndarray:
    """Ord & Getis (1995), unit by unit."""
    scores = []
    for i in range(len(x)):
        kept = np.ones(len(x), dtype=bool) if star else np.arange(len(x)) != i
        values, weights = x[kept], w[i][kept]
        n, total = len(values), weights.sum()
        spread = np.sqrt((values**2).mean() - values.mean() ** 2)
        below = spread * np.sqrt((n * (weights**2).sum() - total**2) / (n - 1))
        scores.append((weights @ values - values.mean() * total) / below if below > 1e-9 else 0.0)
    return np.array(scores)


def test_by_hand():
    # Three cells 0, 0, 3 in a row, neighbours: itself and the next. Mean 1, S = sqrt(2), n = 3.
    # End: sum 3, w = 2: (3 - 2) / (sqrt(2) * sqrt((3*2 - 4) / 2)) = 1 / sqrt(2); sum 0: -2 / sqrt(2);
    # the middle has all, no variance.
    score = gi_star([[0.0, 0.0, 3.0]], CellNeighbours((1, 3), 1.0))
    assert score == pytest.approx(np.array([[-2 / 2**0.5, 0.0, 1 / 2**0.5]]))


@pytest.mark.parametrize("star", [True, False])
def test_against_the_definition_on_cells(star):
    rng = np.random.default_rng(8)
    studied = rng.random((7, 9)) < 0.8
    cells = CellNeighbours((7, 9), 2.0, studied=studied)
    values = rng.poisson(3, (7, 9)).astype(float)
    at = np.argwhere(studied)
    w = (((at[:, None] - at[None]) ** 2).sum(axis=-1) <= 4).astype(float)
    if not star:
        np.fill_diagonal(w, 0)
    got = gi_star(values, cells, star=star)
    assert got[studied] == pytest.approx(by_definition(values[studied], w, star=star), abs=1e-12)
    assert not got[~studied].any()


@pytest.mark.parametrize("star", [True, False])
def test_against_the_definition_on_weighted_zones(star):
    rng = np.random.default_rng(4)
    w = rng.uniform(0, 2, (12, 12)) * (rng.random((12, 12)) < 0.4)
    np.fill_diagonal(w, 1.0 if star else 0.0)
    x = rng.normal(5, 2, 12)
    got = gi_star(x, ZoneNeighbours(csr_matrix(w)), star=star)
    assert got == pytest.approx(by_definition(x, w, star=star), abs=1e-12)


def test_a_constant_far_from_zero_changes_nothing():
    values = np.random.default_rng(2).poisson(1, (12, 12)).astype(float)
    cells = CellNeighbours((12, 12), 1.5)
    assert gi_star(values + 1e6, cells) == pytest.approx(gi_star(values, cells), abs=1e-8)


@pytest.mark.parametrize("values", [np.zeros((3, 3)), np.full((3, 3), 0.1), np.full((3, 3), 1e9 + 0.3)])
def test_nothing_varies(values):
    assert not gi_star(values, CellNeighbours((3, 3), 1.0)).any()


def test_too_few_units_have_no_score():
    assert gi_star([[4.0]], CellNeighbours((1, 1), 1.0)).tolist() == [[0]]
    assert gi_star([[1.0, 4.0]], CellNeighbours((1, 2), 0.0), star=False).tolist() == [[0, 0]]
    nobody = CellNeighbours((2, 2), 1.0, studied=np.zeros((2, 2)))
    assert not gi_star(np.ones((2, 2)), nobody).any()


def test_bad_values_are_refused():
    cells = CellNeighbours((2, 2), 1.0, studied=[[True, True], [True, False]])
    with pytest.raises(ValueError, match="shape"):
        gi_star(np.zeros(4), cells)
    with pytest.raises(ValueError, match="finite"):
        gi_star([[1.0, np.nan], [2.0, 0.0]], cells)
    assert gi_star([[1.0, 0.0], [2.0, np.nan]], cells)[0, 0] == 0.0  # not studied: need not be a number
