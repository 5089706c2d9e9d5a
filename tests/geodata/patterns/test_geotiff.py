"""GeoTIFF: read back by another library, tags against the standard."""

import numpy as np
import pytest
from PIL import Image

from geodata.patterns.geotiff import write_geotiff

BOUNDS = (474000.0, 3848000.0, 474300.0, 3848200.0)


def test_values_tags_and_position(tmp_path):
    values = np.arange(6, dtype=float).reshape(2, 3)
    path = tmp_path / "a.tif"
    write_geotiff(path, values, bounds=BOUNDS, epsg=4547, nodata=-1)
    with Image.open(path) as image:
        assert image.size == (3, 2)
        assert image.mode == "F"
        # The picture's first row is the northernmost, ours the southernmost.
        assert np.asarray(image).tolist() == [[3, 4, 5], [0, 1, 2]]
        tags = image.tag_v2
        assert tags[33550] == (100.0, 100.0, 0.0)
        assert tags[33922] == (0.0, 0.0, 0.0, 474000.0, 3848200.0, 0.0)
        keys = np.reshape(tags[34735], (-1, 4))
        assert keys[0].tolist() == [1, 1, 1, 4]
        assert {key: value for key, _, _, value in keys[1:].tolist()} == {
            1024: 1,
            1025: 1,
            3072: 4547,
            3076: 9001,
        }
        assert tags[42113] == "-1"


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (301, 257)])
def test_any_size(tmp_path, shape):
    values = np.random.default_rng(0).uniform(0, 100, shape)
    write_geotiff(tmp_path / "b.tif", values, bounds=(0, 0, shape[1], shape[0]), epsg=4547)
    with Image.open(tmp_path / "b.tif") as image:
        assert np.asarray(image) == pytest.approx(values[::-1].astype("f4"))


def test_bad_input_is_refused(tmp_path):
    with pytest.raises(ValueError, match="shape"):
        write_geotiff(tmp_path / "c.tif", np.zeros((0, 3)), bounds=BOUNDS, epsg=4547)
    with pytest.raises(ValueError, match="EPSG:90000"):
        write_geotiff(tmp_path / "c.tif", np.zeros((2, 3)), bounds=BOUNDS, epsg=90000)
