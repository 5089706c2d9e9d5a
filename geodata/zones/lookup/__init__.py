"""Point to zone by cells: inside a cell by array look-up, on a border by exact orientation.

`cells` says which ground the cells lie on, `raster` which border segments touch which cell, `build`
makes the index, `arrays` asks it with numpy and shapely, `compiled` with a numba kernel. All answer alike.
"""
