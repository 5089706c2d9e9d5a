"""Learn road names from a list of addresses, before any map is known.

A name is believed where its left end is certain: at the start, behind 与, 和, a comma, a district, or
another road. Such names then find themselves everywhere else.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

_ENDING = re.compile(
    r"(?:大道|大街|路(?!口|段|[东西南北](?!路|街|大))|路(?=[东西南北])|街(?!道|坊|区|舞)|(?<![街人管])道(?!口|路|街)"
    r"|巷(?!口)|胡同|快速路|[东西南北中一二三四]环(?=[路与和、交]|$)|渠|河(?![东西南北区县市镇乡村街路道社畔湾大中小]))"
)
_LONGEST_STEM = 6
_STEM = re.compile(r"[\u4e00-\u9fff]{1,6}$")
_ZONE_END = "区市县镇乡村社处省道园城"
_TO_LAST_JOINER = re.compile(r".*[与和及至到近]")
_TO_LAST_ZONE_END = re.compile(f".*[{_ZONE_END}]")
_JOINERS = "与和及至到、,;(/-×&近"
_INNER = re.compile(r"[路街巷](?!.*环)|与|交叉口|社区|街道|办事处")
_COMMON_ROAD = re.compile(
    r"^(?:.{0,3}(?:步行|商业|美食|小吃|风情|文化步行)街|[东西南北中前后上下内外大小老新]{1,2}(?:路|道|巷|大道|河|渠)|[前后上下内外大小老新中]街"
    r"|(?:临|沿|本|该|金|主|古|老)街|国道|省道|县道|乡道|(?:快速|高架|辅|公|铁|马|道|主)路|通道|大道|大街|街道|市场.?街|步行道|人行道|[\d一二三四五六七八九十]+[路街道])$"
)
_BAD_STEM = re.compile(
    r"^(?:[东西南北中]|大|一条|该|本|这|那|沿|在|位于|马|公|铁|高速公|道|十字|小)$|^[的在沿向往场]"
)


def learn_road_names(texts: Iterable[str]) -> set[str]:
    """Return the road, canal and river names that a list of normalised addresses uses.

    Names with a certain left end in at least two addresses, or in one and nowhere else differently.

    Examples
    --------
    >>> sorted(learn_road_names(["伊河路与桐柏路交叉口", "中原区桐柏路12号", "桐柏路5号"]))
    ['伊河路', '桐柏路']
    """
    certain: Counter[str] = Counter()
    for text in texts:
        certain.update(certain_names(text))
    return learned_names(certain)


def learned_names(certain: Counter[str]) -> set[str]:
    """Return the names to believe out of those whose left end was certain, with how often each was."""
    names = {name for name, count in certain.items() if count >= (1 if len(name) > 2 else 3)}
    return {name for name in names if is_road_name(name) and not _longer_by_zone(name, certain)}


def is_road_name(name: str) -> bool:
    """Return whether a line name can stand alone: not 中路, 步行街, 商业街.

    Examples
    --------
    >>> is_road_name("中路"), is_road_name("商业步行街"), is_road_name("德化街")
    (False, False, True)
    """
    return len(name) >= 2 and not _COMMON_ROAD.match(name)


def certain_names(text: str) -> set[str]:
    """Return the line names in a normalised address whose left end is certain."""
    found: set[str] = set()
    last_end = 0
    for match in _ENDING.finditer(text):
        end = match.end()
        stem = _STEM.search(text[max(match.start() - _LONGEST_STEM, 0) : match.start()])
        if stem is None:
            last_end = end
            continue
        run = stem.group()
        start = max(match.start() - len(run), last_end)
        name = text[start:end]
        # Behind the last connective or district inside the run the name begins afresh.
        front = _TO_LAST_JOINER.match(name)
        if front and front.end() < len(name) - len(match.group()):
            start += front.end()
            name = text[start:end]
        front = _TO_LAST_ZONE_END.match(name, 1, max(len(name) - len(match.group()) - 1, 0))
        if front:
            start += front.end()
            name = text[start:end]
        bounded = start == 0 or start == last_end or text[start - 1] in _JOINERS + _ZONE_END
        stem_only = name[: len(name) - len(match.group())]
        plain = stem_only and not _INNER.search(stem_only) and not _BAD_STEM.search(stem_only)
        if bounded and plain and len(name) <= 7:
            found.add(name)
        last_end = end
    return found


def _longer_by_zone(name: str, certain: Counter[str]) -> bool:
    """Return whether a name is a commoner one with a few characters stuck in front."""
    own = certain[name]
    return any(certain[name[cut:]] > 4 * own for cut in range(1, len(name) - 2))
