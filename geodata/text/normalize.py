"""Location text to one spelling, every character knowing where it came from.

Full width, traditional characters, dashes, brackets, numerals that count, unit words and the many
words for 交叉口 become one form each. Nothing is guessed here: names are left as they are written.
Gazetteer names must go through the same function before they are looked for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from geodata.text.characters import PLAIN
from geodata.text.numerals import NUMERAL, number_of
from geodata.text.spans import Span

MAX_CHARS = 500
"""How many normalised characters of a text are read; no location description needs more."""

_MAX_RAW = 4 * MAX_CHARS
_PLACES = list(range(_MAX_RAW))

_NUMBER_WORD = f"[{NUMERAL}][{NUMERAL}点]{{0,8}}"
_COUNTED = (
    "米|公里|千米|号|楼|层|栋|幢|座|单元|期|组|排|室|户|弄|标段|平方米|余米|多米|来米|余号|公分"
    "|国道|省道|县道|乡道|路公交|公尺|[mM](?![A-Za-z0-9])|[kK][mM](?![A-Za-z0-9])"
)
_REWRITE = re.compile(
    "|".join(
        (
            # 1. 2、 (3) 一、 before a place begin another item of a list
            r"(?P<item>(?<![\d.+A-Za-z])\d{1,2}\.(?=[\u4e00-\u9fff])|(?:(?<=[;,])|^)(?:\d{1,2}|[一二三四五六七八九十]{1,3})、(?=[\u4e00-\u9fff])"
            r"|\((?:\d{1,2}|[一二三四五六七八九十]{1,3})\)(?=[\u4e00-\u9fff])(?!号|米|层|楼|期|路|街|巷))",
            r"(?P<near>(?P<near_low>[一二三四五六七八])(?P<near_high>[二三四五六七八九])(?P<near_power>[十百千])多?(?=米|公尺|[mM](?![A-Za-z0-9])))",
            r"(?P<vague>(?:几|数|好几)(?P<vague_power>[十百千])|上百|(?P<some>[一二三四五六七八九]?[十百])(?:几|多|余)|百(?:多|余|十))(?=米|公尺|[mM](?![A-Za-z0-9]))",
            rf"(?P<half>(?:\d{{1,6}}|{_NUMBER_WORD})公里半)",
            rf"(?P<li>(?<![\u4e00-\u9fff])(?:\d{{1,5}}(?:\.\d{{1,3}})?|{_NUMBER_WORD})里(?=地|处|左右|远|$|[,;)])"
            rf"|(?<=[约距北南东西行走])(?:\d{{1,5}}(?:\.\d{{1,3}})?|{_NUMBER_WORD})里(?=地|处|左右|远|路[东西南北]|$|[,;)]))",
            rf"(?P<count>{_NUMBER_WORD})(?={_COUNTED})",
            r"(?P<metre>公尺|(?<=[\d零一二三四五六七八九十百千两])\s*[mM](?![A-Za-z0-9])|(?<=\d)[mM](?=\d{1,4}号))",
            r"(?P<kilometre>(?<=[\d一二三四五六七八九十百两半])\s*(?:千米|[kK][mM](?![A-Za-z0-9])))",
            r"(?P<inter>(?<!公)(?:交叉路口|交汇路口|交会路口|十字交叉口?|丁字交叉口?|十字路口|丁字路口|三岔路口|三叉路口|三岔口|三叉口|丁字口|十字口|交义口|交岔口|交差口"
            r"|交叉口|交汇口|交会口|交叉点|交汇点|交会点|交叉处|交汇处|交会处|交界处|交界口|交接处|相交处|汇合处|交口"
            r"|交会|交汇|相交|交界|交叉路(?!口)|(?<=[路街道])路口|(?<=[路街道])十字(?=[东西南北向往,;)]|$))处?)",
        )
    )
)
_POWERS = frozenset("十百千点")
_ASCII_GAP = re.compile(r"[A-Za-z0-9] +[A-Za-z0-9]")


@dataclass(frozen=True, slots=True)
class NormalText:
    """A text in one spelling.

    `offsets[i]` and `ends[i]` are the half-open range of the original characters that the i-th
    character of `text` came from. `original` is what was written; `cut` says that only its
    beginning was read.
    """

    text: str
    offsets: tuple[int, ...]
    ends: tuple[int, ...]
    original: str
    cut: bool = False

    def span(self, start: int, end: int) -> Span:
        """Return the range of original characters behind `text[start:end]`.

        Parameters
        ----------
        start, end
            Half-open range in `text`; an empty range gives an empty span.
        """
        if start >= end or not self.offsets:
            at = self.offsets[start] if 0 <= start < len(self.offsets) else len(self.original)
            return Span(at, at)
        return Span(self.offsets[start], max(self.ends[start], self.ends[end - 1]))


def normalise(text: str) -> NormalText:
    """Return the text in one spelling, with offsets to the original.

    Parameters
    ----------
    text
        Any text. At most `MAX_CHARS` characters of the result are kept; `NormalText.cut` says so.

    Examples
    --------
    >>> normalise("興華北街 與伊河路 交匯處向西二十公尺").text
    '兴华北街与伊河路交叉口向西20米'
    >>> normalise("第十七大街").text
    '第十七大街'
    """
    read = text[:_MAX_RAW]
    # nearly every text is written plainly: then every character stands where it stood
    plain = read.translate(PLAIN)
    offsets = _PLACES[: len(plain)]
    if plain != read and not _one_to_one(read):
        offsets = [at for at, char in enumerate(read) for _ in PLAIN[ord(char)]]
    if " " in plain:
        plain, offsets = _without_gaps(plain, offsets)
    return _rewrite(text, plain, offsets)


def _one_to_one(text: str) -> bool:
    return all(len(PLAIN[ord(char)]) == 1 for char in text)


def _without_gaps(plain: str, offsets: list[int]) -> tuple[str, list[int]]:
    """Drop spaces; between two words or figures in Latin letters one stays."""
    kept = [
        at
        for at, char in enumerate(plain)
        if char != " " or (plain[at - 1 : at] != " " and _ASCII_GAP.match(plain, max(at - 1, 0)) is not None)
    ]
    return "".join([plain[at] for at in kept]), [offsets[at] for at in kept]


def _rewrite(original: str, plain: str, offsets: list[int]) -> NormalText:
    """Apply the rewriting rules once from left to right, keeping the offsets."""
    cut = len(original) > _MAX_RAW
    ends = [at + 1 for at in offsets]
    parts: list[str] = []
    new_offsets: list[int] = []
    new_ends: list[int] = []
    position = 0
    for match in _REWRITE.finditer(plain):
        replacement = _replacement(match)
        start, end = match.span()
        if replacement is None or start == end:
            continue
        parts += (plain[position:start], replacement)
        new_offsets += offsets[position:start]
        new_ends += ends[position:start]
        if replacement:
            # every new character stands for the whole of what it replaced
            new_offsets += [offsets[start]] * len(replacement)
            new_ends += [ends[end - 1]] * len(replacement)
        position = end
    parts.append(plain[position:])
    new_offsets += offsets[position:]
    new_ends += ends[position:]
    result = "".join(parts)
    cut = cut or len(result) > MAX_CHARS
    return NormalText(
        result[:MAX_CHARS], tuple(new_offsets[:MAX_CHARS]), tuple(new_ends[:MAX_CHARS]), original, cut
    )


def _replacement(match: re.Match[str]) -> str | None:
    """Return what a match becomes, or None to leave it."""
    kind = match.lastgroup or ""
    word = match[0]
    if match["vague"]:
        return _vague(match)
    if match["item"]:
        return ";"
    if match["near"]:
        return _neighbours(match)
    if kind == "metre":
        return "米"
    if kind == "kilometre":
        return "公里"
    if kind == "inter":
        return "交叉口"
    if kind == "half":
        number = _digits(word[:-3])
        return None if number is None else f"{number}.5公里"
    if kind == "li":
        number = _digits(word[:-1])
        # one 里 is half a kilometre
        return None if number is None else f"{float(number) * 500:.0f}米"
    if len(word) > 1 and not _POWERS.intersection(word) and match.string.startswith("米", match.end()):
        return None  # nobody walks 二七米: 二七 + 米房
    return number_of(word)


def _neighbours(match: re.Match[str]) -> str | None:
    """Return 五六十 as 50-60; None where the figures do not follow each other."""
    low, high = number_of(match["near_low"]), number_of(match["near_high"])
    unit = {"十": 10, "百": 100, "千": 1000}[match["near_power"]]
    if low is None or high is None or int(high) != int(low) + 1:
        return None
    return f"{int(low) * unit}-{int(high) * unit}"


def _digits(word: str) -> str | None:
    return word if word[0].isdigit() else number_of(word)


def _vague(match: re.Match[str]) -> str:
    """Return 几十 as 20-90, 上百 and 百余 as 100-200, 二十多 as 20-30."""
    power = {"十": 10, "百": 100, "千": 1000}
    if match["vague_power"]:
        unit = power[match["vague_power"]]
        return f"{2 * unit}-{9 * unit}"
    if match["some"]:
        unit = power[match["some"][-1]]
        base = int(
            number_of(match["some"] if len(match["some"]) > 1 or unit == 10 else "一" + match["some"]) or unit
        )
        return f"{base}-{base + unit}"
    return "100-200"
