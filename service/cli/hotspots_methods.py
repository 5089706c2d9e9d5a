"""Each method of `qingtu hotspots`: problems and units to a frame with labels, and its figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.patterns.judging import judge
from geodata.patterns.local_moran import QUADRANTS, local_moran
from geodata.patterns.rates import league, rate_table, standardised_rates
from geodata.patterns.relapse import find_relapses, relapse_table
from geodata.patterns.scan import baseline, scan
from geodata.patterns.significance import adjusted
from geodata.patterns.trend import emerging_hot_spots, week_counts
from geodata.patterns.verdicts import codes, labels, verdicts
from maps.heat import weighted_points
from service.cli.hotspots_rows import Problems, week_span

if TYPE_CHECKING:
    from service.cli.hotspots_units import Units

Answer = tuple[gpd.GeoDataFrame, dict[str, Any]]


def gi(problems: Problems, units: Units, *, rate: float, test: Any, seed: int) -> Answer:
    """Return Gi* and exact (or permutation) p of each unit."""
    points, weights = weighted_points(list(problems.shapes))
    counts = units.counts(points, weights)
    found = judge(
        counts,
        units.neighbours,
        exposure=units.shaped_exposure(),
        rate=rate,
        test=test,
        rng=np.random.default_rng(seed),
    )
    return _framed(units, found.table()), {"counted": float(counts.sum())}


def moran(problems: Problems, units: Units, *, rate: float, seed: int) -> Answer:
    """Return local Moran's I of the counts, or of the rates where there is an exposure."""
    points, weights = weighted_points(list(problems.shapes))
    counts = units.counts(points, weights)
    exposure = units.shaped_exposure()
    values = counts if exposure is None else standardised_rates(counts, exposure)
    found = local_moran(values, units.neighbours, rng=np.random.default_rng(seed))
    at = units.neighbours.studied
    size = units.weights_of_units().reshape(at.shape)[at]
    q = adjusted(found.p[at])
    count, expected = counts[at], counts[at].sum() * size / max(float(size.sum()), 1e-300)
    verdict = verdicts(np.ones(len(q)), count, expected, rate=rate, judged=size > 0)
    table = pd.DataFrame({
        "count": count, "expected": expected, "moran_i": found.score[at], "quadrant": found.quadrant[at].astype(np.int32),
        "p": found.p[at], "q": q, "verdict": codes(verdict), "label": labels(verdict),
    })  # fmt: skip
    for quadrant, (code, label) in QUADRANTS.items():
        table.loc[(q <= rate) & (table["quadrant"] == quadrant) & (size > 0), ["verdict", "label"]] = [
            code,
            label,
        ]
    return _framed(units, table), {"counted": float(counts.sum())}


def rates(problems: Problems, units: Units, *, rate: float) -> Answer:
    """Return the league of units by smoothed rate; a line counts once, where its middle lies."""
    counts = units.counts(problems.middles()).ravel()
    at = units.studied
    table = rate_table(counts[at], units.weights_of_units()[at], rate=rate)
    framed = _framed(units, table)
    return framed.loc[league(table).index].reset_index(drop=True), {"counted": float(counts[at].sum())}


def emerging(
    problems: Problems, units: Units, *, date_column: str, weeks: int | None, rate: float, back: int
) -> Answer:
    """Return what became of each unit over the weeks."""
    cube, facts = _cube(problems, units, date_column=date_column, weeks=weeks)
    near = units.neighbours
    found = emerging_hot_spots(
        cube.reshape(len(cube), *near.shape), near, exposure=units.shaped_exposure(), rate=rate, back=back
    )
    table = found.table(near.studied)
    table.insert(0, "count", cube.sum(axis=0)[units.studied])
    patterns = table["pattern"].value_counts().to_dict()
    return _framed(units, table), facts | {"patterns": patterns}


def clusters(
    problems: Problems, units: Units, *, date_column: str | None, weeks: int | None, rate: float, seed: int,
    replicas: int, mode: Any, follow_weeks: bool, most_radius_m: float,
) -> Answer:  # fmt: skip
    """Return the clusters of the scan statistic, each with the ground its units cover."""
    if date_column:
        cube, facts = _cube(problems, units, date_column=date_column, weeks=weeks)
    else:
        cube = units.counts(problems.middles()).reshape(1, -1)
        facts = {"counted": float(cube.sum()), "weeks": 1}
    at = np.flatnonzero(units.studied)
    exposure, kept = units.weights_of_units()[at], cube[:, at]
    expected = baseline(exposure, kept, follow_weeks=follow_weeks)
    found = scan(
        kept, units.centres[at], expected, rng=np.random.default_rng(seed), mode=mode, replicas=replicas,
        level=rate, most_radius_m=most_radius_m,
    )  # fmt: skip
    shapes = units.frame.geometry.to_numpy()
    ground = [shapely.union_all(shapes[cluster.zones], grid_size=0.001) for cluster in found.clusters]
    frame = gpd.GeoDataFrame(found.table(), geometry=ground, crs=units.frame.crs)
    if "first_monday" in facts:
        start = np.datetime64(facts["first_monday"])
        frame["since"] = [str(start + 7 * (week - 1)) for week in frame["first_week"].astype(int)]
        frame["until"] = [str(start + 7 * week - 1) for week in frame["last_week"].astype(int)]
    return frame, facts | {"replicas": replicas, "seed": seed}


def relapse(
    problems: Problems, units: Units, *, date_column: str, closed_column: str, kind_column: str | None,
    radius_m: float, window_days: float, rate: float,
) -> Answer:  # fmt: skip
    """Return for each unit how often a closed place was reported again, and whether that is chance."""
    xy, reported, closed = problems.middles(), problems.moments(date_column), problems.moments(closed_column)
    dated, over = ~np.isnat(reported), ~np.isnat(closed)
    kinds = problems.rows[kind_column].astype(str).to_numpy() if kind_column else None
    found = find_relapses(
        xy[over], closed[over], xy[dated], reported[dated], radius_m=radius_m, window_days=window_days,
        until=np.concatenate([reported[dated], closed[over]]).max(),
        closed_kind=None if kinds is None else kinds[over], reported_kind=None if kinds is None else kinds[dated],
    )  # fmt: skip
    table = relapse_table(found, units.locate(xy[over]), zones=units.size, rate=rate)[units.studied]
    table = table.rename(columns={"observed": "relapses", "exposure": "closings"})
    facts = {
        "closings": int(over.sum()),
        "followed": int(found.followed.sum()),
        "relapses": int(found.relapsed.sum()),
    }
    return _framed(units, table.reset_index(drop=True)), facts


def _cube(
    problems: Problems, units: Units, *, date_column: str, weeks: int | None
) -> tuple[Any, dict[str, Any]]:
    moments = problems.moments(date_column)
    start, number = week_span(moments, weeks)
    cube = week_counts(
        units.locate(problems.middles()), moments, n_units=units.size, start=start, weeks=number
    )
    facts = {
        "counted": float(cube.sum()), "weeks": number, "first_monday": str(start),
        "without_date": int(np.isnat(moments).sum()),
    }  # fmt: skip
    return cube, facts


def _framed(units: Units, table: pd.DataFrame) -> gpd.GeoDataFrame:
    names = units.frame.drop(columns="geometry").reset_index(drop=True)
    return gpd.GeoDataFrame(
        pd.concat([names, table], axis=1), geometry=units.frame.geometry.to_numpy(), crs=units.frame.crs
    )
