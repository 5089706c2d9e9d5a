"""Landmarks named inside addresses and branch names: estates, plazas, markets, gates."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

import ahocorasick
import numpy as np
from numpy.typing import NDArray

from geodata.gazetteer.clusters import link_groups, medians, robust_centres
from geodata.gazetteer.model import PlaceRow

_NOISE = re.compile(
    r"[A-Za-z]?\d+(?:[-~至、,]\d+)*(?:号院|号楼|号|楼|层|栋|幢|座|单元|室|商铺|铺|间|米|公里|F|f)?(?:附近|院)?"
    r"|[向往]?[东西南北]{1,2}(?:侧|边|面)?\d*(?:-\d+)?米|交叉口|[东西南北]{2}角|路[东西南北](?![\u4e00-\u9fff]?[路街])"
    r"|[^\u4e00-\u9fff·A-Za-z]"
)
_LEADING = re.compile(
    r"^(?:与|和|及|的|在|位于|近|内|旁|向|往|号|院|附|第|处|侧|边|约|步行|之间)+"
    r"|^(?:(?:河南省|郑州市)?[\u4e00-\u9fff]{1,4}(?:新区|开发区|实验区|港区|区|市|县|镇|乡|街道办事处|街道|办事处|办))(?=[\u4e00-\u9fff]{2,})"
)
_TRAILING = re.compile(
    r"(?:附近|对面|斜对面|旁边|旁|门口|院内|里面|内|外|楼下|底商|商铺|门面房|门面|临街|一楼|二楼|三楼|四楼|五楼|负一楼|一层|二层|三层"
    r"|[东西南北]{1,2}(?:侧|边|面)|商业街|步行街|沿街|路口|以[东西南北]|往[东西南北]|向[东西南北]|[东西南北]|附|第|号)+$"
)
_NAMED = re.compile(
    r"^.{2,10}?(?:小区|花园|花苑|家园|广场|大厦|国际城|国际|公寓|社区|新村|家属院|商业中心|购物中心|中心|大学|学院|中学|小学|学校|医院|公园"
    r"|市场|商城|商场|酒店|宾馆|地铁站|火车站|高铁站|汽车站|车站|产业园|科技园|工业园|园区|嘉园|雅苑|佳苑|名都|华府|豪庭|新城|新居|安置区|城(?!区|市|乡|关)|苑|府(?!路)|湾|村)"
)
# A phrase found in this many unconnected spots is a common noun (农贸市场), not a name.
_MOST_SPOTS = 6
_SAME_SPOT_M = 700.0
# Two characters, or a loose connective at an end, name nothing.
_NAME = re.compile(r"^(?![与和及的至到在于近])\S{3,}(?<![与和及的至到在于近])$")
# Behind these a new name begins; any other Chinese character in front belongs to the phrase.
_GLUED = re.compile(
    r"(?![路街道巷区市县镇乡村社处省与和及至到的在号院口侧边旁角米内外近面楼层东西南北])[\u4e00-\u9fff]"
)
_COMMON = re.compile(r"^(?:总店|旗舰店|郑州|河南|.{0,3}区|.{0,2}街道|.{0,3}分|直营|加盟|.*[路街])$")


def phrases_of(text: str, road_names: Iterable[tuple[int, int]]) -> set[str]:
    """Return the phrases of a normalised address that may name a landmark.

    Parameters
    ----------
    road_names
        Half-open ranges of road names in the text, which are taken out.
    """
    masked = list(text)
    for start, end in road_names:
        masked[start:end] = " " * (end - start)
    found: set[str] = set()
    for chunk in _NOISE.sub(" ", "".join(masked)).split():
        phrase = chunk
        for _ in range(3):
            phrase = _LEADING.sub("", phrase)
        named = _NAMED.match(phrase)
        if named and len(named.group()) >= 3:
            found.add(named.group())
        phrase = _TRAILING.sub("", phrase)
        if 3 <= len(phrase) <= 14:
            found.add(phrase)
    return found


def common_nouns(texts: Sequence[str], phrases: Iterable[str], *, least: int = 3) -> set[str]:
    """Return the phrases that are endings of longer names (商业广场, 停车场) rather than names.

    Parameters
    ----------
    texts
        Normalised addresses.
    least
        A phrase glued to at least so many different characters in front is a common noun.

    Examples
    --------
    >>> common_nouns(["甲商业广场", "乙商业广场", "丙商业广场", "丁路正弘汇"], ["商业广场", "正弘汇"])
    {'商业广场'}
    """
    automaton = ahocorasick.Automaton()
    for phrase in set(phrases):
        automaton.add_word(phrase, phrase)
    if not len(automaton):
        return set()
    automaton.make_automaton()
    before: dict[str, set[str]] = defaultdict(set)
    for text in texts:
        for end, phrase in automaton.iter(text):
            glue = end - len(phrase)
            if glue >= 0 and _GLUED.match(text, glue):
                # Two characters tell 甲小区 from 乙小区 even where the last one is shared.
                before[phrase].add(text[max(glue - 1, 0) : glue + 1])
    return {phrase for phrase, glued in before.items() if len(glued) >= least}


def branch_of(name: str) -> tuple[str, str]:
    """Return the brand and the branch's own place of a shop name: 解家河南菜(碧沙岗店).

    Examples
    --------
    >>> branch_of("解家河南菜(碧沙岗店)")
    ('解家河南菜', '碧沙岗')
    """
    match = re.fullmatch(r"(.+?)\((.+?)(?:总店|旗舰店|分店|店)?\)", name)
    if match is None:
        return name, ""
    place = match.group(2)
    return match.group(1), "" if _COMMON.match(place) else place


def merge_landmarks(
    seen: Sequence[tuple[str, float, float, float]], *, taken: set[str]
) -> tuple[list[PlaceRow], int]:
    """Return one landmark per phrase and spot, and how many phrases were too common to be names.

    Parameters
    ----------
    seen
        Phrase, x, y, 1-sigma radius of each mention.
    taken
        Names that are lines already.
    """
    by_phrase: dict[str, list[tuple[float, float, float]]] = defaultdict(list)
    for phrase, x, y, sigma in seen:
        by_phrase[phrase].append((x, y, sigma))
    phrases = sorted(phrase for phrase in by_phrase if phrase not in taken and _NAME.match(phrase))
    if not phrases:
        return [], 0
    mentions = np.array([mention for phrase in phrases for mention in by_phrase[phrase]])
    starts = np.cumsum([0, *(len(by_phrase[phrase]) for phrase in phrases)])
    order, spots = link_groups(mentions[:, :2], starts, _SAME_SPOT_M)
    mentions = mentions[order]
    phrase_of = np.searchsorted(starts, order[spots[:-1]], side="right") - 1
    centres, radii = robust_centres(mentions[:, :2], mentions[:, 2], spots)
    sigma_m = np.maximum(np.maximum(radii, _sizes(mentions[:, :2], centres, spots)), 40.0)
    common = np.bincount(phrase_of, minlength=len(phrases)) > _MOST_SPOTS
    kept = np.flatnonzero(~common[phrase_of])
    support = np.diff(spots)[kept].tolist()
    columns = (phrase_of[kept].tolist(), centres[kept].tolist(), sigma_m[kept].tolist(), support)
    rows = [
        PlaceRow(phrases[phrase], "", x, y, sigma, count, "landmark")
        for phrase, (x, y), sigma, count in zip(*columns, strict=True)
    ]
    return rows, int(common.sum())


def _sizes(
    xy: NDArray[np.float64], centres: NDArray[np.float64], spots: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return how far the mentions of each landmark lie from its centre: its own size."""
    count = np.diff(spots)
    away = np.hypot(*(xy - np.repeat(centres, count, axis=0)).T)
    return np.where(count == 1, 80.0, medians(away, spots) / 1.18 + 20.0 / count)
