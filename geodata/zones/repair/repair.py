"""Mending of borders that can be mended without deciding whose land it is.

All current borders are noded together and every piece of land gets one owner by the rules of
`geodata.zones.repair.settling`; pieces above a stated area are refused with the reason. Zones are then put
together from whole pieces, so that neighbours share every vertex and children tile their parent.
Borders whose last day has passed are only made valid: answers that were given by them stand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import geopandas as gpd
import numpy as np
import shapely

from geodata.errors import CrsError, Fault, listed
from geodata.zones.checking.checks import check_zones, row_names
from geodata.zones.checking.defects import invalid_words, name_words
from geodata.zones.contract import PARENT_LEVEL, as_text, valid_days
from geodata.zones.faces import NOBODY, SNAP_M, Faces, faces_of
from geodata.zones.model import LEVELS, Level
from geodata.zones.repair.rebuild import areas_of, rebuilt
from geodata.zones.repair.settling import Claim, Rule, Settled, settle
from geodata.zones.repair.words import reason_of, words_of

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    Shapes = NDArray[np.object_]

RepairKind: TypeAlias = Literal[
    "rebuilt", "overlap", "gap", "sliver", "outside", "uncovered", "aligned", "duplicate_row", "parent"
]
LIMIT_M2 = 10_000.0
# A zone without a usable parent goes to the one that has nearly all of its land.
_ADOPT_SHARE = 0.95


@dataclass(frozen=True, slots=True)
class Repair:
    """One change: which zone, what was done, and how much its area changed.

    `codes` are all zones concerned. For one zone the changes sum to its area after less before.
    """

    level: Level
    kind: RepairKind
    code: str
    codes: tuple[str, ...]
    said: Fault
    area_change_m2: float

    @property
    def words(self) -> str:
        """What was done, in Chinese."""
        return self.said.zh


@dataclass(frozen=True, slots=True)
class Refusal:
    """A piece of land left as it was drawn, and why no rule decides it."""

    level: Level
    kind: Rule
    codes: tuple[str, ...]
    area_m2: float
    said: Fault
    geometry: BaseGeometry

    @property
    def words(self) -> str:
        """Why it was refused, in Chinese."""
        return self.said.zh


@dataclass(frozen=True, slots=True)
class Repaired:
    """Mended layers, every change, and what was refused (largest first)."""

    layers: dict[Level, gpd.GeoDataFrame]
    repairs: tuple[Repair, ...]
    refusals: tuple[Refusal, ...]


def repair_zones(
    layers: Mapping[Level, gpd.GeoDataFrame], *, code: str = "code", limit_m2: float = LIMIT_M2
) -> Repaired:
    """Return mended layers, every change made and everything refused.

    Parameters
    ----------
    layers, code
        As `check_zones`. Rows without a polygon are kept as they are.
    limit_m2
        Largest overlap, gap, missing or foreign piece that a rule may give away.

    Raises
    ------
    CrsError
        As `check_zones`, and if the coordinates cannot be in the CRS they claim.

    Notes
    -----
    Sound layers come back unchanged. Otherwise vertices move by at most a grid of 1 mm (0.71 mm).
    """
    report = check_zones(layers, code=code)
    wrong = [found.said for found in report.defects if found.kind == "crs" and found.fatal]
    if wrong:
        fault = listed(wrong)
        raise CrsError(fault.en, zh=fault.zh)
    if not any(found.geometry is not None for found in report.defects) and not any(
        found.kind in ("duplicate_code", "orphan") for found in report.defects
    ):
        return Repaired({level: layer.copy() for level, layer in layers.items()}, (), ())
    work = {level: _Level(level, layers[level], code) for level in LEVELS if level in layers}
    current = [layer.shapes[layer.current] for layer in work.values()]
    faces = faces_of(shapely.boundary(np.concatenate(current)))
    refusals: list[Refusal] = []
    for level, layer in work.items():
        above = work.get(PARENT_LEVEL[level]) if level in PARENT_LEVEL else None
        refusals += layer.mend(faces, above if above is not None and above.current.any() else None, limit_m2)
    refusals.sort(key=lambda refusal: -refusal.area_m2)
    return Repaired(
        layers={level: work[level].mended() for level in layers},
        repairs=tuple(repair for layer in work.values() for repair in layer.repairs),
        refusals=tuple(refusals),
    )


class _Level:
    """One level under repair: its rows, which of them hold now, and what was done to them."""

    def __init__(self, level: Level, frame: gpd.GeoDataFrame, code: str) -> None:
        self.level: Level = level
        self.repairs: list[Repair] = []
        self.frame, self.names = self._without_twins(frame, code)
        raw: Shapes = np.array(self.frame.geometry.array, dtype=object)
        self.before_m2 = np.nan_to_num(shapely.area(raw))
        self.shapes = rebuilt(shapely.force_2d(raw))
        areal = np.isin(shapely.get_type_id(self.shapes), (3, 6)) & ~shapely.is_empty(self.shapes)
        for row in np.flatnonzero(areal & ~shapely.is_valid(raw)).tolist():
            name, why = name_words(self.names[row]), invalid_words(raw[row])
            said = Fault(
                f"{name.en} was invalid and is rebuilt: {why.en}", f"{name.zh} 重建无效图形：{why.zh}"
            )
            self._note("rebuilt", row, said, float(self.shapes[row].area - self.before_m2[row]))
        ends = valid_days(self.frame)[0]["valid_to"]
        self.current = areal & np.array([end is None for end in ends], dtype=bool)
        self.rows: list[int] = np.flatnonzero(self.current).tolist()
        self.claims: list[Claim] = []

    def _without_twins(self, frame: gpd.GeoDataFrame, code: str) -> tuple[gpd.GeoDataFrame, list[str]]:
        """Drop rows that repeat another's code, days and geometry."""
        names = row_names(frame, code)
        days = valid_days(frame)[0]
        shapes = shapely.to_wkb(shapely.normalize(np.asarray(frame.geometry.array, dtype=object)))
        seen: set[tuple[object, ...]] = set()
        kept = []
        for row, name in enumerate(names):
            key = (name, shapes[row], days["valid_from"][row], days["valid_to"][row])
            if key in seen:
                said = Fault(
                    f"row {row + 1} of {name_words(name).en} repeats an earlier one and is removed",
                    f"{name_words(name).zh} 的第 {row + 1} 行与前面一行相同，已删去",
                )
                self.repairs.append(Repair(self.level, "duplicate_row", name, (name,), said, 0.0))
            else:
                seen.add(key)
                kept.append(row)
        return frame.iloc[kept].copy(), [names[row] for row in kept]

    def _note(self, kind: RepairKind, row: int, said: Fault, change_m2: float, *others: int) -> None:
        codes = tuple(self.names[own] for own in (row, *others))
        self.repairs.append(Repair(self.level, kind, self.names[row], codes, said, change_m2))

    def mend(self, faces: Faces, above: _Level | None, limit_m2: float) -> Iterator[Refusal]:
        """Give every face one owner, put the zones together again, and yield what was refused."""
        claims = self._claims(faces)
        parent = None if above is None else self._parents(faces, claims, above)
        rank = np.argsort(np.argsort([self.names[row] for row in self.rows], kind="stable")).tolist()
        result = settle(
            faces,
            claims,
            rank=rank,
            limit_m2=limit_m2,
            above=None if above is None else above.claims,
            parent=parent,
        )
        self.claims = result.claims
        changed_m2 = np.zeros(len(self.names))
        for done in result.settled:
            if done.owner is None:
                yield self._refusal(done, faces, above, limit_m2)
            else:
                self._record(done, changed_m2)
        self._put_together(faces, changed_m2)

    def _claims(self, faces: Faces) -> list[Claim]:
        """Return which zones of this level have each face, by a point inside it."""
        tree = shapely.STRtree(shapely.set_precision(self.shapes[self.rows], SNAP_M))
        face, zone = tree.query(faces.inner_points(), predicate="intersects")
        claims: list[list[int]] = [[] for _ in range(len(faces))]
        for own, claimant in zip(face.tolist(), zone.tolist(), strict=True):
            claims[own].append(claimant)
        return [tuple(sorted(claim)) for claim in claims]

    def _parents(self, faces: Faces, claims: Sequence[Claim], above: _Level) -> list[int]:
        """Return each current zone's parent; one that names none takes the one with its land."""
        known = {above.names[row]: number for number, row in reversed(list(enumerate(above.rows)))}
        has_column = "parent" in self.frame.columns
        stated = [as_text(value) for value in self.frame["parent"]] if has_column else [""] * len(self.names)
        parents = [known.get(stated[row], NOBODY) for row in self.rows]
        if NOBODY not in parents:
            return parents
        land = np.zeros((len(self.rows), len(above.rows)))
        for face, claim in enumerate(claims):
            for zone in claim:
                land[zone, list(above.claims[face])] += faces.area_m2[face]
        total = np.maximum(shapely.area(self.shapes[self.rows]), 1e-9)
        column = list(self.frame["parent"]) if has_column else [None] * len(self.names)
        for zone, row in enumerate(self.rows):
            best = int(np.argmax(land[zone]))
            if parents[zone] == NOBODY and land[zone, best] > _ADOPT_SHARE * total[zone]:
                parents[zone] = best
                column[row] = above.names[above.rows[best]]
                name, within = name_words(self.names[row]), f"{land[zone, best] / total[zone]:.1%}"
                said = Fault(
                    f"the parent of {name.en} is now {column[row]}, which has {within} of its land",
                    f"{name.zh} 的上级改为 {column[row]}：{within} 的面积在其中",
                )
                self._note("parent", row, said, 0.0)
        self.frame["parent"] = np.array([*column, None], dtype=object)[:-1]
        return parents

    def _record(self, done: Settled, changed_m2: NDArray[np.float64]) -> None:
        losers = [zone for zone in done.claim if zone != done.owner and done.rule in _TAKES]
        gains = done.rule in _GIVES and done.owner != NOBODY
        owner = None if done.owner in (None, NOBODY) else self.rows[done.owner or 0]
        for zone in losers:
            row = self.rows[zone]
            changed_m2[row] -= done.area_m2
            said = words_of(done, self.names[row], self.names[owner] if owner is not None else "", loses=True)
            self._note(done.rule, row, said, -done.area_m2, *([owner] if owner is not None else []))
        if gains and owner is not None:
            changed_m2[owner] += done.area_m2
            said = words_of(done, self.names[owner], "", loses=False)
            self._note(done.rule, owner, said, done.area_m2, *(self.rows[zone] for zone in losers))

    def _refusal(self, done: Settled, faces: Faces, above: _Level | None, limit_m2: float) -> Refusal:
        if done.rule in ("overlap", "outside"):
            codes = tuple(self.names[self.rows[zone]] for zone in done.claim)
        elif done.rule == "uncovered" and above is not None:
            codes = tuple(above.names[above.rows[zone]] for zone in done.claim)
        else:
            codes = self._around(done, faces)
        said = reason_of(done, codes, limit_m2)
        return Refusal(self.level, done.rule, codes, done.area_m2, said, faces.joined(done.faces))

    def _around(self, done: Settled, faces: Faces) -> tuple[str, ...]:
        inside = np.zeros(len(faces) + 1, dtype=bool)
        inside[done.faces] = True
        border = inside[faces.left] != inside[faces.right]
        others = {*faces.left[border].tolist(), *faces.right[border].tolist()} - {NOBODY}
        return tuple(
            sorted({self.names[self.rows[z]] for f in others if not inside[f] for z in self.claims[f]})
        )

    def _put_together(self, faces: Faces, changed_m2: NDArray[np.float64]) -> None:
        """Replace current shapes by unions of their faces; what is left of the change is alignment."""
        members: list[list[int]] = [[] for _ in self.rows]
        for face, claim in enumerate(self.claims):
            for zone in claim:
                members[zone].append(face)
        for zone, row in enumerate(self.rows):
            if not members[zone]:
                continue  # thinner than the grid: left as drawn, the report names it
            joined = shapely.normalize(faces.joined(members[zone]))
            # A multipolygon of one part is that part.
            if joined.equals_exact(shapely.normalize(areas_of(self.shapes[row])), 0.0):
                continue
            rest = float(joined.area - self.shapes[row].area - changed_m2[row])
            name = name_words(self.names[row])
            said = Fault(
                f"the vertices of {name.en} are aligned with its neighbours' (within 1 mm)",
                f"{name.zh} 的顶点与邻居对齐（1 毫米以内）",
            )
            self._note("aligned", row, said, rest)
            self.shapes[row] = joined

    def mended(self) -> gpd.GeoDataFrame:
        """Return the layer with its mended shapes."""
        geometry = gpd.GeoSeries(list(self.shapes), index=self.frame.index, crs=self.frame.crs)
        return self.frame.set_geometry(geometry)


_TAKES: frozenset[Rule] = frozenset({"overlap", "outside", "sliver"})
_GIVES: frozenset[Rule] = frozenset({"gap", "uncovered", "sliver"})
