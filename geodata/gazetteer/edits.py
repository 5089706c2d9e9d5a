"""What people draw and correct on top of the sources, and the keys by which they name what they mean.

A key is made of an entry's own content (name, class, place to the decimetre), so that it holds as long
as the entry is in any source, in whatever file and order; one that no source has any more is reported.
"""

from __future__ import annotations

import hashlib
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import LineString
from shapely.geometry.base import BaseGeometry

from geodata.gazetteer.model import LINE_CLASSES, BasemapRow, Contents, LineClass, PlaceRow
from geodata.gazetteer.pieces import Piece
from geodata.text.normalize import normalise

EditKind = Literal["line", "place", "post", "alias", "hide", "rename"]
# A vertex this near to one of the replaced line is the same one, metres.
_SAME_VERTEX_M = 0.05
_DRAWN_SIGMA_M = 3.0
_HALF_WIDTH_M: Mapping[str, float] = {"road": 10.0, "rail": 5.0, "water": 15.0}
_NO_NODES: NDArray[np.int64] = np.empty(0, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Edit:
    """One correction, in the gazetteer's CRS.

    `line`, `place`, `post` add something in place of `replaces`; `hide` only takes away; `rename` keeps the
    shapes; `alias` makes `name` another name of `other_names`. `entry_class` is road, rail, water or a
    place's category; the name of a post is its line's.
    """

    kind: EditKind
    name: str = ""
    entry_class: str = ""
    other_names: tuple[str, ...] = ()
    replaces: tuple[str, ...] = ()
    shape: BaseGeometry | None = None
    chainage_m: float | None = None
    width_m: float | None = None


def spelled(text: str) -> str:
    """Return a name as the gazetteer spells it (normalised)."""
    return normalise(text).text


def line_key(line_class: str, name: str, line: BaseGeometry) -> str:
    """Return the key of a drawn line."""
    at = np.round(shapely.get_coordinates(line) * 10).astype(np.int64)
    content = f"{line_class}|{spelled(name)}|".encode() + at.tobytes()
    return "l" + hashlib.sha256(content).hexdigest()[:16]


def place_key(name: str, x: float, y: float) -> str:
    """Return the key of a place."""
    return "p" + hashlib.sha256(f"{spelled(name)}|{x:.1f}|{y:.1f}".encode()).hexdigest()[:16]


def post_key(line_name: str, chainage_m: float, x: float, y: float) -> str:
    """Return the key of a kilometre post."""
    content = f"{spelled(line_name)}|{chainage_m:.1f}|{x:.1f}|{y:.1f}"
    return "k" + hashlib.sha256(content.encode()).hexdigest()[:16]


def keys_given(edit: Edit) -> list[str]:
    """Return the keys of the entries that an edit makes; of a renaming, its shape's under the new name."""
    if edit.shape is None or edit.kind in ("alias", "hide"):
        return []
    if edit.kind == "post":
        at = edit.shape.centroid
        return [post_key(edit.name, edit.chainage_m or 0.0, at.x, at.y)]
    if edit.entry_class in LINE_CLASSES:
        return [line_key(edit.entry_class, edit.name, part) for part in line_parts(edit.shape)]
    centres = [part.representative_point() for part in shapely.get_parts(edit.shape)]
    if edit.kind == "place":
        centres = [edit.shape.representative_point()]
    return [place_key(edit.name, at.x, at.y) for at in centres]


def line_parts(shape: BaseGeometry) -> list[LineString]:
    """Return the lines of a shape that have a length."""
    parts = shapely.get_parts(shapely.force_2d(shape)).tolist()
    return [part for part in parts if isinstance(part, LineString) and part.length > 0]


@dataclass(slots=True)
class Linework:
    """Named pieces of lines while edits are applied; `rows` are the basemap's, by key what is drawn there."""

    pieces: list[Piece]
    rows: list[BasemapRow]
    renamed: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    unmet: int = 0


def edit_lines(pieces: Sequence[Piece], rows: Sequence[BasemapRow], edits: Iterable[Edit]) -> Linework:
    """Return lines and basemap with edits of lines applied in their order.

    A vertex that a corrected line shares with the one it replaces keeps its node, and so the junctions
    that lie on it stay exactly where they are.
    """
    work = Linework(list(pieces), list(rows))
    for edit in edits:
        wanted = {key for key in edit.replaces if key.startswith("l")}
        if edit.kind == "line" and edit.shape is not None:
            _draw(work, edit, wanted)
        elif edit.kind in ("hide", "rename") and wanted:
            _take(work, wanted, edit if edit.kind == "rename" else None)
    return work


def _draw(work: Linework, edit: Edit, wanted: set[str]) -> None:
    taken = _take(work, wanted, None)
    line_class: LineClass = next(own for own in LINE_CLASSES if own == edit.entry_class)
    half_m = edit.width_m / 2 if edit.width_m else None
    if half_m is None:
        half_m = taken[0].half_width_m if taken else _HALF_WIDTH_M[line_class]
    name = spelled(edit.name)
    for old in taken:
        _remember(work, old.name, name)
    assert edit.shape is not None
    for part in line_parts(edit.shape):
        line, nodes = _with_old_vertices(part, taken)
        category = taken[0].category if taken and taken[0].line_class == line_class else line_class
        if name:
            work.pieces.append(
                Piece(name, line_class, line, half_m, nodes, category, "lines", _DRAWN_SIGMA_M)
            )
        work.rows.append(BasemapRow(line_class, edit.name, category, line))


def _take(work: Linework, wanted: set[str], rename: Edit | None) -> list[Piece]:
    """Take lines out, or give them another name, and return their pieces as they were."""
    if not wanted:
        return []
    met = {
        line_key(row.layer, row.name, row.shape) for row in work.rows if row.layer in LINE_CLASSES
    } & wanted
    work.unmet += len(wanted) - len(met)
    found: list[Piece] = []
    pieces: list[Piece] = []
    for piece in work.pieces:
        if line_key(piece.line_class, piece.name, piece.line) not in met:
            pieces.append(piece)
            continue
        found.append(piece)
        if rename is not None:
            pieces.append(replace(piece, name=spelled(rename.name)))
            _remember(work, piece.name, spelled(rename.name))
    rows: list[BasemapRow] = []
    for row in work.rows:
        if row.layer not in LINE_CLASSES or line_key(row.layer, row.name, row.shape) not in met:
            rows.append(row)
        elif rename is not None:
            rows.append(replace(row, name=rename.name))
            if not spelled(row.name):
                pieces += _named_now(row, rename)
    work.pieces, work.rows = pieces, rows
    return found


def _named_now(row: BasemapRow, rename: Edit) -> list[Piece]:
    """Return the pieces of a line that was drawn without a name and has got one."""
    line_class: LineClass = next(own for own in LINE_CLASSES if own == row.layer)
    half_m = rename.width_m / 2 if rename.width_m else _HALF_WIDTH_M[row.layer]
    return [
        Piece(
            spelled(rename.name), line_class, part, half_m, _NO_NODES, row.category, "lines", _DRAWN_SIGMA_M
        )
        for part in line_parts(row.shape)
    ]


def _remember(work: Linework, former: str, name: str) -> None:
    if former and name and former != name and name not in work.renamed[former]:
        work.renamed[former].append(name)


def _with_old_vertices(line: LineString, old: Sequence[Piece]) -> tuple[LineString, NDArray[np.int64]]:
    """Return a line with vertices of the old ones where they are the same, and the ids of their nodes."""
    if not old:
        return line, _NO_NODES
    xy = shapely.get_coordinates(line).copy()
    known = np.vstack([shapely.get_coordinates(piece.line) for piece in old])
    ids = np.concatenate(
        [
            piece.node_ids if len(piece.node_ids) else np.full(shapely.get_num_coordinates(piece.line), -1)
            for piece in old
        ]
    )
    apart = np.hypot(*(xy[:, None, :] - known[None, :, :]).transpose(2, 0, 1))
    nearest = apart.argmin(axis=1)
    same = apart[np.arange(len(xy)), nearest] <= _SAME_VERTEX_M
    xy[same] = known[nearest[same]]
    kept = same & (ids[nearest] >= 0)
    if not kept.any():
        return LineString(xy), _NO_NODES
    # New vertices have ids of their own, below all that a source could have.
    nodes = -2 - np.arange(len(xy), dtype=np.int64) - zlib.crc32(line.wkb) * 100_000
    nodes[kept] = ids[nearest[kept]]
    return LineString(xy), nodes


def edit_points(contents: Contents, edits: Iterable[Edit]) -> int:
    """Apply edits of places and posts to collected contents; return how many keys met nothing."""
    unmet = 0
    for edit in edits:
        wanted = {key for key in edit.replaces if key[:1] in "pk"}
        if wanted:
            unmet += len(wanted) - _take_points(contents, wanted, edit if edit.kind == "rename" else None)
        if edit.kind == "place" and edit.shape is not None:
            contents.places.append(_place(edit, edit.shape))
    return unmet


def _place(edit: Edit, shape: BaseGeometry) -> PlaceRow:
    at = shape.representative_point()
    sigma_m = max(10.0, float(np.sqrt(shape.area / np.pi)) * 0.7)
    return PlaceRow(spelled(edit.name), edit.entry_class, at.x, at.y, sigma_m)


def _take_points(contents: Contents, wanted: set[str], rename: Edit | None) -> int:
    met: set[str] = set()
    places: list[PlaceRow] = []
    for row in contents.places:
        key = place_key(row.name, row.x, row.y) if row.kind == "own" else ""
        if key not in wanted:
            places.append(row)
            continue
        met.add(key)
        if rename is not None:
            places.append(replace(row, name=spelled(rename.name)))
    contents.places = places
    posts = []
    for post in contents.posts:
        key = post_key(contents.lines[post.line].name, post.chainage_m, post.x, post.y)
        if key in wanted:
            met.add(key)
        else:
            posts.append(post)
    contents.posts = posts
    return len(met)


def add_other_names(contents: Contents, edits: Sequence[Edit], say: Callable[[str], None]) -> None:
    """Add the other names that edits give, and former names that nothing else bears."""
    known = {row.name for row in contents.lines} | {row.name for row in contents.places}
    for edit in edits:
        if edit.kind == "alias":
            for target in edit.other_names:
                if spelled(target) in known or spelled(target) in {zone.name for zone in contents.zones}:
                    contents.alias(spelled(edit.name), spelled(target))
                else:
                    say("别名所指的名称已不存在")
        elif edit.kind in ("line", "place", "rename"):
            for other in edit.other_names:
                if spelled(other) and spelled(other) != spelled(edit.name):
                    contents.alias(spelled(other), spelled(edit.name))
    for former, names in contents.renamed.items():
        for name in names:
            if former not in known and name in known:
                contents.alias(former, name)
