"""Communities, grids and commands as lists name them, to codes; what is not matched is named, never guessed.

By code or name, with or without 社区; grids by number under their community (第3网格, 3网格, 三网格), by
ranges (1-5网格), by name, or all of a community (全部).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from service.people.rules import Ground

_SPLIT = re.compile(
    r"[,，、;；/|\n]+|(?<=[\u4e00-\u9fff])(?:和|及|与)(?=[\u4e00-\u9fff0-9])|(?<=\S)\s+(?=\S)"
)
_COMMUNITY_END = re.compile(r"(?:村民委员会|居民委员会|村委会|居委会|党支部|党总支|党委|社区)+$")
_GRID_END = re.compile(r"(?:号?网格|号格|格|号)$")
_RANGE = re.compile(r"第?(\d{1,4})(?:号?网格|号)?(?:-|~|—|–|至|到)第?(\d{1,4})(?:号?网格|号|格)?")
_NUMBER = re.compile(r"第?(\d{1,4})(?:号?网格|号格|号|格)?")
_ALL = frozenset(
    {"全部", "所有", "全部网格", "所有网格", "全社区", "全辖区", "全部社区", "各社区", "各网格", "整个社区"}
)
_DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_CHINESE = re.compile(r"[零〇一二两三四五六七八九十]{1,4}")
_MOST = 200
# How a list writes that there is none.
NOTHING = frozenset({"无", "/", "-", "--", "空", "暂无", "待定", "缺", "空缺", "暂缺", "无网格"})


@dataclass(frozen=True, slots=True)
class Matched:
    """Codes in the order named, and the pieces of text that name none."""

    codes: tuple[str, ...] = ()
    unmatched: tuple[str, ...] = ()


def fold(text: str) -> str:
    """Return a text in one width without blanks, dashes alike."""
    return "".join(unicodedata.normalize("NFKC", text).split()).replace("—", "-").replace("–", "-")


def _digits(text: str) -> str:
    """Return a text with its Chinese numbers up to 99 as digits: 第十二网格 is 第12网格."""

    def value(match: re.Match[str]) -> str:
        tens, found, ones = match.group().partition("十")
        if not found:
            return "".join(str(_DIGITS[char]) for char in tens)
        return str((_DIGITS.get(tens, 1) if tens else 1) * 10 + (_DIGITS.get(ones, 0) if ones else 0))

    return _CHINESE.sub(value, text)


@dataclass(frozen=True, slots=True)
class ZoneBook:
    """The zones and commands of a day, ready to be looked up; built by `zone_book`."""

    communities: Mapping[str, str]
    grids: Mapping[str, str]
    parents: Mapping[str, str]
    commands: Mapping[str, str]
    numbers: Mapping[str, Mapping[int, tuple[str, ...]]] = field(default_factory=dict)

    def find_communities(self, text: str) -> Matched:
        """Return the communities that a cell names."""
        codes: dict[str, None] = {}
        unmatched = []
        for piece in _pieces(text):
            if piece in _ALL:
                codes.update(dict.fromkeys(self.communities))
            elif code := self._community(piece):
                codes[code] = None
            else:
                unmatched.append(piece)
        return Matched(tuple(codes), tuple(unmatched))

    def _community(self, piece: str) -> str:
        if piece in self.communities:
            return piece
        stem = _COMMUNITY_END.sub("", piece) or piece
        exact = [code for code, name in self.communities.items() if _stem(name) == stem]
        if len(exact) == 1:
            return exact[0]
        # 郑州如意湖社区党支部: the one community whose name stands in the text.
        inside = [
            code for code, name in self.communities.items() if len(_stem(name)) >= 2 and _stem(name) in stem
        ]
        return inside[0] if len(inside) == 1 and not exact else ""

    def find_grids(self, text: str, communities: Sequence[str]) -> Matched:
        """Return the grids that a cell names, numbers under the row's communities."""
        codes: dict[str, None] = {}
        unmatched = []
        for piece in _pieces(text, ranges=True):
            found = self._grids(piece, communities)
            codes.update(dict.fromkeys(found))
            if not found:
                unmatched.append(piece)
        return Matched(tuple(codes), tuple(unmatched))

    def _grids(self, piece: str, communities: Sequence[str]) -> list[str]:
        if piece in self.grids:
            return [piece]
        named = [code for code, name in self.grids.items() if fold(name) == piece]
        own = [code for code in named if not communities or self.parents[code] in communities]
        if len(own) == 1:
            return own
        if piece in _ALL:
            return [code for code in self.grids if self.parents[code] in communities]
        under, rest = self._prefix(piece)
        within = [under] if under else list(communities)
        if under and rest in ("", *_ALL):
            return [code for code in self.grids if self.parents[code] == under]
        return self._numbered(_digits(rest), within)

    def _prefix(self, piece: str) -> tuple[str, str]:
        """Return the community that a grid's text begins with, and what follows it."""
        for code, name in self.communities.items():
            for start in (fold(name), _stem(name)):
                if len(start) >= 2 and piece.startswith(start):
                    return code, piece[len(start) :].removeprefix("社区").lstrip("-")
        return "", piece

    def _numbered(self, text: str, within: Sequence[str]) -> list[str]:
        wanted: Iterable[int] = ()
        if found := _RANGE.fullmatch(text):
            first, last = int(found[1]), int(found[2])
            if not 0 < first <= last or last - first >= _MOST:
                return []
            wanted = range(first, last + 1)
        elif found := _NUMBER.fullmatch(text):
            wanted = (int(found[1]),)
        codes = []
        for number in wanted:
            hits = [
                code
                for under in within or self.numbers
                for code in self.numbers.get(under, {}).get(number, ())
            ]
            # A number that several communities have is clear only under one of them; a range must be whole.
            if len(hits) != 1:
                return []
            codes += hits
        return codes

    def find_command(self, text: str) -> str:
        """Return the command that a text names, "" for none or several."""
        piece = _digits(fold(text))
        if not piece or re.search(r"\d[、,和及]第?\d", piece):
            return ""
        hits = []
        for number, (code, name) in enumerate(self.commands.items(), start=1):
            whole = _digits(fold(name))
            stated = re.match(r"第(\d{1,2})", whole)
            number = int(stated[1]) if stated else number
            head, _, rest = whole.partition("(")
            short = rest.rstrip(")")
            forms = {
                whole,
                head,
                short,
                code,
                code.casefold(),
                f"指挥部{number}",
                f"{number}部",
                f"{number}指挥部",
            }
            found = (
                piece in forms or head in piece or f"第{number}指挥部" in piece or (short and short in piece)
            )
            if found or re.search(rf"(?<!\d){number}指挥部", piece):
                hits.append(code)
        return hits[0] if len(hits) == 1 else ""


def _stem(name: str) -> str:
    folded = fold(name)
    return _COMMUNITY_END.sub("", folded) or folded


def _pieces(text: str, *, ranges: bool = False) -> list[str]:
    """Return the names in a cell. In 1、2、3网格 and 甲社区1、2网格 a number stands for a grid of its own."""
    plain = unicodedata.normalize("NFKC", text)
    if ranges:
        plain = re.sub(r"\s*(-|~|—|–|至|到)\s*", r"\1", plain)
    pieces = [fold(piece) for piece in _SPLIT.split(plain)]
    bare = [piece.strip("()。.:：") for piece in pieces]
    return [piece for piece in bare if piece and piece not in NOTHING]


def zone_book(rows: Iterable[Mapping[str, Any] | Any], ground: Ground) -> ZoneBook:
    """Return the book of the zones in force (rows of `zones_in_force`) and the commands.

    A grid's number is the one its name ends with (第3网格), else its place among its community's codes,
    which end with it.
    """
    listed = [dict(row) for row in rows]
    parents = {row["code"]: row["parent_code"] or "" for row in listed if row["level"] == "grid"}
    numbers: dict[str, dict[int, list[str]]] = {}
    for code, parent in parents.items():
        for number in _numbers_of(code, ground.zones["grid"][code], parent):
            numbers.setdefault(parent, {}).setdefault(number, []).append(code)
    return ZoneBook(
        communities=ground.zones["community"], grids=ground.zones["grid"], parents=parents, commands=ground.commands,
        numbers={parent: {n: tuple(codes) for n, codes in own.items()} for parent, own in numbers.items()},
    )  # fmt: skip


def _numbers_of(code: str, name: str, parent: str) -> set[int]:
    found = set()
    written = re.search(r"(\d{1,4})$", _GRID_END.sub("", _digits(fold(name))))
    if written:
        found.add(int(written[1]))
    tail = code.removeprefix(parent).lstrip("-_.") if parent and code.startswith(parent) else ""
    if tail.isascii() and tail.isdigit() and len(tail) <= 4:
        found.add(int(tail))
    return found
