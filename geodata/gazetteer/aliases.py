"""Write another name into a compiled gazetteer, without building it again."""

from __future__ import annotations

from bisect import bisect_left
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geodata.errors import GazetteerError
from geodata.gazetteer.container import Container, read_container, write_container
from geodata.gazetteer.fuzzy import fuzzy_arrays
from geodata.gazetteer.index import Gazetteer
from geodata.gazetteer.known_names import KnownNames, class_bits, name_arrays
from geodata.text.normalize import normalise


def add_alias(path: str | Path, alias: str, name: str) -> None:
    """Add another name to a gazetteer file: texts with `alias` then mean `name`.

    Raises
    ------
    GazetteerError
        If the name is not in the gazetteer, or the file cannot be read or written.
    """
    alias, name = normalise(alias).text, normalise(name).text
    classes = Gazetteer.open(path).classes_of(name)
    if not alias or not classes:
        raise GazetteerError(
            f"the gazetteer has no name {name!r}; an alias must point to a known name",
            zh=f"地名库里没有“{name}”；别名要指向已有的地名",
        )
    file = read_container(Path(path))
    aliases = {str(key): [str(own) for own in names] for key, names in file.meta["aliases"].items()}
    # An alias of an alias stands for what that one stands for.
    behind = [name, *aliases.get(name, ())]
    aliases[alias] = list(dict.fromkeys([*aliases.get(alias, ()), *behind]))
    arrays = {**file.arrays, **_with_name(file, alias, class_bits(classes))}
    write_container(Path(path), arrays, {**file.meta, "aliases": aliases})


def _with_name(file: Container, alias: str, mask: int) -> dict[str, NDArray[Any]]:
    """Let a name be of more classes; insert it in sorted order and move the ids behind it if it is new."""
    names, masks = list(KnownNames(file)), np.array(file.arrays["name.classes"])
    at = bisect_left(names, alias)
    if names[at : at + 1] == [alias]:
        masks[at] |= mask
        return {"name.classes": masks}
    every = [*names[:at], alias, *names[at:]]
    moved = {**name_arrays(every, np.insert(masks, at, mask)), **fuzzy_arrays(every)}
    for column in ("place.name", "line.name", "zone.name"):
        ids = file.arrays[column]
        moved[column] = (ids + (ids >= at)).astype(np.int32)
    return moved
