"""Names with a slip of the pen: found with less trust, the reason said, never a sure wrong answer."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from shapely.geometry import LineString, Point

from geodata.gazetteer import build
from geodata.geocode import Geocoder
from geodata.geocode.evidence import representative
from geodata.geocode.model import Location

CRS = 4547
ORIGIN = np.array([500_000.0, 3_845_000.0])
# Streets from south to north at x, avenues from west to east at y, metres from ORIGIN.
STREETS = {"九如路": 0, "如意湖街": 500, "经三街": 1000, "经五街": 4000, "翠柳园街": 1500, "翠杨园街": 3500}
AVENUES = {"金水河岸路": 0, "白鹭洲大道": 600}
PLACES = {
    "绿地之窗花园": (250, 300), "康桥上城品": (750, 300), "滨河朗园公寓": (1250, 300), "闫记烩面馆": (40, 40),
}  # fmt: skip


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Geocoder:
    folder = tmp_path_factory.mktemp("town")
    rows = [(name, LineString(np.array([(x, -300), (x, 900)]) + ORIGIN)) for name, x in STREETS.items()]
    rows += [(name, LineString(np.array([(-300, y), (4300, y)]) + ORIGIN)) for name, y in AVENUES.items()]
    names = [name for name, _ in rows]
    columns = {"name": names, "class": ["road"] * len(rows), "width_m": [20.0] * len(rows)}
    _write(folder / "lines.gpkg", "line", columns, [line for _, line in rows])
    points = [Point(np.array(xy) + ORIGIN) for xy in PLACES.values()]
    _write(folder / "lines.gpkg", "place", {"name": list(PLACES), "class": ["x"] * len(points)}, points)
    build(lines=folder / "lines.gpkg", crs=CRS, out=folder / "town.qgz")
    return Geocoder.open(folder / "town.qgz")


def _write(path: Path, layer: str, columns: dict[str, list[object]], shapes: list[object]) -> None:
    gpd.GeoDataFrame(columns, geometry=shapes, crs=f"EPSG:{CRS}").to_file(path, layer=layer, driver="GPKG")


def _at(location: Location) -> tuple[float, float]:
    assert location.best is not None
    x, y = np.array(representative(location.best.geometry)) - ORIGIN
    return float(x), float(y)


def _words(location: Location) -> str:
    return "\n".join(step.words for step in location.trace)


@pytest.mark.parametrize(
    ("text", "method", "at", "reason"),
    [
        ("久如路与金水河岸路交叉口", "crossing:homophone", (0, 0), "把“久如路”当作“九如路”"),
        ("如意胡街与白鹭洲大道交叉口", "crossing:homophone", (500, 600), "把“如意胡街”当作“如意湖街”"),
        ("如意湘街与白鹭洲大道交叉口", "crossing:typo", (500, 600), "把“如意湘街”当作“如意湖街”"),
        ("如意湖街与白洲鹭大道交叉口", "crossing:typo", (500, 600), "把“白洲鹭大道”当作“白鹭洲大道”"),
        ("绿地之窗花圆", "place:homophone", (250, 300), "把“绿地之窗花圆”当作“绿地之窗花园”"),
        ("绿地窗花园", "place:typo", (250, 300), "把“绿地窗花园”当作“绿地之窗花园”"),
        ("康桥上上城品", "place:typo", (750, 300), "把“康桥上上城品”当作“康桥上城品”"),
    ],
)
def test_a_slip_is_answered_with_its_way_and_reason(
    town: Geocoder, text: str, method: str, at: tuple[float, float], reason: str
) -> None:
    location = town.locate(text)
    assert location.method == method
    assert np.hypot(*np.subtract(_at(location), at)) < 20
    assert reason in _words(location)


@pytest.mark.parametrize(
    ("right", "slip"),
    [
        ("九如路与金水河岸路交叉口", "久如路与金水河岸路交叉口"),
        ("如意湖街与白鹭洲大道交叉口", "如意湘街与白鹭洲大道交叉口"),
        ("绿地之窗花园", "绿地窗花园"),
    ],
)
def test_a_slip_is_less_sure_than_the_name(town: Geocoder, right: str, slip: str) -> None:
    sure, less = town.locate(right), town.locate(slip)
    assert sure.status == "located"
    assert all(less.p_within[radius] < sure.p_within[radius] for radius in (50, 100, 200, 500))
    assert "当作" not in _words(sure)


@pytest.mark.parametrize("text", ["如意湘街与白鹭洲大道交叉口", "绿地窗花园", "滨河和园公寓"])
def test_a_guess_never_locates(town: Geocoder, text: str) -> None:
    location = town.locate(text)
    assert location.method.endswith(":typo")
    assert location.status == "ambiguous"


def test_a_sister_estate_is_hardly_believed(town: Geocoder) -> None:
    """朗园 and 和园 differ by one character, as estates of one builder do."""
    sister, dropped = town.locate("滨河和园公寓"), town.locate("绿地窗花园")
    assert sister.p_within[200] < min(0.5, dropped.p_within[200])


def test_names_that_tie_are_all_candidates(town: Geocoder) -> None:
    location = town.locate("翠竹园街与金水河岸路交叉口")
    assert "把“翠竹园街”当作“翠杨园街”或“翠柳园街”" in _words(location)
    found = [location.best, *location.others]
    xs = [round(representative(one.geometry)[0] - ORIGIN[0]) for one in found if one is not None]
    assert sorted(xs)[:2] == [1500, 3500]
    assert location.status == "ambiguous"
    assert abs(found[0].probability - found[1].probability) < 0.01  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "text",
    [
        "经四街与金水河岸路交叉口",  # neither 经三街 nor 经五街
        "王记烩面馆",  # another shop than 闫记烩面馆
        "绿地之窗路与金水河岸路交叉口",  # a road is no slip for an estate
        "九茄路与金水河岸路交叉口",  # too short for anything but the same sound
    ],
)
def test_what_is_no_slip_stays_unknown(town: Geocoder, text: str) -> None:
    location = town.locate(text)
    assert "当作" not in _words(location)
    assert not location.method.endswith((":typo", ":homophone"))
    assert location.status != "located"
