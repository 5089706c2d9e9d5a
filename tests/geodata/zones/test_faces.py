"""Faces of noded lines, against shapes whose faces, borders and perimeters are known."""

import numpy as np
import pytest
import shapely

from geodata.zones.faces import NOBODY, faces_of


@pytest.fixture
def quarters():
    """A square of 100 m cut in four by a cross, and a dangling line that bounds nothing."""
    return faces_of(
        [
            shapely.box(0, 0, 100, 100).boundary,
            shapely.LineString([(50, -10), (50, 110)]),
            shapely.LineString([(-10, 50), (110, 50)]),
            shapely.LineString([(10, 10), (20, 20)]),
        ]
    )


def numbers(faces, *points):
    return [int(np.flatnonzero(shapely.intersects_xy(faces.polygons, *point))[0]) for point in points]


def test_faces_and_their_borders(quarters):
    assert len(quarters) == 4
    assert quarters.area_m2.tolist() == [2500] * 4
    inner = quarters.right != NOBODY
    assert quarters.length_m[inner].sum() == 200
    assert quarters.length_m[~inner].sum() == 400
    assert (quarters.left[inner] < quarters.right[inner]).all()


def test_groups_need_a_common_edge(quarters):
    sw, se, ne, nw = numbers(quarters, (25, 25), (75, 25), (75, 75), (25, 75))
    labels = np.zeros(4, dtype=np.int64)
    labels[[se, nw]] = NOBODY
    group, label = quarters.groups(labels)
    assert label.tolist() == [0, 0]  # south-west and north-east touch in a corner only
    assert group[sw] != group[ne]
    assert group[[se, nw]].tolist() == [NOBODY, NOBODY]
    labels[se] = 0
    group, label = quarters.groups(labels)
    assert (len(set(group[[sw, se, ne]])), len(label)) == (1, 1)
    assert quarters.perimeter_m(group, 1).tolist() == [400]  # an L of three squares


def test_a_union_keeps_every_vertex(quarters):
    south = quarters.joined(numbers(quarters, (25, 25), (75, 25)))
    assert south.area == 5000
    assert shapely.get_num_coordinates(south) == 7  # four corners, two ends of the cross, the closing one
    assert quarters.joined([]).is_empty


def test_lines_closer_than_the_grid_become_one():
    faces = faces_of([shapely.box(0, 0, 10, 10).boundary, shapely.box(10.0003, 0, 20, 10).boundary])
    assert len(faces) == 2
    assert faces.length_m[faces.right != NOBODY].sum() == pytest.approx(10)


def test_nothing_has_no_faces():
    for lines in ([shapely.LineString([(0, 0), (1, 1)])], [None, shapely.LineString()]):
        faces = faces_of(lines)
        assert len(faces) == 0
        assert faces.groups(np.empty(0, dtype=np.int64))[1].size == 0
