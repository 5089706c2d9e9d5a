"""Confidence tables as text: read, checked, written; and the shipped one.

A table is CSV that people can review: comment lines `# name: words` say where it comes from, then one
row per term with four numbers, the log-odds it adds within 50, 100, 200 and 500 m. `constant` is the
level, `method` rows are known by name, the other rows give a figure's curve at its knots.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from itertools import pairwise
from math import isfinite
from typing import NoReturn

from geodata.errors import CalibrationError
from geodata.gazetteer.index import Gazetteer
from geodata.geocode.curves import CURVES, Calibration, Row

# How errors name a table that a gazetteer holds.
OWN = "of the gazetteer (qingtu gazetteer calibrate --shipped removes it)"
_HEADER = "term,at,within_50,within_100,within_200,within_500"
_COLUMNS = 6
# No honest term moves the odds further: a larger number is a slip or damage.
_MOST_LOG_ODDS = 30.0


def format_table(calibration: Calibration) -> str:
    """Return a calibration as the text of a table."""
    lines = [f"# {name}: {' '.join(words.split())}" for name, words in calibration.about.items()]
    lines += [_HEADER, _line("constant", "", calibration.constant)]
    lines += [_line("method", name, row) for name, row in sorted(calibration.methods.items())]
    for figure, (knots, _) in CURVES.items():
        heights = calibration.curves[figure]
        lines += [_line(figure, f"{knot:g}", row) for knot, row in zip(knots, heights, strict=True)]
    return "\n".join(lines) + "\n"


def _line(term: str, at: str, row: Row) -> str:
    return ",".join([term, at, *(f"{value:.4f}" for value in row)])


def parse_table(text: str, *, name: str) -> Calibration:
    """Return the calibration of a table's text.

    Parameters
    ----------
    name
        How an error names the table.

    Raises
    ------
    CalibrationError
        If a line cannot be read, a term is unknown, missing or doubled, a number is no log-odds, or a
        curve bends against its meaning; the line and what is accepted are named.
    """
    about: dict[str, str] = {}
    rows: dict[tuple[str, str], Row] = {}
    header = False
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith("#"):
            key, _, words = line[1:].partition(":")
            about[key.strip()] = words.strip()
        elif not header and line.strip():
            header = line.strip() == _HEADER
            if not header:
                _refuse(name, number, f"the header must be {_HEADER}")
        elif line.strip():
            key_of, row = _read(line, name, number)
            if key_of in rows:
                _refuse(name, number, f"{key_of[0]} {key_of[1]} appears twice")
            rows[key_of] = row
    return _assembled(rows, about, name)


def _read(line: str, name: str, number: int) -> tuple[tuple[str, str], Row]:
    cells = line.split(",")
    if len(cells) != _COLUMNS:
        _refuse(name, number, f"{len(cells)} columns, {_COLUMNS} are expected")
    term, at = cells[0].strip(), cells[1].strip()
    if term not in ("constant", "method", *CURVES):
        _refuse(name, number, f"unknown term {term!r}")
    try:
        a, b, c, d = (float(cell) for cell in cells[2:])
    except ValueError:
        _refuse(name, number, f"{','.join(cells[2:])} are not four numbers")
    if not all(isfinite(value) and abs(value) <= _MOST_LOG_ODDS for value in (a, b, c, d)):
        _refuse(name, number, f"log-odds must lie within -{_MOST_LOG_ODDS:g} and {_MOST_LOG_ODDS:g}")
    return (term, at), (a, b, c, d)


def _assembled(rows: dict[tuple[str, str], Row], about: dict[str, str], name: str) -> Calibration:
    wanted = [("constant", "")]
    wanted += [(figure, f"{knot:g}") for figure, (knots, _) in CURVES.items() for knot in knots]
    missing = [" ".join(key).strip() for key in wanted if key not in rows]
    methods = {at: row for (term, at), row in rows.items() if term == "method"}
    extra = [" ".join(key) for key in rows if key[0] != "method" and key not in wanted]
    if missing or extra:
        faults = [f"missing {', '.join(missing)}"] if missing else []
        faults += [f"unknown {', '.join(extra)}"] if extra else []
        raise CalibrationError(f"the confidence table {name} is damaged: {'; '.join(faults)}")
    curves = {
        figure: tuple(rows[figure, f"{knot:g}"] for knot in knots) for figure, (knots, _) in CURVES.items()
    }
    for figure, heights in curves.items():
        sign = CURVES[figure][1]
        for low, high in pairwise(heights):
            if any(sign * (b - a) < 0 for a, b in zip(low, high, strict=True)):
                way = "fall" if sign > 0 else "rise"
                raise CalibrationError(
                    f"the confidence table {name} is damaged: the curve of {figure} must not {way}"
                )
    return Calibration(rows["constant", ""], methods, curves, about)


def _refuse(name: str, line: int, words: str) -> NoReturn:
    raise CalibrationError(f"the confidence table {name} is damaged in line {line}: {words}")


def calibration_of(gazetteer: Gazetteer) -> Calibration:
    """Return the model in force with a gazetteer: the office's own if it holds one, else the shipped.

    Raises
    ------
    CalibrationError
        If the gazetteer's table is damaged.
    """
    if gazetteer.confidence is None:
        return shipped()
    return parse_table(gazetteer.confidence, name=OWN)


@lru_cache(maxsize=1)
def shipped() -> Calibration:
    """Return the shipped model, read when the first geocoder asks for it."""
    text = files("geodata").joinpath("reference/confidence.csv").read_text(encoding="utf-8")
    return parse_table(text, name="reference/confidence.csv")
