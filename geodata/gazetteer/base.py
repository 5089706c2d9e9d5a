"""A compiled gazetteer as a source: what an office has that got the finished file and nothing it was made of.

What no edit and no other source touches stays as it was compiled. A line that one does touch is taken
apart into its drawn pieces, merged anew with the others, and gets its numbers and posts back by name;
junctions whose point is still a vertex of it stay where they are.
"""

from __future__ import annotations

from collections.abc import Iterable, MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray

from geodata.crs import epsg_of
from geodata.errors import CrsError
from geodata.gazetteer.attach import LineFinder
from geodata.gazetteer.edits import Edit, line_key, line_parts, spelled
from geodata.gazetteer.index import Gazetteer
from geodata.gazetteer.junctions import Pair
from geodata.gazetteer.model import (
    LINE_CLASSES,
    BasemapRow,
    Contents,
    CrossingRow,
    DocumentRow,
    LineRow,
    NumberRow,
    PostRow,
)
from geodata.gazetteer.pieces import Piece

_NO_NODES: NDArray[np.int64] = np.empty(0, dtype=np.int64)
# A junction's point this near to a vertex is that vertex, metres.
_SAME_VERTEX_M = 0.05
_NUMBER_REACH_M = 300.0


@dataclass(slots=True)
class Base:
    """A compiled gazetteer's contents, and what was taken out of them to be merged anew.

    `numbers` and `posts` are (line name, row); `crossings` are (row, key of the first, key of the second
    line): an index into the lines that stay, or the name and class of one that was taken apart.
    """

    contents: Contents
    numbers: list[tuple[str, NumberRow]] = field(default_factory=list)
    posts: list[tuple[str, PostRow]] = field(default_factory=list)
    crossings: list[tuple[CrossingRow, int | tuple[str, str], int | tuple[str, str]]] = field(
        default_factory=list
    )

    @classmethod
    def open(cls, path: Path, *, crs: int) -> Base:
        """Return the contents of a gazetteer file.

        Raises
        ------
        GazetteerError
            If it cannot be read.
        CrsError
            If it is in another CRS.
        """
        gazetteer = Gazetteer.open(path)
        if gazetteer.crs != crs:
            raise CrsError(
                f"the gazetteer is in EPSG:{gazetteer.crs}, not EPSG:{crs}",
                zh=f"地名库的坐标系是 EPSG:{gazetteer.crs}，不是 EPSG:{crs}",
            )
        return cls(contents_of(gazetteer))

    def loosened(self, incoming: Sequence[Piece], edits: Sequence[Edit]) -> list[Piece]:
        """Take the lines apart that edits or incoming pieces touch, and return their pieces."""
        keys = {key for edit in edits for key in edit.replaces}
        touched = {(piece.name, str(piece.line_class)) for piece in incoming}
        touched |= {
            (spelled(edit.name), edit.entry_class) for edit in edits if edit.kind in ("line", "rename")
        }
        rows = [row for row in self.contents.basemap if row.layer in LINE_CLASSES]
        touched |= {
            (spelled(row.name), row.layer) for row in rows if line_key(row.layer, row.name, row.shape) in keys
        }
        taken = {
            at
            for at, line in enumerate(self.contents.lines)
            if line.source != "mined" and (line.name, str(line.line_class)) in touched
        }
        pieces = [piece for at in sorted(taken) for piece in self._pieces(self.contents.lines[at], rows)]
        self._without(taken)
        return pieces

    def _pieces(self, line: LineRow, rows: Iterable[BasemapRow]) -> list[Piece]:
        drawn = [
            (part, row.category)
            for row in rows
            if row.layer == line.line_class
            and spelled(row.name) == line.name
            and row.shape.intersects(line.shape)
            for part in line_parts(row.shape)
        ]
        if not drawn:
            drawn = [(part, "") for part in line_parts(line.shape)]
        return [
            Piece(
                line.name, line.line_class, part, line.half_width_m, _NO_NODES, category, line.source, line.sigma_m
            )
            for part, category in drawn
        ]  # fmt: skip

    def _without(self, taken: set[int]) -> None:
        contents = self.contents
        old = contents.lines
        moved: dict[int, int] = {}
        for at in range(len(old)):
            if at not in taken:
                moved[at] = len(moved)

        def place_of(at: int) -> int | tuple[str, str]:
            return (old[at].name, str(old[at].line_class)) if at in taken else moved[at]

        kept: list[CrossingRow] = []
        for row in contents.crossings:
            if row.first in taken or row.second in taken:
                self.crossings.append((row, place_of(row.first), place_of(row.second)))
            else:
                kept.append(replace(row, first=moved[row.first], second=moved[row.second]))
        self.numbers = [(old[row.line].name, row) for row in contents.numbers if row.line in taken]
        self.posts = [(old[row.line].name, row) for row in contents.posts if row.line in taken]
        contents.numbers = [
            replace(row, line=moved[row.line]) for row in contents.numbers if row.line not in taken
        ]
        contents.posts = [
            replace(row, line=moved[row.line]) for row in contents.posts if row.line not in taken
        ]
        contents.crossings = kept
        contents.lines = [line for at, line in enumerate(old) if at not in taken]

    def add_nodes(
        self,
        nodes: MutableMapping[Pair, list[tuple[float, float]]],
        pieces: Sequence[Piece],
        line_of: Sequence[int],
    ) -> None:
        """Add the points of former junctions that are still vertices of the lines that met there."""
        if not self.crossings or not pieces:
            return
        xy, of_piece = shapely.get_coordinates([piece.line for piece in pieces], return_index=True)
        owner = np.asarray(line_of)[of_piece]
        tree = shapely.STRtree(np.asarray(shapely.points(xy), dtype=object))
        for row, first, second in self.crossings:
            for node in row.nodes.geoms:
                near = {
                    int(owner[at]) for at in tree.query(node, predicate="dwithin", distance=_SAME_VERTEX_M)
                }
                here = [{end} if isinstance(end, int) else near for end in (first, second)]
                pairs = {(min(a, b), max(a, b)) for a in here[0] for b in here[1] if a != b}
                for pair in sorted(pairs):
                    nodes.setdefault(pair, []).append((node.x, node.y))

    def reattach(self, contents: Contents) -> None:
        """Give numbers and posts of lines that were taken apart back to the lines of their names."""
        finder = LineFinder(contents)
        for name, number in self.numbers:
            line = finder.named(name, number.x, number.y, _NUMBER_REACH_M)
            if line is None:
                contents.drop("门牌附近没有这条路")
            else:
                contents.numbers.append(replace(number, line=line))
        for name, post in self.posts:
            line = finder.named(name, post.x, post.y, _NUMBER_REACH_M)
            if line is None:
                contents.drop("里程桩附近没有这条线")
            else:
                contents.posts.append(replace(post, line=line))


def contents_of(gazetteer: Gazetteer) -> Contents:
    """Return everything a compiled gazetteer holds, in the form in which it was compiled."""
    contents = Contents(gazetteer.crs)
    known = gazetteer.everything()
    contents.lines = [gazetteer.line(at) for at in range(gazetteer.line_count)]
    contents.places, contents.zones = known.places, known.zones
    contents.crossings = known.crossings
    contents.numbers, contents.posts = known.numbers, known.posts
    contents.documents = [
        DocumentRow(text, x, y, area)
        for text, (x, y), area in zip(
            gazetteer.documents, gazetteer.document_xy.tolist(), known.document_areas, strict=True
        )
    ]
    frame = gazetteer.basemap()
    assert epsg_of(frame.crs) == gazetteer.crs
    contents.basemap = [
        BasemapRow(layer, name, category, shape)
        for layer, name, category, shape in zip(
            frame["layer"], frame["name"], frame["class"], frame.geometry, strict=True
        )
    ]
    contents.aliases = {alias: list(names) for alias, names in known.aliases.items()}
    return contents
