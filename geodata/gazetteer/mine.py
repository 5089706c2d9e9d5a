"""Mining placeholder."""

from __future__ import annotations
from collections.abc import Sequence
from geodata.gazetteer.model import Contents
from geodata.gazetteer.tables import PlaceTable


def mine(contents: Contents, tables: Sequence[PlaceTable]) -> None:
    """Mine."""
