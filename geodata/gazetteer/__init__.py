"""The gazetteer: every name an office knows, compiled from its sources into one file."""

from geodata.gazetteer.aliases import add_alias
from geodata.gazetteer.build import build
from geodata.gazetteer.index import Gazetteer
from geodata.gazetteer.model import BuildReport

__all__ = ["BuildReport", "Gazetteer", "add_alias", "build"]
