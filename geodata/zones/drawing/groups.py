"""Blocks grouped into grids: connected, of about equal work, compact, not across water or rails."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geodata.zones.drawing.links import merge

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

# What one unit costs: a load one tenth off the mean of every grid costs as much as grids three
# tenths less round, or a seventh of a grid's side of barrier inside.
_LOAD, _SHAPE, _BARRIER = 30.0, 1.0, 2.0
_ROUNDS_PER_BLOCK, _LEAST_ROUNDS, _MOST_ROUNDS = 8, 80, 600
_TABU_ROUNDS = 7


@dataclass(frozen=True, slots=True, eq=False)
class BlockGraph:
    """The blocks of one community: work, area, perimeter, and neighbours.

    Attributes
    ----------
    load
        Work per block in any unit, ≥ 0.
    area_m2, perimeter_m
        Per block.
    shared_m
        Per block its neighbours with the length of the common border.
    barrier_m
        The same for the part of it that is water, railway or wall.
    """

    load: Floats
    area_m2: Floats
    perimeter_m: Floats
    shared_m: Sequence[dict[int, float]]
    barrier_m: Sequence[dict[int, float]]

    def __len__(self) -> int:
        return len(self.load)


def grouped(graph: BlockGraph, count: int) -> list[int]:
    """Return per block the number of its group (0 to the number of groups - 1).

    Parameters
    ----------
    count
        Wanted groups, ≥ 1. Fewer come back where there are fewer blocks; more where blocks do not
        hang together (every connected part needs a group).

    Notes
    -----
    Two starts (joining the lightest group with the neighbour that stays lightest; growing the
    lightest of far-apart seeds) are improved by tabu search: the best move of one block to a
    neighbouring group, worse ones allowed, never back at once, groups always connected. Cost: squared
    deviation of the work from the mean, plus perimeter² / 4π area (1 for a disc), plus barriers
    inside a group. Nothing is random: the same blocks give the same groups.
    """
    starts = [_joined(graph, count), _grown(graph, count)]
    best = min((_improved(graph, start) for start in starts), key=lambda state: state.cost())
    order: dict[int, int] = {}
    return [order.setdefault(group, len(order)) for group in best.label]


class _State:
    """Groups with running sums of what the cost needs."""

    def __init__(self, graph: BlockGraph, label: Sequence[int]) -> None:
        self.graph = graph
        self.label = list(label)
        count = max(self.label) + 1
        self.count = count
        self.load = np.bincount(self.label, graph.load, count)
        self.area = np.bincount(self.label, graph.area_m2, count)
        self.border = np.bincount(self.label, graph.perimeter_m, count)
        self.barrier = np.zeros(count)
        self.size = np.bincount(self.label, minlength=count)
        for block, group in enumerate(self.label):
            for other, length in graph.shared_m[block].items():
                if self.label[other] == group:
                    self.border[group] -= length
            for other, length in graph.barrier_m[block].items():
                if self.label[other] == group:
                    self.barrier[group] += length / 2
        self.mean = max(float(self.load.sum()) / count, 1e-12)
        self.side = float(np.sqrt(self.area.sum() / count))

    def group_cost(self, load: float, area: float, border: float, barrier: float) -> float:
        return (
            _LOAD * (load / self.mean - 1) ** 2
            + _SHAPE * border**2 / (4 * np.pi * max(area, 1e-9))
            + _BARRIER * barrier / self.side
        )

    def cost(self) -> float:
        parts = zip(self.load, self.area, self.border, self.barrier, strict=True)
        return float(sum(self.group_cost(*part) for part in parts))

    def sums_after(self, block: int, group: int, sign: int) -> tuple[float, float, float, float]:
        """Return load, area, border, barrier of a group with a block added (+1) or taken away (-1)."""
        graph = self.graph
        inside = sum(m for other, m in graph.shared_m[block].items() if self.label[other] == group)
        barrier = sum(m for other, m in graph.barrier_m[block].items() if self.label[other] == group)
        return (
            float(self.load[group] + sign * graph.load[block]),
            float(self.area[group] + sign * graph.area_m2[block]),
            float(self.border[group] + sign * (graph.perimeter_m[block] - 2 * inside)),
            float(self.barrier[group] + sign * barrier),
        )

    def change(self, block: int, to: int) -> float:
        """Return by how much a move changes the cost."""
        home = self.label[block]
        before = sum(
            self.group_cost(
                float(self.load[g]), float(self.area[g]), float(self.border[g]), float(self.barrier[g])
            )
            for g in (home, to)
        )
        after = self.group_cost(*self.sums_after(block, home, -1)) + self.group_cost(
            *self.sums_after(block, to, 1)
        )
        return after - before

    def move(self, block: int, to: int) -> None:
        home = self.label[block]
        for group, sums in ((home, self.sums_after(block, home, -1)), (to, self.sums_after(block, to, 1))):
            self.load[group], self.area[group], self.border[group], self.barrier[group] = sums
        self.size[home] -= 1
        self.size[to] += 1
        self.label[block] = to

    def moves(self) -> Iterator[tuple[int, int]]:
        """Yield each block at a border with each group on its other side."""
        for block, home in enumerate(self.label):
            for to in {self.label[other] for other in self.graph.shared_m[block]} - {home}:
                yield block, to

    def may_leave(self, block: int) -> bool:
        """Whether the block's group stays one connected piece without it."""
        home = self.label[block]
        if self.size[home] == 1:
            return False
        beside = [other for other in self.graph.shared_m[block] if self.label[other] == home]
        if not beside:
            return True
        seen, waiting = {block, beside[0]}, [beside[0]]
        while waiting:
            for other in self.graph.shared_m[waiting.pop()]:
                if other not in seen and self.label[other] == home:
                    seen.add(other)
                    waiting.append(other)
        return len(seen) == int(self.size[home])


def _improved(graph: BlockGraph, start: Sequence[int]) -> _State:
    state = _State(graph, start)
    best_label, best_cost = list(state.label), state.cost()
    cost, tabu = best_cost, dict[tuple[int, int], int]()
    rounds = min(max(_ROUNDS_PER_BLOCK * len(graph), _LEAST_ROUNDS), _MOST_ROUNDS)
    for now in range(rounds if state.count > 1 else 0):
        moves = sorted((state.change(block, to), block, to) for block, to in state.moves())
        for change, block, to in moves:
            better = cost + change < best_cost - 1e-9
            if (tabu.get((block, to), -1) < now or better) and state.may_leave(block):
                tabu[block, state.label[block]] = now + _TABU_ROUNDS
                state.move(block, to)
                cost += change
                break
        else:
            break
        if cost < best_cost - 1e-9:
            best_label, best_cost = list(state.label), cost
    return _State(graph, best_label)


def _joined(graph: BlockGraph, count: int) -> list[int]:
    """Join the lightest group with the neighbour that stays lightest, long borders preferred."""
    label = list(range(len(graph)))
    load = {block: float(graph.load[block]) for block in label}
    touch = [dict(own) for own in graph.shared_m]
    while len(load) > count:
        free = [group for group in load if touch[group]]
        if not free:
            break
        least = min(free, key=lambda group: (load[group], graph.area_m2[group], group))
        best = min(
            touch[least],
            key=lambda group: ((load[group] + 1e-9) / touch[least][group] ** 0.5, group),
        )
        merge(touch, least, best)
        load[best] += load.pop(least)
        label = [best if group == least else group for group in label]
    return _dense(label)


def _grown(graph: BlockGraph, count: int) -> list[int]:
    """Grow far-apart seeds, always the lightest group next, until every block is taken."""
    label = [-1] * len(graph)
    groups = 0
    for part in _parts(graph):
        # Every connected part has its share of the groups, at least one.
        share = max(1, round(count * len(part) / len(graph)))
        seeds = _far_apart(graph, part, min(share, len(part)))
        waiting = []
        for seed in seeds:
            label[seed] = groups
            waiting.append((float(graph.load[seed]), groups))
            groups += 1
        heapq.heapify(waiting)
        while waiting:
            load, group = heapq.heappop(waiting)
            rim: dict[int, float] = {}
            for block in part:
                if label[block] == group:
                    for other, length in graph.shared_m[block].items():
                        if label[other] < 0:
                            rim[other] = rim.get(other, 0.0) + length
            if rim:
                best = max(rim, key=lambda block: (rim[block] / graph.perimeter_m[block], -block))
                label[best] = group
                heapq.heappush(waiting, (load + float(graph.load[best]), group))
    return _dense(label)


def _parts(graph: BlockGraph) -> list[list[int]]:
    """Return connected parts, each in ascending order."""
    seen: set[int] = set()
    parts = []
    for first in range(len(graph)):
        if first in seen:
            continue
        reached, waiting = {first}, [first]
        while waiting:
            for other in graph.shared_m[waiting.pop()]:
                if other not in reached:
                    reached.add(other)
                    waiting.append(other)
        seen |= reached
        parts.append(sorted(reached))
    return parts


def _far_apart(graph: BlockGraph, part: Sequence[int], count: int) -> list[int]:
    """Return blocks far from each other, counted in blocks; the first is farthest from the lowest number."""
    seeds = [_steps(graph, [part[0]])[-1]]
    while len(seeds) < count:
        free = [block for block in reversed(_steps(graph, seeds)) if block not in seeds]
        seeds.append(free[0])
    return seeds


def _steps(graph: BlockGraph, starts: Iterable[int]) -> list[int]:
    """Return the blocks that can be reached, nearest first."""
    order = list(starts)
    seen = set(order)
    for block in order:  # grows while it is read
        for other in sorted(graph.shared_m[block]):
            if other not in seen:
                seen.add(other)
                order.append(other)
    return order


def _dense(label: Sequence[int]) -> list[int]:
    numbers = {group: number for number, group in enumerate(sorted(set(label)))}
    return [numbers[group] for group in label]
