"""Many texts over several processes: the same answers in the same order, each distinct text once.

Processes, not threads: reading a text is Python. They are forked from the one that holds the
geocoder, so the gazetteer's pages are shared and nothing is opened again.
"""

from __future__ import annotations

import multiprocessing
import multiprocessing.pool
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Protocol

from geodata.geocode.geocoder import Geocoder
from geodata.geocode.model import Location, Step, Trace

Asked = tuple[str, str | None]
# Enough texts to be worth the way to another process, few enough to spread evenly.
_BLOCK = 256

# What a forked process locates with; set in the parent just before it forks.
_shared: list[Geocoder] = []


class LocateBlocks(Protocol):
    """Locates texts (with the area each is filed under) block by block, in order."""

    def __call__(self, asked: Sequence[Asked]) -> Iterator[list[Location]]:
        """Yield the answers of each block; empty input yields nothing."""


def usable_processes() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def locating(geocoder: Geocoder, *, processes: int) -> Iterator[LocateBlocks]:
    """Give a function that locates many texts over several processes.

    Parameters
    ----------
    geocoder
        Answers are the same as its own. The steps of an answer are worked out again when they are read.
    processes
        At least 1; 1 stays in this process, and so does a system that cannot fork. Enter this before
        any other thread is started: a forked process inherits locks but not the threads that hold them.
    """
    if processes <= 1 or "fork" not in multiprocessing.get_all_start_methods():
        yield partial(_blocks, geocoder)
        return
    _shared.append(geocoder)
    try:
        with multiprocessing.get_context("fork").Pool(processes) as pool:
            yield partial(_blocks_in, pool, geocoder)
    finally:
        _shared.pop()


def _blocks(geocoder: Geocoder, asked: Sequence[Asked]) -> Iterator[list[Location]]:
    for start in range(0, len(asked), _BLOCK):
        texts, areas = zip(*asked[start : start + _BLOCK], strict=True)
        yield geocoder.locate_many(texts, areas=areas)


def _blocks_in(
    pool: multiprocessing.pool.Pool, geocoder: Geocoder, asked: Sequence[Asked]
) -> Iterator[list[Location]]:
    blocks = [asked[start : start + _BLOCK] for start in range(0, len(asked), _BLOCK)]
    for block, answers in zip(blocks, pool.imap(_locate_block, blocks), strict=True):
        yield [
            replace(answer, trace=Trace.later(partial(_steps_of, geocoder, key)))
            for key, answer in zip(block, answers, strict=True)
        ]


def _locate_block(block: Sequence[Asked]) -> list[Location]:
    """Return the answers of a block in a forked process, without their steps."""
    texts, areas = zip(*block, strict=True)
    return [replace(answer, trace=()) for answer in _shared[-1].locate_many(texts, areas=areas)]


def _steps_of(geocoder: Geocoder, asked: Asked) -> Sequence[Step]:
    return geocoder.locate(asked[0], area=asked[1]).trace
