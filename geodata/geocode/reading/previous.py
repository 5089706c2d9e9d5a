"""A text that only makes sense after the previous row of a list: 同上, 其东侧, 再往东100米, 对面.

Lists are typed from top to bottom, and the anchor is often written once. A text is only completed
when it has no anchor of its own, and only from the row right above it. Nothing is guessed where that
row does not say what is missing: 该小区 after a crossing stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from geodata.geocode.model import (
    Area,
    Chainage,
    Crossing,
    Frame,
    Name,
    Number,
    Offset,
    Place,
    Reading,
    Stretch,
)
from geodata.geocode.reading.evidence import PLACE_END
from geodata.geocode.reading.wording import text_of

_DIR = "东北|西北|东南|西南|东|南|西|北"
_SPOT = "(?:位置|地点|地址|地方|点位|地段|处|地)"
# The text itself points back.
_SAME = re.compile(rf"(?:同上|同前|如上|上同)(?:行|一行|述)?{_SPOT}?|(?:同一|相同){_SPOT}|[〃″]")
_ITS = re.compile(rf"(?:其|该{_SPOT}|此处|此地|上述{_SPOT}|前述{_SPOT}|以上{_SPOT})的?")
_THAT_CROSSING = re.compile(r"(?:该|此|上述|前述|同一|同上)(?:路口|交叉口)")
_THAT_LINE = re.compile(r"(?:该|此|上述|前述|同一)(?:路段|河段|道路|路|街道|街|河|渠|铁路|线路|段)")
_THAT_PLACE = re.compile(
    r"(?:该|此|上述|前述|同一)(?P<kind>小区|家属院|社区|村|学校|医院|市场|公司|工地|项目部?|广场|公园|大厦|院|店|厂|站|桥)"
)
_ON = re.compile(rf"(?:再|继续|接着|然后|又)(?=(?:向|往|朝)?(?:{_DIR}))")
# The text merely lacks an anchor: that the row above has it is an assumption.
_BESIDE = re.compile(r"(?:正|斜)?对面|斜对过|对过|隔壁|旁边|门口|门前|后面|东门|西门|南门|北门|\d{1,3}号楼")
_AWAY = re.compile(
    rf"(?:路|马路)(?:{_DIR})|(?:向|往|朝)(?:{_DIR})|(?:{_DIR})(?:侧|边|面|口|角|约?\d|约)|(?:{_DIR})$|[左右]侧|[左右]岸"
)
_SAME_ROAD = re.compile(r"(?:[甲乙丙丁新]?\d{1,5}(?:-\d{1,4})?号(?:大?院)?)(?!楼|线|桥|闸)")
_POST = re.compile(r"(?:里程)?(?:桩号)?[A-Z]{0,3}K?\d{1,4}\+\d")
_ONE_ROAD_CROSSING = re.compile(r"(?P<road>.{1,10}?[路街道巷渠河])交叉口")
_WITH = re.compile(r"(?:与|和)(?P<road>.{1,10}?[路街道巷渠河])交叉口")
_LINES = (Stretch, Number)


@dataclass(frozen=True, slots=True)
class Completed:
    """A text with the anchor of the row above put in.

    `said` tells whether the text itself points back (同上, 其, 该, 再); else the link is assumed.
    `words` says in Chinese what was taken.
    """

    text: str
    said: bool
    words: str


def needs_previous(text: str) -> bool:
    """Return whether a text may be incomplete; cheap, to be asked of every row.

    Parameters
    ----------
    text
        Normalised text.
    """
    return any(rule.cue.match(text) for rule in _RULES)


def complete(text: str, own: Reading | None, previous: Reading | None) -> Completed | None:
    """Return the text completed from the row above, or None where it must stay as it is.

    Parameters
    ----------
    text
        Normalised text of the row.
    own
        The best reading of `text` alone, None if nothing was understood.
    previous
        The best reading of the row above, completed itself if it had to be; None if it has none.

    Examples
    --------
    >>> from geodata.geocode.readings import read
    >>> from geodata.text.normalize import normalise
    >>> above = read(normalise("农业路与丰乐路交叉口向东200米路北"), [])[0]
    >>> complete("再往东100米", None, above).text
    '农业路与丰乐路交叉口向东200米路北再往东100米'
    >>> complete("农业路12号", read(normalise("农业路12号"), [])[0], above) is None
    True
    """
    if previous is None or not previous.frames:
        return None
    for rule in _RULES:
        match = rule.cue.match(text)
        if match is None:
            continue
        if rule.alone and own is not None and any(map(_anchors, own.frames)):
            continue
        found = rule.build(match, previous.frames)
        if found is not None:
            anchor, rest = found
            return Completed(anchor + rest, rule.said, f"接上一行，取“{anchor}”")
    return None


def _anchors(frame: Frame) -> bool:
    """Return whether a frame pins a place down by itself."""
    match frame:
        case Place():
            return frame.name.known or (
                bool(PLACE_END.search(frame.name.text)) and not _points(frame.name.text)
            )
        case Offset():
            return _anchors(frame.anchor)
        case Chainage():
            return frame.line is not None
        case Stretch():
            return not _points(frame.line.text)
        case Crossing():
            return not (_points(frame.first.text) or _points(frame.second.text))
        case Area():
            return True
        case _:
            return True


def _points(name: str) -> bool:
    return name.startswith(("该", "此", "其", "上述", "前述", "同一", "同上"))


_Found = tuple[str, str] | None
_Build = Callable[[re.Match[str], tuple[Frame, ...]], _Found]


def _rest(match: re.Match[str]) -> str:
    return match.string[match.end() :].lstrip(",;:的")


def _whole(match: re.Match[str], frames: tuple[Frame, ...]) -> _Found:
    return text_of(frames[0]), _rest(match)


def _onward(match: re.Match[str], frames: tuple[Frame, ...]) -> _Found:
    # a bare line or an area has no point to go on from
    if isinstance(frames[0], Stretch | Area):
        return None
    return text_of(frames[0]), match.string[match.start() :]


def _crossing(match: re.Match[str], frames: tuple[Frame, ...]) -> _Found:
    crossing = _first_crossing(frames)
    return None if crossing is None else (text_of(_plain(crossing)), _rest(match))


def _line(match: re.Match[str], frames: tuple[Frame, ...]) -> _Found:
    for frame in frames:
        if isinstance(frame, Stretch):
            return text_of(replace(frame, side=None)), _rest(match)
        if isinstance(frame, Number):
            return frame.road.text, _rest(match)
        if isinstance(frame, Chainage) and frame.line is not None:
            return frame.line.text, _rest(match)
        if isinstance(frame, Crossing | Offset):
            return None  # which of its lines?
    return None


def _place(match: re.Match[str], frames: tuple[Frame, ...]) -> _Found:
    for frame in frames:
        place = _base(frame)
        if isinstance(place, Place) and match["kind"] in place.name.text:
            return place.name.text, _rest(match)
        if isinstance(place, Crossing) and match["kind"] in (place.structure or ""):
            return text_of(_plain(place)), _rest(match)
        if isinstance(place, Number) and match["kind"] == "院":
            return text_of(place), _rest(match)
    return None


def _neighbour(match: re.Match[str], frames: tuple[Frame, ...]) -> _Found:
    base = _base(frames[0])
    if isinstance(base, Place):
        return text_of(Place(base.name)), match.string
    return (text_of(base), match.string) if isinstance(base, Number) else None


def _moved(match: re.Match[str], frames: tuple[Frame, ...]) -> _Found:
    base = _base(frames[0])
    if isinstance(base, Crossing):
        return text_of(_plain(base)), match.string
    if isinstance(base, Place):
        return text_of(replace(base, relation="at", side=None)), match.string
    return (text_of(replace(base, side=None)), match.string) if isinstance(base, _LINES) else None


def _same_road(match: re.Match[str], frames: tuple[Frame, ...]) -> _Found:
    base = _base(frames[0])
    return (base.road.text, match.string) if isinstance(base, Number) else None


def _same_line(match: re.Match[str], frames: tuple[Frame, ...]) -> _Found:
    for frame in frames:
        if isinstance(frame, Chainage) and frame.line is not None:
            return frame.line.text, match.string
    return None


def _crossing_of(match: re.Match[str], frames: tuple[Frame, ...]) -> _Found:
    crossing = _first_crossing(frames)
    if crossing is None or match["road"] not in (crossing.first.text, crossing.second.text):
        return None
    return text_of(_plain(crossing)), _rest(match)


def _with_the_road(match: re.Match[str], frames: tuple[Frame, ...]) -> _Found:
    base = _base(frames[0])
    road: Name | None = base.line if isinstance(base, Stretch) else None
    if isinstance(base, Number):
        road = base.road
    return None if road is None or road.text == match["road"] else (road.text, match.string)


def _base(frame: Frame) -> Frame:
    """Return what an offset starts from."""
    while isinstance(frame, Offset):
        frame = frame.anchor
    return frame


def _plain(crossing: Crossing) -> Crossing:
    return replace(crossing, corner=None, arm=None)


def _first_crossing(frames: tuple[Frame, ...]) -> Crossing | None:
    return next((base for base in map(_base, frames) if isinstance(base, Crossing)), None)


@dataclass(frozen=True, slots=True)
class _Rule:
    """A cue at the beginning of a text, what it takes from above, and whether it points back itself.

    `alone` says that the text must have no anchor of its own.
    """

    cue: re.Pattern[str]
    build: _Build
    said: bool
    alone: bool = True


_RULES = (
    _Rule(_THAT_CROSSING, _crossing, True),
    _Rule(_SAME, _whole, True),
    _Rule(_THAT_LINE, _line, True),
    _Rule(_THAT_PLACE, _place, True),
    _Rule(_ITS, _whole, True),
    _Rule(_ON, _onward, True),
    _Rule(_WITH, _with_the_road, False, alone=False),
    _Rule(_ONE_ROAD_CROSSING, _crossing_of, False, alone=False),
    _Rule(_BESIDE, _neighbour, False),
    _Rule(_AWAY, _moved, False),
    _Rule(_SAME_ROAD, _same_road, False),
    _Rule(_POST, _same_line, False),
)
