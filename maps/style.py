"""One table of colours, symbols and words for everything that draws: web, HTML export, PDF, Excel.

Eight command colours and the grey of "unclassified" were searched for the largest smallest distance
under normal, protan, deutan and tritan vision (Machado et al. 2009, severity 1): no pair is closer
than CIE76 ΔE 27 (the eight of Okabe and Ito with a grey reach 11). Colour never stands alone: every
command also has a shape and a character.

Names of commands and kinds are data (`geodata.kinds`); here are only their looks. A code that the
table does not know takes the colours in turn, so another office's commands need no code.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, NamedTuple

from geodata.places import load_place_classes

Lang = Literal["zh", "en"]
Shape = Literal["circle", "square", "diamond", "hexagon", "shield", "drop", "octagon", "triangle"]

LIGHT_INK = "#ffffff"
DARK_INK = "#16181d"


class Words(NamedTuple):
    """One notion in Chinese and in English."""

    zh: str
    en: str

    def in_language(self, lang: Lang) -> str:
        """Return the word in a language."""
        return self.zh if lang == "zh" else self.en


@dataclass(frozen=True, slots=True)
class Symbol:
    """How one class of things looks: fill colour, colour of the character on it, shape, character."""

    colour: str
    ink: str
    shape: Shape
    glyph: str
    words: Words


def _symbol(colour: str, shape: Shape, glyph: str, zh: str, en: str) -> Symbol:
    return Symbol(colour, ink_on(colour), shape, glyph, Words(zh, en))


def luminance(colour: str) -> float:
    """Return the relative luminance (0 black to 1 white) of a colour like `#0a64b4`.

    Notes
    -----
    WCAG 2.2, "relative luminance".
    """
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    """Return the WCAG contrast ratio (1 to 21) of two colours."""
    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def ink_on(colour: str) -> str:
    """Return the light or the dark ink, whichever reads better on a colour."""
    return max((LIGHT_INK, DARK_INK), key=lambda ink: contrast(ink, colour))


COMMAND_STYLE: Mapping[str, Symbol] = {
    "C1": _symbol("#675ef2", "circle", "容", "市容环卫", "Street cleaning"),
    "C2": _symbol("#742920", "square", "交", "交通秩序", "Traffic order"),
    "C3": _symbol("#89680e", "octagon", "市", "集贸市场", "Markets"),
    "C4": _symbol("#db91e1", "drop", "店", "六小行业", "Small shops"),
    "C5": _symbol("#ea9a28", "triangle", "工", "工地", "Building sites"),
    "C6": _symbol("#6bbd74", "hexagon", "社", "社区窗口", "Communities"),
    "C7": _symbol("#014958", "diamond", "沿", "铁路河渠", "Railway and canals"),
    "C8": _symbol("#592394", "shield", "专", "专项治理", "Special tasks"),
}
UNCLASSIFIED = _symbol("#898989", "circle", "未", "未分类", "Unclassified")
OTHER = _symbol("#898989", "circle", "他", "其他", "Other")

# Classes of places by their code (`geodata.places`): the six small trades 六小门店 first. Within a group
# characters and shapes tell classes apart, colours groups of use.
PLACE_STYLE: Mapping[str, Symbol] = {
    "catering": _symbol("#ea9a28", "circle", "餐", "小餐饮", "Small restaurant"),
    "food": _symbol("#6bbd74", "circle", "食", "小食品", "Small food shop"),
    "hair": _symbol("#db91e1", "circle", "美", "小美容美发", "Hair and beauty"),
    "hotel": _symbol("#675ef2", "circle", "旅", "小旅店", "Small hotel"),
    "bath": _symbol("#014958", "circle", "浴", "小浴室", "Bath house"),
    "karaoke": _symbol("#592394", "circle", "歌", "小歌舞厅", "Karaoke and dance"),
    "site_building": _symbol("#742920", "triangle", "建", "建筑工地", "Building site"),
    "site_demolition": _symbol("#ea9a28", "triangle", "拆", "拆迁工地", "Demolition site"),
    "site_planned": _symbol("#89680e", "triangle", "待", "待建工地", "Planned site"),
    "market": _symbol("#89680e", "octagon", "市", "集贸市场", "Market"),
    "school": _symbol("#675ef2", "square", "学", "学校", "School"),
    "clinic": _symbol("#742920", "square", "医", "医疗机构", "Clinic"),
    "window": _symbol("#6bbd74", "square", "窗", "窗口单位", "Service counter"),
    "housing": _symbol("#db91e1", "hexagon", "居", "居民小区", "Housing estate"),
    "frontage": _symbol("#ea9a28", "drop", "门", "沿街单位门店", "Street-front unit"),
    "road_main": _symbol("#014958", "square", "主", "主次干道", "Main road"),
    "road_shopping": _symbol("#ea9a28", "square", "商", "商业街", "Shopping street"),
    "road_back": _symbol("#89680e", "square", "巷", "背街小巷", "Back street"),
    "road_entrance": _symbol("#592394", "square", "口", "出入口", "City entrance"),
    "road_fringe": _symbol("#6bbd74", "hexagon", "郊", "城乡接合部", "Urban fringe"),
    "rail": _symbol("#742920", "diamond", "铁", "铁路段", "Railway segment"),
    "canal": _symbol("#014958", "diamond", "河", "河渠段", "Canal segment"),
    "board": _symbol("#89680e", "shield", "栏", "公示栏", "Notice board"),
    "bin": _symbol("#6bbd74", "drop", "桶", "垃圾桶点", "Dust-bin point"),
    "transfer": _symbol("#014958", "drop", "转", "垃圾中转站", "Waste transfer station"),
    "toilet": _symbol("#675ef2", "drop", "厕", "公厕", "Public toilet"),
    "bait": _symbol("#742920", "shield", "饵", "毒饵站", "Bait station"),
}
# Colours in turn for classes that no table knows (another office's commands, finer trades).
TURN: tuple[tuple[str, Shape], ...] = (
    ("#675ef2", "circle"),
    ("#ea9a28", "square"),
    ("#014958", "diamond"),
    ("#6bbd74", "hexagon"),
    ("#742920", "octagon"),
    ("#db91e1", "drop"),
    ("#89680e", "triangle"),
    ("#592394", "shield"),
)

# State -> colour and word. Finished states are pale, so that open work stands out.
STATE_STYLE: Mapping[str, tuple[str, Words]] = {
    "reported": ("#c2410c", Words("已上报", "Reported")),
    "accepted": ("#b7791f", Words("已受理", "Accepted")),
    "dispatched": ("#1d4ed8", Words("已派遣", "Dispatched")),
    "rectified": ("#0f766e", Words("已处置", "Rectified")),
    "closed": ("#8a9099", Words("已结案", "Closed")),
    "cancelled": ("#b9bec6", Words("已撤销", "Cancelled")),
}
PLACE_STATUS: Mapping[str, tuple[str, Words]] = {
    "open": ("#0f766e", Words("在营", "Open")),
    "closed": ("#8a9099", Words("已关停", "Closed")),
    "closed?": ("#b7791f", Words("疑似关停", "Closed?")),
}
PLACEMENT_STYLE: Mapping[str, tuple[str, Words]] = {
    "located": ("#0f766e", Words("已定位", "Located")),
    "ambiguous": ("#b45309", Words("不确定", "Uncertain")),
    "not_found": ("#b91c1c", Words("未找到", "Not found")),
    "refused": ("#5b6270", Words("拒绝", "Refused")),
}
METHOD_WORDS: Mapping[str, Words] = {
    "place": Words("地名", "Place name"),
    "number": Words("门牌号", "House number"),
    "crossing": Words("路口", "Crossing"),
    "offset": Words("方位距离", "Offset"),
    "stretch": Words("路段", "Stretch"),
    "chainage": Words("里程桩号", "Chainage"),
    "block": Words("四至范围", "Block"),
    "between": Words("两地之间", "Between"),
    "area": Words("区域", "Area"),
    "road": Words("整条道路", "Whole road"),
    "similar_address": Words("相似地址", "Similar address"),
    "alias": Words("人工确认过的别名", "Confirmed alias"),
    "coordinates": Words("表中坐标", "Given coordinates"),
    "geometry": Words("表中图形", "Given geometry"),
    "pin": Words("人工标注", "Pin"),
    "candidate": Words("人工选定", "Chosen by hand"),
}
# What a method fell back on, named after the colon (`crossing:nearest_on_road`).
FALLBACK_WORDS: Mapping[str, Words] = {
    "axes": Words("取两线走向的交点", "where the two axes meet"),
    "brand": Words("只凭店名", "by the brand name only"),
    "first_road": Words("只认出第一条路", "only the first road is known"),
    "from_start": Words("从起点量", "measured from the start"),
    "homophone": Words("按同音字", "by a name of the same sound"),
    "interpolated": Words("按相邻门牌推算", "between its neighbours"),
    "near": Words("两线不相交，取最近处", "the lines do not meet, nearest spot"),
    "nearest": Words("取最近的门牌", "nearest number"),
    "nearest_on_road": Words("取路上最近处", "nearest spot on the road"),
    "no_direction": Words("没有写方向", "no direction given"),
    "one_end": Words("只认出一端", "only one end is known"),
    "only_line": Words("只认出线路", "only the line is known"),
    "open": Words("四至不全", "not closed on all sides"),
    "partial": Words("只认出部分边界", "some borders unknown"),
    "road": Words("只认出道路", "only the road is known"),
    "straight": Words("按直线", "as a straight line"),
    "typo": Words("按错字、漏字、多字改正", "with one character put right"),
    "variant": Words("按相近路名", "by a similar road name"),
    "whole_line": Words("取整条线", "the whole line"),
}
# Zone level -> border colour, width in pixels.
ZONE_STYLE: Mapping[str, tuple[str, float]] = {
    "subdistrict": ("#3b2f63", 3.5),
    "community": ("#5b4b8a", 2.4),
    "grid": ("#8d83b3", 1.0),
}
# Zone defect -> colour; told apart on the pale land, and in grey print by the numbers beside them.
DEFECT_STYLE: Mapping[str, str] = {
    "invalid": "#b91c1c",
    "duplicate_shape": "#16181d",
    "not_polygon": "#6b7280",
    "overlap": "#ea580c",
    "gap": "#1d4ed8",
    "hole": "#0891b2",
    "outside": "#7c3aed",
    "uncovered": "#a16207",
    "sliver": "#c026d3",
}
# Fills of neighbouring areas that mean nothing but "not the same one".
PALE_TURN: tuple[str, ...] = ("#fbe3d6", "#dcebf7", "#e3f1dc", "#f6ecc9", "#eadff2", "#d8efec", "#f3dde4")
BASEMAP_STYLE: Mapping[str, str] = {
    "land": "#f6f5f1",
    "water": "#bfd9ea",
    "green": "#dcead2",
    "building": "#e6e2d9",
    "road": "#ffffff",
    "road_casing": "#d6d0c3",
    "rail": "#9b9790",
    "graticule": "#e3e0d8",
    "label": "#6d6a62",
}
# Light to dark, one hue each, so that class order survives every kind of colour vision and print.
HEAT_RAMP: tuple[str, ...] = ("#fee8a6", "#fdbe6f", "#f98e52", "#e25a3c", "#b8262f", "#7a0a2b")
DENSITY_RAMP: tuple[str, ...] = ("#bfe3e4", "#92cdd3", "#5fb0c1", "#368fac", "#1f6c93", "#174573")
# Hot spots: fill, whether only outlined (may be chance, not judged), words. Red against blue and the
# colours of Okabe & Ito (2008) differ for every kind of colour vision; what may be chance has no fill.
HOTSPOT_STYLE: Mapping[str, tuple[str, bool, Words]] = {
    "hot": ("#b2182b", False, Words("显著热点", "Significant hot spot")),
    "cold": ("#2166ac", False, Words("显著冷点", "Significant cold spot")),
    "high_outlier": ("#e08214", False, Words("显著高于四周", "Significantly above its surroundings")),
    "low_outlier": ("#80b1d3", False, Words("显著低于四周", "Significantly below its surroundings")),
    "emerging": ("#e69f00", False, Words("新出现的热点", "Emerging")),
    "intensifying": ("#d55e00", False, Words("加剧的热点", "Intensifying")),
    "persistent": ("#b2182b", False, Words("持续的热点", "Persistent")),
    "sporadic": ("#cc79a7", False, Words("时有时无的热点", "Sporadic")),
    "cooling": ("#56b4e9", False, Words("降温的热点", "Cooling")),
    "historical": ("#0072b2", False, Words("历史热点（已消退）", "Historical")),
    "chance": ("#8a5a00", True, Words("看似集中，但可能是偶然", "Looks dense, may be chance")),
    "ordinary": ("#9aa0a6", True, Words("无明显差异", "No clear difference")),
    "never": ("#9aa0a6", True, Words("从未成为热点", "Never a hot spot")),
    "not_judged": ("#5f6368", True, Words("不评价", "Not judged")),
}
# These are the ground, not findings: they are not drawn.
HOTSPOT_GROUND = ("ordinary", "never")


def state_code(state: str) -> str:
    """Return a case's state as its code, given the code or its word in either language.

    Examples
    --------
    >>> state_code("已结案"), state_code("closed"), state_code("别的")
    ('closed', 'closed', '别的')
    """
    return next(
        (
            code
            for code, (_, words) in STATE_STYLE.items()
            if state.strip() in words or state.strip().capitalize() in words
        ),
        state,
    )


def place_class(trade: str) -> str | None:
    """Return the code of the place class that a list's word for a trade means, or None.

    Examples
    --------
    >>> place_class("小餐饮店"), place_class("殡葬用品")
    ('catering', None)
    """
    found = load_place_classes().find(trade)
    return found.code if found and found.code in PLACE_STYLE else None


def place_symbol(code: str) -> Symbol:
    """Return the symbol of a place class; an empty code is "other"."""
    if not code:
        return OTHER
    return PLACE_STYLE.get(code) or turn_symbol(code, sum(code.encode()))


def command_symbol(code: str) -> Symbol:
    """Return the symbol of a command's code; an empty one is "unclassified"."""
    if not code:
        return UNCLASSIFIED
    known = COMMAND_STYLE.get(code)
    return known or turn_symbol(code, sum(code.encode()))


def turn_symbol(name: str, position: int) -> Symbol:
    """Return the symbol of a class no table knows, by its position among its like."""
    colour, shape = TURN[position % len(TURN)]
    return Symbol(colour, ink_on(colour), shape, name[:1], Words(name, name))


def method_words(method: str, lang: Lang = "zh") -> str:
    """Return a geocoding method in words; a fallback after the colon is named too.

    Examples
    --------
    >>> method_words("crossing:near")
    '路口（两线不相交，取最近处）'
    """
    base, _, fallback = method.partition(":")
    word = METHOD_WORDS[base].in_language(lang) if base in METHOD_WORDS else base
    if not fallback:
        return word
    reason = FALLBACK_WORDS[fallback].in_language(lang) if fallback in FALLBACK_WORDS else fallback
    return f"{word}（{reason}）" if lang == "zh" else f"{word} ({reason})"


def _pairs(table: Mapping[str, tuple[str, Words]], lang: Lang) -> dict[str, dict[str, str]]:
    return {
        key: {"colour": colour, "word": words.in_language(lang)} for key, (colour, words) in table.items()
    }


def _symbols(table: Iterable[tuple[str, Symbol]], lang: Lang) -> dict[str, dict[str, Any]]:
    return {key: asdict(symbol) | {"words": symbol.words.in_language(lang)} for key, symbol in table}


def style_table(lang: Lang = "zh") -> dict[str, Any]:
    """Return the whole table as JSON-able data, for scripts in a page."""
    return {
        "commands": _symbols([*COMMAND_STYLE.items(), ("", UNCLASSIFIED)], lang),
        "places": _symbols([*PLACE_STYLE.items(), ("", OTHER)], lang),
        "states": _pairs(STATE_STYLE, lang),
        "place_status": _pairs(PLACE_STATUS, lang),
        "placements": _pairs(PLACEMENT_STYLE, lang),
        "methods": {key: words.in_language(lang) for key, words in METHOD_WORDS.items()},
        "zones": {level: {"colour": colour, "width": width} for level, (colour, width) in ZONE_STYLE.items()},
        "basemap": dict(BASEMAP_STYLE),
        "heat": list(HEAT_RAMP),
        "density": list(DENSITY_RAMP),
    }


def css_variables() -> str:
    """Return the colours as CSS custom properties of `:root`, for style sheets.

    Examples
    --------
    >>> "--command-C7: #014958;" in css_variables()
    True
    """
    lines = [f"--command-{code}: {symbol.colour};" for code, symbol in COMMAND_STYLE.items()]
    lines.append(f"--command-none: {UNCLASSIFIED.colour};")
    lines += [f"--state-{key}: {colour};" for key, (colour, _) in STATE_STYLE.items()]
    lines += [
        f"--placement-{key.replace('_', '-')}: {colour};" for key, (colour, _) in PLACEMENT_STYLE.items()
    ]
    lines += [f"--zone-{level}: {colour};" for level, (colour, _) in ZONE_STYLE.items()]
    lines += [f"--base-{key.replace('_', '-')}: {colour};" for key, colour in BASEMAP_STYLE.items()]
    lines += [f"--heat-{at}: {colour};" for at, colour in enumerate(HEAT_RAMP, 1)]
    lines += [f"--density-{at}: {colour};" for at, colour in enumerate(DENSITY_RAMP, 1)]
    lines += [f"--spot-{key.replace('_', '-')}: {colour};" for key, (colour, _, _) in HOTSPOT_STYLE.items()]
    body = "\n".join(f"  {line}" for line in lines)
    return f":root {{\n{body}\n}}\n"
