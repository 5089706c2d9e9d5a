"""Write another name into a compiled gazetteer, without building it again."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geodata.errors import GazetteerError
from geodata.gazetteer.container import read_container, text_arrays, write_container
from geodata.gazetteer.fuzzy import fuzzy_arrays
from geodata.gazetteer.index import Gazetteer
from geodata.text.normalize import normalise


def add_alias(path: str | Path, alias: str, name: str) -> None:
    """Add another name to a gazetteer file: texts with `alias` then mean `name`.

    Raises
    ------
    GazetteerError
        If the name is not in the gazetteer, or the file cannot be read or written.
    """
    alias, name = normalise(alias).text, normalise(name).text
    if not alias or not Gazetteer.open(path).classes_of(name):
        raise GazetteerError(f"the gazetteer has no name {name!r}; an alias must point to a known name")
    file = read_container(Path(path))
    aliases = {str(key): [str(own) for own in names] for key, names in file.meta["aliases"].items()}
    aliases.setdefault(alias, [])
    if name not in aliases[alias]:
        aliases[alias].append(name)
    arrays, names = dict(file.arrays), file.texts("name")
    if alias not in names:
        arrays |= _with_name(names, alias, arrays)
    write_container(Path(path), arrays, {**file.meta, "aliases": aliases})


def _with_name(names: Sequence[str], alias: str, arrays: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
    """Insert a name in sorted order and move the ids behind it."""
    at = bisect_left(names, alias)
    every = [*names[:at], alias, *names[at:]]
    moved = {**text_arrays("name", every), **fuzzy_arrays(every)}
    for column in ("place.name", "line.name", "zone.name"):
        ids = np.asarray(arrays[column])
        moved[column] = (ids + (ids >= at)).astype(np.int32)
    return moved
