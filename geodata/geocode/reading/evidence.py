"""How much a frame says, and how it is said to a reader."""

from __future__ import annotations

import re

from geodata.geocode.model import (
    SIDE_WORDS,
    Area,
    Between,
    Block,
    Chainage,
    Crossing,
    Frame,
    Number,
    Offset,
    Place,
    Stretch,
)

_RELATION_WORDS = {
    "at": "", "inside": "内", "opposite": "对面", "beside": "旁", "near": "附近", "front": "门前",
    "behind": "后", "under": "下",
}  # fmt: skip

_SHOP = re.compile(
    r"店|馆(?!驿)|面$|锅|茶|咖啡|烧烤|小吃|餐|食|菜|酒楼|蛋糕|面包|胡辣汤|鸡|鸭|鱼|肉|粉|饭|饼|米线|奶|烘焙|料理|串串|烤|"
    r"美发|理发|网吧|足浴|洗浴|超市|便利|药房|[A-Za-z]{3}"
)
_NO_SHOP = re.compile(
    r"(?:市场|小区|家属院|医院|学校|小学|中学|大学|公园|广场|社区|村|花园|公司|车站|站|大厦|酒店|饭店|宾馆|书店|博物馆|体育馆|图书馆|美术馆|科技馆|文化馆|展览馆|殡仪馆|纪念馆|档案馆|大使馆)$"
)
PLACE_END = re.compile(
    r"(?:小区|家属院|大院|[一-龥]院|花园|花苑|苑|园|广场|大厦|国际|城|中心|医院|学校|小学|中学|大学|学院|幼儿园|酒店|宾馆"
    r"|工地|项目|项目部|市场|公司|厂|公园|车站|站|银行|商场|村|庄|寨|社区|局|所|处|馆|楼|府|湾|里|庭|郡|都|港|塔|寺|庙|库|场|基地|门|店)$"
)  # fmt: skip

KIND_OF_PLACE = re.compile(
    r"^(?:第[一二三四五六七八九十]+)?(?:实验)?(?:小学|中学|初中|高中|学校|幼儿园|医院|卫生院|派出所|市场|农贸市场|菜市场|酒店|宾馆"
    r"|公园|广场|小区|社区|车站|公交站|地铁站|站|支行|邮局|商场|大厦|花园|家属院|夜市|小吃街|店|公交站牌|加油站|停车场|公厕|垃圾站|垃圾中转站|中转站|管理处|管理所|管理站|管理局|村委会|居委会|卫生室|卫生服务站|卫生服务中心|党群服务中心|服务站)$"
)


def is_shop(name: str) -> bool:
    """Return whether a name looks like a shop's sign, which may hang in many places."""
    return bool(_SHOP.search(name)) and not _NO_SHOP.search(name)


def strength(frame: Frame, *, said: bool = True) -> float:
    """Return how weakly a frame pins a place down: 0 is strongest.

    Parameters
    ----------
    frame
        What was read.
    said
        For a crossing: whether a word for crossing stood there, or two roads side by side only.

    Notes
    -----
    Order of evidence: crossing with offset or corner, house number, crossing, part of a place,
    place, bare road. A shop's sign never comes before a road.
    """
    match frame:
        case Chainage():
            return 0.0 if frame.line else 0.4
        case Crossing():
            fixed = frame.corner or frame.arm or frame.structure
            return 0.3 if fixed and said else (1.2 if said else 1.6)
        case Number():
            return 1.0
        case Stretch():
            return _stretch_strength(frame)
        case Block():
            return 0.3 if len(frame.bounds) > 1 else 3.1
        case Between():
            return 2.0
        case Offset():
            return _offset_strength(frame, said=said)
        case Place():
            return _place_strength(frame)
        case Area():
            return 5.0


def _stretch_strength(frame: Stretch) -> float:
    if frame.start and frame.end:
        return 0.2
    if frame.start or frame.end:
        return 2.6
    return 3.0 if frame.side or frame.extent not in (None, "whole") else 3.2


def _offset_strength(frame: Offset, *, said: bool) -> float:
    inner = strength(frame.anchor, said=said)
    if isinstance(frame.anchor, Crossing | Offset) and inner < 1.7:
        return 0.1 if frame.distance_m else 0.35
    if isinstance(frame.anchor, Number):
        return 0.9
    if isinstance(frame.anchor, Place) and frame.distance_m and PLACE_END.search(frame.anchor.name.text):
        return min(inner, 3.1) - 0.2
    return inner - 0.2


def _place_strength(frame: Place) -> float:
    refined = frame.part is not None or frame.relation != "at" or frame.side is not None
    if is_shop(frame.name.text):
        return 3.5 if frame.name.known else 4.2
    if frame.name.known:
        return 2.2 if refined else 2.5
    if PLACE_END.search(frame.name.text):
        return 3.1 if refined else 3.6
    return 3.3 if refined else 4.0


def describe(frame: Frame) -> str:
    """Return a frame in Chinese words, for the trace."""
    match frame:
        case Place():
            part = frame.part or ""
            side = f"{SIDE_WORDS[frame.side]}侧" if frame.side else ""
            relation = "" if frame.side and frame.relation == "beside" else _RELATION_WORDS[frame.relation]
            return f"地点“{frame.name.text}{part}{side}{relation}”"
        case Number():
            sub = f"-{frame.sub}" if frame.sub else ""
            return f"门牌“{frame.road.text}{frame.number}{sub}号”"
        case Crossing():
            extra = _crossing_extra(frame)
            return f"路口“{frame.first.text}×{frame.second.text}{extra}”"
        case Offset():
            return _describe_offset(frame)
        case Stretch():
            return _describe_stretch(frame)
        case Chainage():
            line = frame.line.text if frame.line else "未写明线路"
            to = "" if frame.end_m is None else f"～{_post(frame.prefix, frame.end_m)}"
            return f"里程“{line} {_post(frame.prefix, frame.start_m)}{to}”"
        case Block():
            if all(bound.side == "middle" for bound in frame.bounds):
                return "四至“" + "、".join(bound.line.text for bound in frame.bounds) + "围合”"
            return "四至“" + "、".join(f"{b.line.text}以{SIDE_WORDS[b.side]}" for b in frame.bounds) + "”"
        case Between():
            return f"{describe(frame.start)}与{describe(frame.end)}之间"
        case Area():
            return f"区域“{frame.name.text}”"


def _post(prefix: str, metres: float) -> str:
    kilometres, rest = divmod(metres, 1000)
    return f"{prefix}{kilometres:.0f}+{rest:07.3f}".rstrip("0").rstrip(".")


def _crossing_extra(frame: Crossing) -> str:
    corner = f"，{SIDE_WORDS[frame.corner]}角" if frame.corner else ""
    arm = f"，{SIDE_WORDS[frame.arm]}口" if frame.arm else ""
    return corner + arm + (f"，{frame.structure}" if frame.structure else "")


def _describe_offset(frame: Offset) -> str:
    if frame.distance_m is None:
        metres = ""
    elif frame.distance_m[0] == frame.distance_m[1]:
        metres = f"{frame.distance_m[0]:.0f}米"
    else:
        metres = f"{frame.distance_m[0]:.0f}～{frame.distance_m[1]:.0f}米"
    toward = "方向不明" if frame.bearing == "both" else f"向{SIDE_WORDS[frame.bearing]}"
    along = f"沿{frame.along.text}" if frame.along else ""
    side = f"，路{SIDE_WORDS[frame.side]}" if frame.side else ""
    start = (
        f"{describe(frame.anchor)}再" if isinstance(frame.anchor, Offset) else f"从{describe(frame.anchor)}"
    )
    return f"{start}{along}{toward}{metres}{side}"


def _describe_stretch(frame: Stretch) -> str:
    side = f"，{SIDE_WORDS[frame.side]}侧" if frame.side else ""
    if frame.start or frame.end:
        start = describe(frame.start) if frame.start else "起点"
        end = describe(frame.end) if frame.end else "终点"
        return f"线段“{frame.line.text}”自{start}至{end}{side}"
    part = "中段" if frame.extent == "middle" else ""
    if frame.extent in ("N", "E", "S", "W"):
        part = SIDE_WORDS[frame.extent] + "段"
    return f"线路“{frame.line.text}{part}”{side}"
