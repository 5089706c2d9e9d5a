"""From a location text to a place on the map.

`Geocoder` is resolved on first use: the gazetteer's mining reads addresses with this package's
grammar, so importing the vocabulary must not import the gazetteer back. Between modules (not
packages) there is no cycle.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from geodata.geocode.geocoder import Geocoder as Geocoder
    from geodata.geocode.trace import trace_json as trace_json

__all__ = ["Geocoder", "trace_json"]


def __getattr__(name: str) -> Any:
    if name == "Geocoder":
        from geodata.geocode.geocoder import Geocoder

        return Geocoder
    if name == "trace_json":
        from geodata.geocode.trace import trace_json

        return trace_json
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
