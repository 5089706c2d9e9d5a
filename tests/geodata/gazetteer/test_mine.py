"""Mining: a town with known truth writes addresses; the gazetteer must find the town again."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.optimize import minimize

from geodata.crs import WGS84, reproject_xy
from geodata.gazetteer import Gazetteer, build
from geodata.gazetteer.axes import rough_axis
from geodata.gazetteer.clusters import link_groups, robust_centres
from geodata.gazetteer.landmarks import common_nouns
from geodata.gazetteer.roadnames import learn_road_names
from geodata.geocode import Geocoder
from geodata.geocode.evidence import representative

CRS = 4547
ORIGIN = np.array([470_000.0, 3_845_000.0])
STREETS = {"云杉街": 0, "白鹭街": 600, "石榴街": 1200, "银杏街": 1800}
AVENUES = {"青禾路": 0, "松涛路": 700, "海棠路": 1400}
MOVES = {"向北": (0, 1), "向南": (0, -1), "向东": (1, 0), "向西": (-1, 0)}


def _addresses(rng: np.random.Generator) -> list[tuple[str, str, float, float]]:
    rows = []
    for street, x in STREETS.items():
        for avenue, y in AVENUES.items():
            if (street, avenue) == ("银杏街", "海棠路"):
                continue  # this crossing is never mentioned
            for corner, (dx, dy) in {"东北角": (35, 35), "西南角": (-35, -35)}.items():
                rows.append((f"{avenue}与{street}交叉口{corner}", x + dx, y + dy))
            word = str(rng.choice(list(MOVES)))
            metres = int(rng.integers(5, 20)) * 10
            east, north = MOVES[word]
            rows.append((f"{avenue}与{street}交叉口{word}{metres}米", x + east * metres, y + north * metres))
    for number in range(2, 80, 6):
        rows.append((f"松涛路{number}号", 20 * number, 680))
        rows.append((f"松涛路{number + 1}号", 20 * (number + 1), 720))
    rows += [(f"金穗花园{n}号楼", 900 + 10 * n, 300 + 10 * n) for n in range(1, 5)]
    noise = rng.normal(0, 12, (len(rows), 2))
    return [
        (f"{n}号面馆(第{n}店)", a, x + d[0], y + d[1])
        for n, ((a, x, y), d) in enumerate(zip(rows, noise, strict=True))
    ]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Gazetteer:
    folder = tmp_path_factory.mktemp("town")
    rows = _addresses(np.random.default_rng(5))
    lonlat = reproject_xy(np.array([row[2:] for row in rows]) + ORIGIN, CRS, WGS84)
    lines = ["name,type,address,district,lon,lat"]
    lines += [
        f"{row[0]},餐饮,{row[1]},清河区,{lon:.7f},{lat:.7f}"
        for row, (lon, lat) in zip(rows, lonlat, strict=True)
    ]
    (folder / "p.csv").write_text("\n".join(lines), encoding="utf-8")
    build(places=[folder / "p.csv"], places_datum="wgs84", crs=CRS, out=folder / "g.qgz")
    return Gazetteer.open(folder / "g.qgz")


def test_roads_and_crossings_are_found(town: Gazetteer) -> None:
    for street, x in STREETS.items():
        for avenue, y in AVENUES.items():
            if (street, avenue) == ("银杏街", "海棠路"):
                continue
            rows = [
                r
                for i in town.lines_of(street)
                for j in town.lines_of(avenue)
                for r in town.crossings_of(i, j)
            ]
            assert len(rows) == 1, (street, avenue)
            off = np.hypot(rows[0].x - ORIGIN[0] - x, rows[0].y - ORIGIN[1] - y)
            assert off < 30, (street, avenue, off)


def test_an_unmentioned_crossing_is_where_the_axes_cross(town: Gazetteer) -> None:
    location = Geocoder(town).locate("海棠路与银杏街交叉口")
    assert location.method == "crossing:axes"
    assert location.best is not None
    x, y = np.array(representative(location.best.geometry)) - ORIGIN
    assert np.hypot(x - 1800, y - 1400) < 60


def test_numbers_are_interpolated_on_the_right_side(town: Gazetteer) -> None:
    location = Geocoder(town).locate("松涛路41号")
    assert location.method == "number:interpolated"
    assert location.best is not None
    x, y = np.array(representative(location.best.geometry)) - ORIGIN
    assert (x, y) == (pytest.approx(820, abs=40), pytest.approx(720, abs=25))


def test_landmark_is_known_with_its_spread(town: Gazetteer) -> None:
    (garden,) = [row for row in town.places_of("金穗花园") if row.kind == "landmark"]
    assert np.hypot(garden.x - ORIGIN[0] - 925, garden.y - ORIGIN[1] - 325) < 30
    assert garden.support == 4


def test_walking_along_a_mined_road(town: Gazetteer) -> None:
    location = Geocoder(town).locate("松涛路与白鹭街交叉口向东300米路北")
    assert location.best is not None
    x, y = np.array(representative(location.best.geometry)) - ORIGIN
    assert np.hypot(x - 900, y - 725) < 50


def test_robust_centres_ignore_an_outlier() -> None:
    xy = np.array([[7.0, 7.0], [0, 0], [10, 0], [0, 10], [-10, 0], [0, -10], [5000, 5000]])
    centres, sigmas = robust_centres(xy, np.array([33.0, *[20.0] * 6]), np.array([0, 1, 7]))
    assert centres[0].tolist() == [7, 7]
    assert sigmas[0] == 33.0
    assert np.hypot(*centres[1]) < 10
    assert sigmas[1] < 30


def test_robust_centre_is_the_point_of_least_weighted_distance() -> None:
    rng = np.random.default_rng(2)
    sizes = rng.integers(2, 9, 40)
    starts = np.concatenate([[0], np.cumsum(sizes)])
    xy, sigma = rng.normal(0, 300, (starts[-1], 2)), rng.choice([15.0, 25.0, 60.0], starts[-1])
    centres, _ = robust_centres(xy, sigma, starts)
    for centre, low, high in zip(centres, starts[:-1], starts[1:], strict=True):

        def total(x: np.ndarray, low: int = low, high: int = high) -> float:
            return float(np.sum(np.hypot(*(xy[low:high] - x).T) / sigma[low:high]))

        best = minimize(total, centre, method="Nelder-Mead", options={"xatol": 1e-4, "fatol": 1e-9})
        # Half a metre off the best point costs at most this.
        assert total(centre) <= best.fun + np.sum(0.5 / sigma[low:high])


def test_clusters_are_single_linkage_within_each_group() -> None:
    rng = np.random.default_rng(3)
    sizes = rng.integers(1, 70, 30)
    starts = np.concatenate([[0], np.cumsum(sizes)])
    xy = rng.normal(0, 500, (starts[-1], 2))
    order, clusters = link_groups(xy, starts, 200.0)
    found = {tuple(order[a:b].tolist()) for a, b in pairwise(clusters)}
    wanted = set()
    for low, high in pairwise(starts):
        labels = fcluster(linkage(xy[low:high], "single"), 200.0, "distance") if high - low > 1 else [1]
        for label in set(labels):
            wanted.add(tuple((low + np.flatnonzero(np.asarray(labels) == label)).tolist()))
    assert found == wanted


def test_rough_axis_follows_a_bend_and_gives_up_on_a_point() -> None:
    rng = np.random.default_rng(1)
    along = np.concatenate(
        [
            np.column_stack([np.linspace(0, 2000, 40), np.zeros(40)]),
            np.column_stack([np.full(40, 2000), np.linspace(0, 2000, 40)]),
        ]
    )
    line, off = rough_axis(along + rng.normal(0, 10, along.shape), np.full(80, 20.0))
    assert line.length == pytest.approx(4000, rel=0.15)
    assert off < 60
    assert rough_axis(np.zeros((5, 2)), np.full(5, 20.0))[0].is_empty


def test_road_names_are_learned_without_a_map() -> None:
    texts = [
        "青禾路与云杉街交叉口",
        "清河区云杉街12号",
        "云杉街5号",
        "丰乐镇青禾路3号",
        "青禾路云杉街向北100米",
    ]
    assert learn_road_names(texts) == {"青禾路", "云杉街"}


def test_common_nouns_are_no_landmarks() -> None:
    texts = ["甲星农贸市场", "乙月农贸市场", "丙日农贸市场", "青禾路金穗花园", "金穗花园3号楼"]
    assert common_nouns(texts, ["农贸市场", "金穗花园"]) == {"农贸市场"}
