"""The national table of provinces, cities and counties with their seats: which zone, which city.

Positions are rounded to 0.01 degree: good for choosing a coordinate system or the first look of a map,
not for finding anything.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

# 郑州 for 郑州市; a county's ending is part of its name (金水 alone is no district).
_CITY_ENDING = re.compile(r"(?:市|地区|盟|[^区县]{2,12}?自治州)$")
# The municipalities are provinces and cities at once.
_MUNICIPALITIES = ("11", "12", "31", "50")


@dataclass(frozen=True, slots=True)
class Division:
    """A province, city or county: six-digit code, name, seat in WGS84 degrees."""

    code: str
    name: str
    lon: float
    lat: float

    @property
    def is_city(self) -> bool:
        """Return whether it is a prefecture-level city, or a municipality."""
        if self.code.endswith("0000"):
            return self.code[:2] in _MUNICIPALITIES
        return self.code.endswith("00")


@lru_cache(maxsize=1)
def divisions() -> Mapping[str, tuple[Division, ...]]:
    """Return the divisions of each name."""
    found: dict[str, list[Division]] = {}
    source = files("geodata").joinpath("reference/divisions.csv")
    with source.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            division = Division(row["code"], row["name"], float(row["lon"]), float(row["lat"]))
            found.setdefault(division.name, []).append(division)
    return {name: tuple(own) for name, own in found.items()}


def cities() -> list[Division]:
    """Return the prefecture-level cities and the municipalities, in the order of their codes."""
    return sorted(
        (one for own in divisions().values() for one in own if one.is_city), key=lambda one: one.code
    )


@lru_cache(maxsize=1)
def _by_short_name() -> Mapping[str, tuple[Division, ...]]:
    found: dict[str, list[Division]] = {}
    for city in cities():
        found.setdefault(_CITY_ENDING.sub("", city.name) or city.name, []).append(city)
    return {name: tuple(own) for name, own in found.items()}


def seats_of(words: str) -> list[Division]:
    """Return the cities or counties that words name, cities before counties; none if nobody has the name.

    Parameters
    ----------
    words
        `郑州市`, `郑州`, `金水区`, `郑州市金水区`, `河南省郑州市`: of a county whose name several have, the
        city before it says which.

    Examples
    --------
    >>> [one.code for one in seats_of("郑州")], [one.code for one in seats_of("河南省郑州市金水区")]
    (['410100'], ['410105'])
    >>> len(seats_of("鼓楼区")) > 1
    True
    """
    text = re.sub(r"\s", "", words)
    whole = [*divisions().get(text, ()), *_by_short_name().get(text, ())]
    if whole:
        distinct = sorted(set(whole), key=lambda one: (not one.is_city, one.code))
        cities_only = [one for one in distinct if one.is_city]
        return cities_only or [one for one in distinct if not one.code.endswith("0000")]
    for cut in range(len(text) - 1, 1, -1):
        above = [*divisions().get(text[:cut], ()), *_by_short_name().get(text[:cut], ())]
        if above:
            stems = tuple({_stem(one.code) for one in above})
            return [one for one in seats_of(text[cut:]) if one.code.startswith(stems)]
    return []


def full_name(division: Division) -> str:
    """Return a county's name after its city's: 福州市鼓楼区.

    Examples
    --------
    >>> full_name(seats_of("郑州市金水区")[0])
    '郑州市金水区'
    """
    above = next(
        (
            city.name
            for city in cities()
            if city.code != division.code and _stem(city.code) == division.code[: len(_stem(city.code))]
        ),
        "",
    )
    return above + division.name


def _stem(code: str) -> str:
    """Return how the codes of everything below a division begin."""
    return code[:2] if code.endswith("0000") else code[:4] if code.endswith("00") else code
