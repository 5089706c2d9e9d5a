"""Uploaded borders of every format, read in the confined child: same zones, hostile ones refused in time and memory."""

from __future__ import annotations

import zipfile

import pytest
import shapely

from geodata.errors import CrsError, DatumError, QingtuError
from geodata.vector.model import REFUSALS
from service.borders.child import MEMORY_BYTES
from service.borders.reading import read_border_file
from service.confined.reading import UnreadableError
from tests.geodata.vector import border_files as files

CRS = 4547


def read(path, **stated):
    return read_border_file(path, name=path.name, crs=CRS, **stated)


@pytest.fixture
def write(tmp_path):
    def call(name, content):
        # An upload keeps no ending that could be relied on.
        path = tmp_path / f"{name}.upload"
        path.write_bytes(content)
        return path

    return call


@pytest.mark.parametrize("name", files.SOUND)
def test_every_format_gives_the_same_zones(write, name):
    layer = read(write(name, files.SOUND[name]()), stated_crs=CRS).layers["community"]
    assert layer["code"].tolist() == list(files.CODES)
    assert layer["name"].tolist() == list(files.NAMES)
    for shape, own in zip(layer.geometry, files.rings(), strict=True):
        expected = shapely.Polygon(own[0])
        assert shapely.symmetric_difference(shapely.Polygon(shape.exterior), expected).area < 0.5


def test_a_kml_drawn_on_a_gcj02_map_needs_its_datum(write):
    path = write("ovital", files.kml(datum="gcj02"))
    right = read(path, datum="gcj02").layers["community"].geometry[0]
    wrong = read(path).layers["community"].geometry[0]
    truth = shapely.Polygon(files.rings()[0][0])
    assert right.centroid.distance(truth.centroid) < 0.01
    assert 500 < wrong.centroid.distance(truth.centroid) < 650  # what GCJ-02 is off here
    assert read(path).sha256 != read(path, datum="gcj02").sha256
    with pytest.raises(DatumError):
        read(path, datum="mars")


def test_a_drawing_needs_a_stated_crs_and_takes_no_datum(write):
    path = write("drawing", files.dxf())
    with pytest.raises(CrsError, match="EPSG"):
        read(path)
    with pytest.raises(CrsError, match="longitudes and latitudes"):
        read(path, stated_crs=CRS, datum="gcj02")
    with pytest.raises(CrsError, match="degrees"):
        read(path, stated_crs=4326)


@pytest.mark.parametrize("name", files.HOSTILE)
def test_hostile_files_are_refused(write, name):
    make, code = files.HOSTILE[name]
    with pytest.raises(QingtuError) as refused:
        read(write(name, make()))
    assert isinstance(refused.value, UnreadableError)
    assert REFUSALS[code][0] in str(refused.value)


@pytest.mark.parametrize("name", ["bomb.kmz", "bomb.zip"])
def test_a_bomb_is_counted_while_it_unpacks(write, name):
    """Not ended by the child's limits: that would say nothing of why (`MEMORY_BYTES` is 512 MB)."""
    with pytest.raises(UnreadableError, match="> 128 MB"):
        read(write(name, files.HOSTILE[name][0]()))
    assert MEMORY_BYTES == 512 * 2**20


def test_nothing_is_unpacked(write):
    path = write("export", files.kmz())
    before = sorted(path.parent.iterdir())
    read(path)
    assert sorted(path.parent.iterdir()) == before
    assert zipfile.is_zipfile(path)
