"""Official tables: the same rows from CSV, Excel and layers; kilometre posts however written."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import xlsxwriter
from shapely.geometry import LineString, Point

from geodata.errors import CrsError, FrameError, GazetteerError
from geodata.gazetteer import Gazetteer, build
from geodata.gazetteer.posts import chainage_m
from geodata.gazetteer.tables import read_places, read_posts
from tests.geodata.drawn_city import CRS, ORIGIN

COLUMNS = ["name", "type", "address", "district", "lon", "lat"]
ROWS: list[list[object]] = [
    ["云杉粮店", "商店", "青禾路18号", "清河区", 113.9, 34.7],
    ["白鹭药房", "药店", "青禾路20号", "清河区", 113.91, 34.71],
    ["无处", "药店", "青禾路22号", "清河区", "", ""],
]


def _csv(path: Path) -> Path:
    lines = [",".join(COLUMNS), *(",".join(map(str, row)) for row in ROWS)]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def _excel(path: Path) -> Path:
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate([COLUMNS, *ROWS]):
            sheet.write_row(number, 0, row)
    return path


def _layer(path: Path, *, crs: int | None = 4326) -> Path:
    texts = {name: [str(row[at]) for row in ROWS] for at, name in enumerate(COLUMNS[:4])}
    points = [Point(float(str(row[4])), float(str(row[5]))) for row in ROWS[:2]]
    # A Shapefile holds one kind of geometry: there the third row's is empty.
    third = None if path.suffix == ".shp" else LineString([(113, 34), (114, 35)])
    frame = gpd.GeoDataFrame(texts, geometry=[*points, third], crs=crs)
    frame.to_file(path)
    return path


@pytest.mark.parametrize(
    ("name", "write"),
    [("a.csv", _csv), ("a.xlsx", _excel), ("a.gpkg", _layer), ("a.geojson", _layer), ("a.shp", _layer)],
)
def test_every_kind_of_file_gives_the_same_rows(tmp_path: Path, name: str, write: object) -> None:
    table = read_places(write(tmp_path / name))  # type: ignore[operator]
    assert table.name == ["云杉粮店", "白鹭药房"]
    assert table.address == ["青禾路18号", "青禾路20号"]
    assert table.lonlat == pytest.approx(np.array([[113.9, 34.7], [113.91, 34.71]]), abs=1e-9)
    assert table.dropped == {"坐标为空或不是数字": 1}


def test_a_layer_in_another_crs_is_brought_to_degrees(tmp_path: Path) -> None:
    gpd.read_file(_layer(tmp_path / "a.gpkg")).to_crs(4547).to_file(tmp_path / "b.gpkg")
    assert read_places(tmp_path / "b.gpkg").lonlat[0] == pytest.approx([113.9, 34.7], abs=1e-7)


def test_whole_figures_of_a_sheet_stay_whole(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "p.xlsx") as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["name", "address", "lon", "lat"])
        sheet.write_row(1, 0, [18, "青禾路18号", 113.9, 34.7])
    assert read_places(tmp_path / "p.xlsx").name == ["18"]


def test_what_is_no_table_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(b"PK\x03\x04 no workbook")
    with pytest.raises(GazetteerError, match="cannot read"):
        read_places(tmp_path / "a.xlsx")
    (tmp_path / "a.gpkg").write_bytes(b"no layer")
    with pytest.raises(GazetteerError, match="cannot read"):
        read_places(tmp_path / "a.gpkg")
    with pytest.raises(GazetteerError, match="no such file"):
        read_places(tmp_path / "none.csv")
    with pytest.warns(UserWarning, match="'crs' was not provided"):
        nowhere = _layer(tmp_path / "b.gpkg", crs=None)
    with pytest.raises(CrsError, match="no CRS"):
        read_places(nowhere)


@pytest.mark.parametrize(
    ("written", "metres"),
    [
        ("K645+300", 645_300.0), ("k645 + 300", 645_300.0), ("DK389+107.84", 389_107.84), ("645.3", 645_300.0),
        ("645,3", 645_300.0), ("K645", 645_000.0), ("645 km", 645_000.0), ("1200 m", 1200.0), ("12公里", 12_000.0),
        ("mi:12", None), ("K1+2000", None), ("", None), ("京广线", None), ("645;646", None), ("-3", None),
    ],
)  # fmt: skip
def test_chainages_as_written(written: str, metres: float | None) -> None:
    assert chainage_m(written) == metres


def test_posts_by_number_and_by_text(tmp_path: Path) -> None:
    rows = [
        "line,chainage,lon,lat",
        "望山线,K10+500,113.9,34.7",
        "望山线,11000,113.9,34.8",
        "望山线,不详,113.9,34.9",
    ]
    (tmp_path / "p.csv").write_text("\n".join(rows), encoding="utf-8")
    table = read_posts(tmp_path / "p.csv")
    assert table.chainage_m == [10_500.0, 11_000.0]
    assert table.dropped == {"里程桩没有可读的里程": 1}
    (tmp_path / "q.csv").write_text("name,lon,lat\n甲,113,34\n", encoding="utf-8")
    with pytest.raises(FrameError, match="line, chainage"):
        read_posts(tmp_path / "q.csv")


def test_posts_that_fall_along_the_drawing_turn_left_and_right(tmp_path: Path) -> None:
    """The drawn railway runs north; its posts count from north to south, so left is east."""
    from geodata.geocode import Geocoder

    line = LineString(np.array([(0, 0), (0, 3000)], dtype=float) + ORIGIN)
    frame = gpd.GeoDataFrame({"name": ["望山线"], "class": ["rail"]}, geometry=[line], crs=CRS)
    frame.to_file(tmp_path / "l.gpkg", layer="line")
    posts = gpd.GeoDataFrame(
        {"line": ["望山线"] * 2, "chainage": ["K10+000", "K13+000"]},
        geometry=[Point(np.array(xy, dtype=float) + ORIGIN) for xy in ((4, 3000), (4, 0))],
        crs=CRS,
    )
    posts.to_file(tmp_path / "p.gpkg")
    build(lines=tmp_path / "l.gpkg", posts=[tmp_path / "p.gpkg"], crs=CRS, out=tmp_path / "g.qgz")
    geocoder = Geocoder(Gazetteer.open(tmp_path / "g.qgz"))
    for text, side in (("望山线K11+200左侧", 1), ("望山线K11+200右侧", -1), ("望山线K11+200东侧", 1)):
        best = geocoder.locate(text).best
        assert best is not None
        x, y = np.array(best.geometry.coords[0]) - ORIGIN
        assert y == pytest.approx(1800, abs=0.5)
        assert 5 < x * side < 20
    best = geocoder.locate("望山线K11+200~K11+600左侧").best
    assert best is not None
    xy = np.array(best.geometry.coords) - ORIGIN
    assert sorted(xy[[0, -1], 1].tolist()) == pytest.approx([1400, 1800], abs=0.5)
    assert (xy[:, 0] > 5).all()
