"""Border files of every format: the same two zones come out of each; what is hostile is refused with its reason."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geodata.crs import reproject
from geodata.vector.dxf import read_dxf
from geodata.vector.kml import read_kml
from geodata.vector.model import REFUSALS, FormatError
from geodata.vector.naming import with_contract_columns
from geodata.vector.reading import read_plain
from geodata.vector.rings import polygon_of
from tests.geodata.vector import border_files as files


def truth(name):
    shells = [shapely.Polygon(own[0], own[1:]) for own in files.rings()]
    if "dxf" in name or "lines" in name:
        shells[0] = shapely.Polygon(shells[0].exterior)  # neither knows holes
    return shells


@pytest.mark.parametrize("name", files.SOUND)
def test_every_format_gives_the_same_zones(name):
    (layer,) = read_plain(files.SOUND[name](), name="x")
    crs = layer.crs if isinstance(layer.crs, int) else 4547
    shapes = [reproject(shape, crs, 4547) for shape in layer.shapes if shape is not None]
    for shape, expected in zip(shapes, truth(name), strict=True):
        assert shapely.symmetric_difference(shape, expected).area < 0.5  # 0.1 mm of rounded degrees
    columns = with_contract_columns(layer.columns)
    assert columns["name"] == list(files.NAMES)
    assert columns["code"] == list(files.CODES)


@pytest.mark.parametrize("name", files.HOSTILE)
def test_what_is_hostile_or_broken_is_refused_with_its_reason(name):
    make, code = files.HOSTILE[name]
    with pytest.raises(FormatError) as refused:
        read_plain(make(), name="x")
    assert refused.value.code == code
    assert REFUSALS[code][0] in refused.value.zh
    assert REFUSALS[code][1] in str(refused.value)


def test_a_shapefile_equals_what_gdal_reads(tmp_path):
    path = tmp_path / "bj.shp"
    for ending, content in (
        (".shp", files.shp()),
        (".dbf", files.dbf("utf-8")),
        (".prj", files.PRJ_4547.encode()),
    ):
        path.with_suffix(ending).write_bytes(content)
    path.with_suffix(".cpg").write_text("UTF-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHAPE_RESTORE_SHX", "YES")
        import pyogrio

        pyogrio.set_gdal_config_options({"SHAPE_RESTORE_SHX": True})
        theirs = gpd.read_file(path)
    (ours,) = read_plain(files.shapefile_zip("utf-8", folder=""), name="x")
    assert all(a.equals(b) for a, b in zip(ours.shapes, theirs.geometry, strict=True))
    assert ours.columns["面积"] == theirs["面积"].tolist()
    assert ours.columns["名称"] == theirs["名称"].tolist()


def test_folders_named_for_levels_are_layers():
    layers = read_kml(files.kml(folders=("社区", "其他")), name="x", levels=frozenset({"社区"}))
    assert [layer.name for layer in layers] == ["社区"]
    assert layers[0].columns["name"] == ["甲社区"]


def test_gbk_kml():
    text = files.kml().decode().replace('encoding="UTF-8"', 'encoding="GBK"')
    (layer,) = read_kml(text.encode("gbk"), name="x")
    assert layer.columns["name"] == list(files.NAMES)


def test_a_line_whose_ends_do_not_meet_is_no_zone():
    line = b"113.70,34.70 113.71,34.70 113.71,34.71 113.70,34.705"
    mark = b"<kml><Placemark><LineString><coordinates>%s</coordinates></LineString></Placemark></kml>"
    with pytest.raises(FormatError) as refused:
        read_kml(mark % line, name="x")
    assert "闭合" in refused.value.zh
    (layer,) = read_kml(mark % (line + b" 113.700001,34.70"), name="x")
    assert layer.shapes[0].area == pytest.approx(0.01 * 0.0075, rel=1e-3)


def test_codes_written_beside_names():
    found = with_contract_columns({"name": ["410105560003 绿地社区", "天时路社区（410105560004）"]})
    assert found["code"] == ["410105560003", "410105560004"]
    assert found["name"] == ["绿地社区", "天时路社区"]
    assert "code" not in with_contract_columns({"name": ["410105560003 绿地社区", "天时路社区"]})


def test_the_smallest_ring_around_a_text_is_named_by_it():
    outer, inner = files.square(0, 0, 100), files.square(40, 40, 20)
    parts = [files._pairs((0, "SECTION"), (2, "ENTITIES"))]
    parts += [
        files._pairs(
            (0, "LWPOLYLINE"),
            (8, "0"),
            (70, 1),
            *((c, v) for x, y in ring[:-1] for c, v in ((10, x), (20, y))),
        )
        for ring in (outer, inner)
    ]
    parts.append(files._pairs((0, "TEXT"), (8, "0"), (10, 50), (20, 50), (1, r"\U+5185")))
    parts.append(files._pairs((0, "TEXT"), (8, "0"), (10, 10), (20, 10), (1, "外")))
    parts.append(files._pairs((0, "ENDSEC")))
    (layer,) = read_dxf("".join(parts).encode(), name="x")
    assert layer.columns["name"] == ["外", "内"]


def test_the_bulge_of_a_polyline_is_an_arc():
    # Two points joined by two half circles (bulge 1) are a circle of radius 50.
    circle = files._pairs((0, "SECTION"), (2, "ENTITIES"), (0, "LWPOLYLINE"), (8, "0"), (70, 1),
                          (10, 0), (20, 0), (42, 1), (10, 100), (20, 0), (42, 1), (0, "ENDSEC"))  # fmt: skip
    (layer,) = read_dxf(circle.encode(), name="x")
    assert layer.shapes[0].area == pytest.approx(np.pi * 2500, rel=0.01)
    assert layer.shapes[0].centroid.distance(shapely.Point(50, 0)) < 0.5


def test_rings_nest_by_the_even_odd_rule():
    nested = [files.square(10 * n, 10 * n, 100 - 20 * n) for n in range(4)]
    shape = polygon_of(nested[::-1])
    assert shape.area == 100**2 - 80**2 + 60**2 - 40**2
    assert shape.is_valid


@given(
    st.binary(max_size=300),
    st.sampled_from([b"", b"<kml>", b"{", b"0\nSECTION\n", b"PK\x03\x04", b"\x00\x00\x27\x0a"]),
)
def test_no_bytes_break_the_reader(noise, head):
    with pytest.raises(FormatError):
        read_plain(head + noise, name="x")
