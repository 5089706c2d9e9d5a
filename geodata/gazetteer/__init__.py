"""The gazetteer: every name an office knows, compiled from its sources into one file.

The names below are resolved on first use: who only opens a compiled file need not wait for what
reads the sources (pandas, osmium, GDAL).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from geodata.gazetteer.aliases import add_alias as add_alias
    from geodata.gazetteer.building import build as build
    from geodata.gazetteer.index import Gazetteer as Gazetteer
    from geodata.gazetteer.model import BuildReport as BuildReport

__all__ = ["BuildReport", "Gazetteer", "add_alias", "build"]

_HOME = {"BuildReport": "model", "Gazetteer": "index", "add_alias": "aliases", "build": "building"}


def __getattr__(name: str) -> Any:
    if name in _HOME:
        found = globals()[name] = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
        return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
