"""Zone files as offices send them: GBK Shapefiles, zip archives, layers with Chinese names."""

import zipfile

import geopandas as gpd
import pyogrio
import pytest
import shapely

from geodata.errors import FrameError
from geodata.zones import ZoneTree
from geodata.zones.reading.files import read_projected, read_raw

NAME = "如意湖办事处商务内环路第一社区居民委员会"


def frame(names=(NAME, "乙社区"), column="名称"):
    shapes = [shapely.box(474000, 3848000, 475000, 3849000), shapely.box(475000, 3848000, 476000, 3849000)]
    return gpd.GeoDataFrame({"code": ["410", "411"], column: names}, geometry=shapes, crs=4547)


@pytest.mark.parametrize("encoding", ["GBK", "UTF-8"])
@pytest.mark.parametrize("declared", [True, False])
def test_shapefile_texts_are_read_whatever_the_file_declares(tmp_path, encoding, declared):
    path = tmp_path / "zones.shp"
    pyogrio.write_dataframe(frame(), path, encoding=encoding)
    if not declared:
        path.with_suffix(".cpg").unlink()
    read = read_raw(path)["community"]
    assert read["名称"].tolist() == [NAME, "乙社区"]
    assert read["code"].tolist() == ["410", "411"]


def test_a_utf8_text_cut_within_a_character(tmp_path):
    path = tmp_path / "zones.shp"
    pyogrio.write_dataframe(frame(["社" * 10 + "x", "乙"]), path, encoding="UTF-8")
    path.with_suffix(".cpg").unlink()
    dbf = path.with_suffix(".dbf")
    whole, cut = ("社" * 10 + "x").encode(), "社" * 10 + "区"
    dbf.write_bytes(dbf.read_bytes().replace(whole, cut.encode()[:31]))  # a third of the last character
    assert read_raw(path)["community"]["名称"].tolist() == ["社" * 10, "乙"]


def test_zip_with_one_shapefile_in_a_folder(tmp_path):
    folder = tmp_path / "数据"
    folder.mkdir()
    pyogrio.write_dataframe(frame(), folder / "边界.shp", encoding="GBK")
    archive = tmp_path / "边界.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for part in folder.iterdir():
            packed.write(part, f"数据/{part.name}")
    assert ZoneTree.read(archive).community["code"].tolist() == ["410", "411"]


def test_zip_with_one_file_per_level(tmp_path):
    for name in ("community", "grid"):
        pyogrio.write_dataframe(frame().assign(parent="410"), tmp_path / f"{name}.geojson")
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as packed:
        for name in ("community", "grid"):
            packed.write(tmp_path / f"{name}.geojson", f"{name}.geojson")
    layers = read_projected(tmp_path / "all.zip")
    assert list(layers) == ["community", "grid"]


def test_layers_with_chinese_names(tmp_path):
    for name in ("社区", "网格", "水系"):
        pyogrio.write_dataframe(
            frame(), tmp_path / "z.gpkg", layer=name, append=(tmp_path / "z.gpkg").exists()
        )
    assert list(read_raw(tmp_path / "z.gpkg")) == ["community", "grid"]


def test_what_is_no_zone_file(tmp_path):
    with zipfile.ZipFile(tmp_path / "empty.zip", "w") as packed:
        packed.writestr("readme.txt", "none")
    (tmp_path / "noise.zip").write_bytes(b"PK\x03\x04 noise")
    for name, words in (
        ("empty.zip", "holds no border file"),
        ("noise.zip", "archive"),
        ("no.zip", "does not exist"),
    ):
        with pytest.raises(FrameError, match=words):
            read_raw(tmp_path / name)
