"""Frames back to location texts in one plain wording, so that the next text can go on from them.

Not for people to read (that is `evidence.describe`): reading the wording again gives the frame.
"""

from __future__ import annotations

from geodata.geocode.model import (
    SIDE_WORDS,
    Area,
    Between,
    Block,
    Chainage,
    Crossing,
    Frame,
    Name,
    Number,
    Offset,
    Place,
    Side,
    Stretch,
)

_RELATIONS = {
    "at": "", "inside": "内", "opposite": "对面", "beside": "旁边", "near": "附近", "front": "门口",
    "behind": "后面", "under": "下面",
}  # fmt: skip
_SIDES: dict[Side, str] = {"both": "两侧", "left": "左侧", "right": "右侧"}
_ROAD_SIDES: dict[Side, str] = {**_SIDES, "middle": "路中"}


def text_of(frame: Frame) -> str:
    """Return a location text that says what a frame says.

    Parameters
    ----------
    frame
        What was read.

    Examples
    --------
    >>> from geodata.geocode.readings import read
    >>> from geodata.text.normalize import normalise
    >>> frame = read(normalise("农业路 丰乐路—天明路段南半幅"), [])[0].frames[0]
    >>> text_of(frame)
    '农业路(丰乐路至天明路)南侧'
    """
    match frame:
        case Place():
            return _place(frame)
        case Number():
            return f"{frame.road.text}{_side(frame.side)}{_house(frame)}"
        case Crossing():
            corner = f"{SIDE_WORDS[frame.corner]}角" if frame.corner else ""
            arm = f"{SIDE_WORDS[frame.arm]}口" if frame.arm else ""
            return f"{frame.first.text}与{frame.second.text}交叉口{corner}{arm}{frame.structure or ''}"
        case Offset():
            return _offset(frame)
        case Stretch():
            return _stretch(frame)
        case Chainage():
            return _chainage(frame)
        case Block():
            if all(bound.side == "middle" for bound in frame.bounds):
                return "、".join(bound.line.text for bound in frame.bounds) + "围合区域"
            return "、".join(f"{bound.line.text}以{SIDE_WORDS[bound.side]}" for bound in frame.bounds)
        case Between():
            return f"{text_of(frame.start)}与{text_of(frame.end)}之间"
        case Area():
            return frame.name.text


def _side(side: Side | None) -> str:
    if side is None:
        return ""
    return _SIDES.get(side) or f"{SIDE_WORDS[side]}侧"


def _place(frame: Place) -> str:
    whole = frame.name.text + (frame.part or "")
    if frame.side is not None and frame.relation == "at":
        return f"{whole}{SIDE_WORDS[frame.side]}角"
    if frame.side is not None and frame.relation == "beside":
        return whole + _side(frame.side)
    return whole + _side(frame.side) + _RELATIONS[frame.relation]


def _house(frame: Number) -> str:
    front, rest = "", []
    for part in (frame.sub or "").split("-"):
        if part in ("甲", "乙", "丙", "丁", "新"):
            front = part
        elif part:
            rest.append(part)
    attached = "".join(part for part in rest if part.startswith("附"))
    plain = "".join(f"-{part}" for part in rest if not part.startswith("附"))
    return f"{front}{frame.number}{plain}号{attached}{'号' if attached else ''}"


def _offset(frame: Offset) -> str:
    metres = (
        "" if frame.distance_m is None else "-".join(map(_figure, dict.fromkeys(frame.distance_m))) + "米"
    )
    if frame.bearing == "both":
        return text_of(frame.anchor) + metres + _road_side(frame.side)
    toward = SIDE_WORDS[frame.bearing] + metres + _road_side(frame.side)
    line = frame.anchor.line if isinstance(frame.anchor, Stretch) else None
    if frame.along is not None and line is not None and line.text == frame.along.text:
        return f"沿{frame.along.text}向{toward}"
    if frame.along is not None:
        return f"{text_of(frame.anchor)}沿{frame.along.text}向{toward}"
    return f"{text_of(frame.anchor)}{'以' if line is not None else '向'}{toward}"


def _road_side(side: Side | None) -> str:
    if side is None:
        return ""
    return _ROAD_SIDES.get(side) or f"路{SIDE_WORDS[side]}"


def _figure(metres: float) -> str:
    return f"{metres:.3f}".rstrip("0").rstrip(".")


def _stretch(frame: Stretch) -> str:
    ends = ""
    if isinstance(frame.start, Number) and isinstance(frame.end, Number):
        ends = f"{_house(frame.start)}至{_house(frame.end)}"
    elif frame.start is not None and frame.end is not None:
        ends = f"({_end(frame.start, frame.line)}至{_end(frame.end, frame.line)})"
    elif frame.end is not None:
        # where it begins is open; any direction reads so
        ends = f"向东至{_end(frame.end, frame.line)}"
    extent = ""
    if frame.extent is not None and frame.extent != "whole":
        extent = f"{'中' if frame.extent == 'middle' else SIDE_WORDS[frame.extent]}段"
    return frame.line.text + ends + extent + _side(frame.side)


def _end(frame: Frame, line: Name) -> str:
    """Return an end of a stretch, without the line it lies on."""
    if isinstance(frame, Crossing) and line.text in (frame.first.text, frame.second.text):
        return frame.second.text if frame.first.text == line.text else frame.first.text
    if isinstance(frame, Offset) and frame.bearing != "both":
        metres = "侧" if frame.distance_m is None else f"{_figure(frame.distance_m[0])}米"
        return _end(frame.anchor, line) + SIDE_WORDS[frame.bearing] + metres
    return text_of(frame)


def _chainage(frame: Chainage) -> str:
    line = frame.line.text if frame.line is not None else ""
    post = _post(frame.prefix, frame.start_m)
    far = "" if frame.end_m is None else f"~{_post(frame.prefix, frame.end_m)}"
    return f"{line}{'' if frame.prefix else '桩号'}{post}{far}{_side(frame.side)}"


def _post(prefix: str, metres: float) -> str:
    kilometres, rest = divmod(metres, 1000.0)
    whole, _, part = f"{rest:.3f}".partition(".")
    part = part.rstrip("0")
    return f"{prefix}{kilometres:.0f}+{whole.zfill(3)}" + (f".{part}" if part else "")
