"""Names that the gazetteer does not have: road-like and zone-like words by their last characters.

A text may speak of a road nobody has mapped; it must still be read as a road. Every possible
beginning of such a name is offered with a cost, and the cheapest covering of the text decides.
"""

from __future__ import annotations

import re
from collections.abc import Container

from geodata.geocode.model import NameClass
from geodata.geocode.reading import tokens as t
from geodata.geocode.reading.tokens import Token

_MAX_STEM = 7

# Last characters of a line name -> class, shortest stem, extra cost. 河, 沟, 线 end many other words.
_LINE_END = re.compile(
    r"(?P<road>大道(?!理)|大街(?!道)|快速路|快速通道|高速公路|高速路|高速|公路|胡同|街(?!道(?!路)|坊|区|头)|(?<!\d)路(?!灯|面|车)|(?<=\d)路(?!公交|灯|面|车)|巷(?!口夜)|道(?!路|口|具))"
    r"|(?P<water>水库|运河|明渠|干渠|支渠|渠|排水沟|明沟|污水沟|沉砂池|(?:河|沟|江|溪|湖)(?!路|街|大街|大道)(?=$|[^一-龥]|[东西南北左右两][岸侧边面]|大?桥|坝|闸|上|下|里|内|与|和|及|至|到|从|向|往|沿|段|堤|河道|河堤|河段|交|汇|就|的|位|附|旁|边|后|前|桩|排|以|经|[一-龥]{2,5}?(?:路|街|大道|铁路|桥)))"
    r"|(?P<rail>专用线|联络线|城际铁路|铁路|高铁(?!站)|城铁(?!站)|城际|(?<![沿一])线(?!上|下|条|路))"
)
_RING = re.compile(
    r"[东西南北]?[内外二三四五六](?:环路|环线|环)(?:[东西南北](?:路|街))?(?:快速路|高架)?|(?:绕城高速|环城)(?:公路|路)?"
)
_REFERENCE = re.compile(
    r"[GSXYC]\d{1,4}(?:(?:国道|省道|县道|乡道|高速|线)(?:辅道|辅路)?|(?:辅道|辅路)?(?![\d+.号米路国省县乡]))|\d{1,4}(?:国道|省道|县道|乡道|辅道|连接线)(?:辅道|辅路)?"
)
_METRO = re.compile(
    r"(?:地铁|轨道交通)?\d{1,2}号线(?:[一二三]期)?|地铁[\u4e00-\u9fff]{2,3}线|(?:(?<![\u4e00-\u9fff])|(?<=[至到与和]))高铁(?!站)"
)
_FORMS: tuple[tuple[re.Pattern[str], NameClass, float], ...] = (
    (_RING, "road", 0.7),
    (_REFERENCE, "road", 0.5),
    (_METRO, "rail", 0.6),
    (re.compile(r"[A-Z]?\d{1,3}路(?:公交|汽车)?站牌?|(?<=号线)[\u4e00-\u9fff]{1,5}[路街道]站"), "place", 0.5),
)
_NEVER_IN_A_NAME = frozenset("的侧处与及穿、,;:()~/&× .")
_RARELY_IN_A_NAME = frozenset("口角米号门楼院店站区村镇县市边面内至到从段旁层第近约线以")
_LINE_CHARS = frozenset("路街道巷")
_LEADING_WORDS = frozenset("向往在由近距约从自沿和及至到位于跨穿经过原临")
_WORDS = frozenset(
    (
        "以上",
        "以下",
        "反映",
        "公交",
        "投诉",
        "举报",
        "请问",
        "工程",
        "项目",
        "附近",
        "周边",
        "公司",
        "门口",
        "对面",
        "沿线",
        "辖区",
        "小区",
    )
)
_NEVER_FIRST = frozenset("路街道巷线段口侧期号米楼层院")
_LINKS = frozenset("至到从")
_ZONE_CHARS = frozenset("镇乡县市")
_WATER_CHARS = frozenset("河渠沟湖环")
_BUILT = frozenset("桥隧道洞闸")
_PARKS = frozenset("业技物")
_DIRECTIONS = frozenset("东西南北")
# 公路 and 该路 are words, not names; 人行道 and 河道 likewise, whatever stands before
_NOT_A_ROAD = re.compile(
    r"(?:公|铁|马|半|背|小|大|支|土|该|此|这|本|各|条|两|全|线|沿|[东西南北]?辅|有|的|环|主|同|一条|.{0,4}[有一几这那]一?[段条]|背街小|.*个|商业|主要商业|后|前|里|旁|生产|田间|过|[两三四五]条|.*无名|.*[面角侧间]小)$"
)
_NOT_A_LANE = re.compile(r"[街通管河隧车行轨便渠赛过辅大国省县乡匝味干园步绿]$")
_TWO_CHAR_STEM = {"线": 2, "湖": 1, "道": 2}

_ZONE_END = re.compile(
    r"自治区|自治州|经济技术开发区|经济综合实验区|高新技术产业开发区|综合保税区|产业集聚区|开发区|实验区|示范区|高新区|新区|园区"
    r"|街道办事处|街道办|办事处|办(?!公|理|事|证|路|街|学|园)|街道(?!路)|社区|省|(?<![城超夜菜门上])市(?!集|场|民|政|第|区|府|内|实|立|中心|中医|中学)|(?<![小校园景库社])区(?!域|间|段|号|委|内)|县|旗|镇(?!政|中心)|乡(?!政|道|下)"
    r"|村(?!委|里|内|头|门|[东西南北](?![头侧边面部端地]))"
)
_ZONE_BREAK = frozenset("路街道号与及至到、,;:()-~ ")
_GRID = re.compile(r"第?\d{1,3}号?网格")
_NAMES_A_PLACE = re.compile(r"小区|广场|学院|大学|中学|小学|花园|大厦|市场|公司|中心|商城|购物|苑")
_NOT_IN_A_ZONE = re.compile(r"[A-Za-z0-9]|位于|地处|以[东南西北]|主要|商业|辖区|^各")
_NEVER_FIRST_IN_A_ZONE = frozenset("至到与及各该某")
_NO_NAME_OF_A_ZONE = frozenset("本全")  # 本社区, 全市
_ZONE_LINKS = frozenset("与和及至到")
_WHOLE_ZONES = ("开发区", "高新区", "实验区", "保税区")
_ZONE_INSIDE = re.compile(r"..(?:省|市|县|区|镇|乡|街道|办事处|社区|村).")


def unknown_lines(text: str) -> list[Token]:
    """Return road-, water- and rail-like names found by their form, with every possible beginning.

    Parameters
    ----------
    text
        Normalised text.
    """
    found: list[Token] = []
    for pattern, cls, cost in _FORMS:
        found += [_line(text, match.start(), match.end(), cls, cost) for match in pattern.finditer(text)]
    for match in _LINE_END.finditer(text):
        found += _with_every_beginning(text, match)
    return found


def _line(text: str, start: int, end: int, cls: NameClass, cost: float) -> Token:
    return Token(t.PLACE if cls == "place" else t.LINE, start, end, cost, text[start:end], classes=(cls,))


def _with_every_beginning(text: str, match: re.Match[str]) -> list[Token]:
    cls: NameClass = match.lastgroup  # type: ignore[assignment]
    suffix, at, end = match[0], match.start(), match.end()
    short = len(suffix) == 1
    risky = 0.0 if cls == "road" else (0.5 if suffix in ("线", "湖", "江", "溪") else 0.25)
    if suffix in ("道", "城际", "高速"):
        risky = 0.6
    found: list[Token] = []
    rare = 0.0
    for start in range(at - 1, max(-1, at - 1 - _MAX_STEM), -1):
        char = text[start]
        if text[start : start + 2] in _WORDS or (char == "口" and text.startswith("交叉", start - 2)):
            break
        if char in _NEVER_IN_A_NAME or not ("\u4e00" <= char <= "\u9fff" or char in "0123456789"):
            break
        # 建设路街 is 建设路 and something else, 一马路街 is not: a line word as the first character is a stem
        following = text[start + 1]
        if start + 1 < at and following in _LINE_CHARS:
            rare += 2.5
        elif start + 3 < at and following in _WATER_CHARS:
            rare += 1.0  # 熊儿河城东路 is two lines, 七里河北路 is one
        if char in _RARELY_IN_A_NAME:
            rare += 1.0 if char == "段" else 0.35
        if start + 1 < at and following in _ZONE_CHARS:
            rare += 0.5
        if start + 1 < at and following in _LINKS:
            rare += 0.9
        if char in "0123456789":
            rare += 1.2
        if char == "下" and text[start - 1 : start] in _BUILT:
            rare += 0.6  # 高架桥下银杏路
        if char + following == "业园" or (char == "园" and text[start - 1 : start] in _PARKS):
            rare += 0.6  # 产业园牡丹一街 is a street in a park
        stem = at - start
        if stem < _TWO_CHAR_STEM.get(suffix, 1) or (short and _is_a_word(suffix, text[start:at])):
            continue
        if suffix in ("胡同", "巷") and text[at - 1] in "后前里旁" and (stem == 1 or char not in "后前里旁"):
            continue
        cost = 0.6 + risky + rare + 0.25 * max(0, stem - 3)
        if stem == 1:
            cost += 0.6 if short else (0.8 if suffix == "公路" else 0.5)
        if char in _LEADING_WORDS:
            cost += 0.3 if char == "经" else 0.5
        elif char in _NEVER_FIRST:
            cost += 0.8
        elif char in _DIRECTIONS:
            cost += 0.1
        found.append(_line(text, start, end, cls, cost))
    return found


def _is_a_word(suffix: str, stem: str) -> bool:
    if suffix == "道":
        return bool(_NOT_A_LANE.search(stem))
    return bool(_NOT_A_ROAD.match(stem)) or (suffix == "街" and stem.endswith(("临", "沿")))


def unknown_zones(text: str, *, known_ends: Container[int]) -> list[Token]:
    """Return zone-like names at the front of a text: 河南省, 中原区, 如意湖办事处, 某某社区.

    Parameters
    ----------
    text
        Normalised text.
    known_ends
        Where gazetteer zones end: a further zone may begin there.
    """
    found = [
        Token(t.ZONE, match.start(), match.end(), 0.3, match[0], classes=("zone",))
        for match in _GRID.finditer(text)
    ]
    starts = {0} | {at + 1 for at, char in enumerate(text) if char in "(,;-、: "}
    for match in re.finditer(r"位于|地处|的", text):
        starts.add(match.end())
    for match in _ZONE_END.finditer(text):
        at, end = match.start(), match.end()
        # 高新区 alone is a name, 街道 alone is not
        whole = match[0].endswith(_WHOLE_ZONES)
        for stem in range(0 if whole else 1, _MAX_STEM + 2):
            start = at - stem
            if start >= 0 and text[start] in _NEVER_FIRST_IN_A_ZONE:
                continue
            if stem == 1 and text[start] in _NO_NAME_OF_A_ZONE:
                continue
            if start < 0 or (
                stem > 0
                and text[start] in _ZONE_BREAK
                and not (text[start] in "路街道" and len(match[0]) > 1 and stem == 1 and not whole)
            ):
                break
            alone = stem == 0 and len(match[0]) > 3
            if start not in starts and start not in known_ends and not alone:
                continue
            if stem == 1 and match[0] in ("省", "市", "区", "村", "乡"):
                continue
            if stem > 2 and match[0] == "区" and text[at - 1] in _DIRECTIONS:
                continue  # 某某家园北区 is part of an estate, 江北区 is a district
            if _NOT_IN_A_ZONE.search(text, start, at) or (
                match[0] in ("区", "市", "县", "办") and _NAMES_A_PLACE.search(text, start, at)
            ):
                break
            cost = 0.35 + 0.08 * max(0, stem - 3)
            if _ZONE_INSIDE.search(text, start, at + 1):
                cost += 0.5
            if "村和" in text[start:at] or "镇和" in text[start:at]:
                continue
            if text[start] == "和" and text[max(start - 1, 0)] in "村镇乡":
                cost += 0.3  # 柏庐村和青松村, but 和平区
            found.append(Token(t.ZONE, start, end, cost, text[start:end], classes=("zone",)))
            starts.add(end)
            if text[end : end + 1] in _ZONE_LINKS:
                starts.add(end + 1)
    return found
