"""The words of the grammar: everything in a location text that is not a name.

Each rule says which characters can begin it, so that a text is only tried against the few rules
that fit; no pattern can run away (no nested repetition over the same characters).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

from geodata.geocode.model import Side
from geodata.geocode.reading import tokens as t
from geodata.geocode.reading.tokens import Token

SIDES: dict[str, Side] = {
    "东": "E", "南": "S", "西": "W", "北": "N", "东北": "NE", "西北": "NW", "东南": "SE", "西南": "SW",
    "左": "left", "右": "right", "两": "both", "双": "both", "中": "middle",
}  # fmt: skip

_DIR = "东北|西北|东南|西南|东|南|西|北"
_END = r"(?=$|[,;、()的\d约]|非机动|人行道|慢车道|便道|绿化)"
_NUMERIC = "0123456789"
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_DIRS = "东西南北"

Build = Callable[[re.Match[str], float], Token]


class Rule(NamedTuple):
    """One kind of word: what it may begin with, how it looks, how it becomes a token."""

    first: str
    pattern: re.Pattern[str]
    cost: float
    build: Build


def _plain(code: str) -> Build:
    def build(match: re.Match[str], cost: float) -> Token:
        return Token(code, match.start(), match.end(), cost, match[0])

    return build


def _sided(code: str) -> Build:
    def build(match: re.Match[str], cost: float) -> Token:
        return Token(code, match.start(), match.end(), cost, match[0], SIDES.get(match["d"]))

    return build


def _measured(code: str) -> Build:
    def build(match: re.Match[str], cost: float) -> Token:
        unit = 1000.0 if match.groupdict().get("unit") == "公里" else 1.0
        low = float(match["low"]) * unit
        high = float(match["high"]) * unit if match.groupdict().get("high") else low
        return Token(
            code, match.start(), match.end(), cost, match[0], metres=(min(low, high), max(low, high))
        )

    return build


def _fixed(code: str, value: str) -> Build:
    def build(match: re.Match[str], cost: float) -> Token:
        return Token(code, match.start(), match.end(), cost, value)

    return build


def _both(match: re.Match[str], cost: float) -> Token:
    return Token(t.SIDE, match.start(), match.end(), cost, match[0], "both")


def _middle(match: re.Match[str], cost: float) -> Token:
    return Token(t.SIDE, match.start(), match.end(), cost, match[0], "middle")


def _built(match: re.Match[str], cost: float) -> Token:
    return Token(t.STRUCTURE, match.start(), match.end(), cost, match["built"])


def _gate(match: re.Match[str], cost: float) -> Token:
    return Token(t.GATE, match.start(), match.end(), cost, match["part"])


_FIGURE = r"\d{1,6}(?:\.\d{1,3})?"
_POST = r"(?:\d{1,4}\+\d{1,3}(?:\.\d{1,3})?)"
# K645+300, DK389+107.840, QL6+330, 4+376; without the metres only after K
_KILOMETRES = rf"(?:(?:[A-Z]{{0,3}}K|[A-Z]{{1,3}})?{_POST}|[A-Z]{{0,3}}K\d{{1,4}}(?:\.\d{{1,3}})?)"
_NOT_A_HOUSE = r"(?!楼|线|门(?!面|市|脸)|口|铺|商铺|店|公馆|桥|闸|坝|库|坑|地块|路|街|井|码头|航站|车间|仓|馆|柜|档|摊|亭|出口|入口|出入口|营|矿|标|机|棚|房|塔|台|泵|变电|宫|会所|厅|厂)"


def _rule(first: str, pattern: str, cost: float, build: Build) -> Rule:
    return Rule(first, re.compile(pattern), cost, build)


_RULES: tuple[Rule, ...] = (
    # figures
    _rule(
        _NUMERIC + "约大走步直前行近不",
        rf"(?:约|大约|大概|近|不到|走|步行|直行|前行|行)*(?P<low>{_FIGURE})(?:[-~至到](?P<high>{_FIGURE}))?"
        r"(?:余|多|来)?(?P<unit>米|公里)(?:左右|远|处|地|开外|多|的位置|位置)*(?!粉|线|皮|村|兰|其|厨|面|饭|香)",
        0.1,
        _measured(t.DISTANCE),
    ),
    _rule(
        _NUMERIC,
        r"(?P<low>\d{1,4})(?:[-~](?P<high>\d{1,4}))?(?:处)?(?![\d.号院弄层楼栋幢座室米公单元期组年月日国省县乡辅A-Za-z+亩%-]|路(?![东西南北]))",
        0.9,
        _measured(t.DIGITS),
    ),
    _rule(
        _NUMERIC + "甲乙丙丁附新",
        r"(?:[甲乙丙丁新]?\d{1,5}(?:-\d{1,4}|-?[A-Za-z](?![A-Za-z])){0,3}(?:号(?:大院|家属院|院)|院|弄|号"
        + _NOT_A_HOUSE
        + ")"
        + r"(?:(?:附|之|-附?)-?\d{1,4}(?:号"
        + _NOT_A_HOUSE
        + r"|(?=$|[,;()])))?|附-?\d{1,4}号?"
        + _NOT_A_HOUSE
        + r"|\d{1,5}(?:-\d{1,4}){1,2}(?:-?附-?\d{1,4})?(?![\d米公层楼栋幢座室+~]))",
        0.25,
        _plain(t.NUMBER),
    ),
    _rule(
        _NUMERIC + _LETTERS + "负地第甲乙丙丁东西南北商底门沿一",
        r"(?:(?:第|负|地下|-)?[A-Za-z]?-?\d{1,4}(?:[-~、/]\d{1,4})*(?:号楼|#楼?|栋|幢|座|单元|层|楼|室|号?商铺|号?铺位?|号(?:摊位|档口|房|店铺)|排|户|组|F)"
        r"|[A-Za-z](?:\d{0,4})(?:[-~]?[A-Za-z]?\d{1,5})?(?:座|栋|幢|号楼|楼|层|馆|单元|号铺?位?|号?商铺|铺位?)|[BFL]\d{1,4}(?:-\d{1,4})?(?:层|楼)?(?![\dA-Za-z])"
        r"|[A-Za-z]\d{0,2}-\d{1,4}(?:-\d{1,4})?|(?:[甲乙丙丁]|东|西|南|北)(?:座|单元|楼|栋|塔)|(?:负|地下)(?:\d层?|层)|(?:沿街|底层|一层)?(?:商铺|底商|门面房?|大堂)\d{0,4}号?)",
        0.3,
        _plain(t.DETAIL),
    ),
    # chainage
    _rule(
        _NUMERIC + "KDABCEFGHIJLMNOPQRSTUVWXYZ里桩公",
        rf"(?:里程桩号|里程桩|里程|桩号|公里桩)?:?{_KILOMETRES}(?:[-~至到]{_KILOMETRES})?(?:处)?(?![\dA-Za-z])",
        0.05,
        _plain(t.CHAINAGE),
    ),
    _rule("里桩公", r"(?:里程桩号|里程桩|里程|桩号|公里桩):?", 0.2, _plain(t.NOISE)),
    # directions
    _rule(
        "向往朝偏再然继",
        rf"(?:再|然后|继续)*(?:向|往|朝着|朝|偏)正?(?P<d>{_DIR})(?:方向|侧|边|面)?(?:行走|行驶|直走|直行|步行|前行|走|行|这|大约|约)*",
        0.1,
        _sided(t.TOWARD),
    ),
    _rule(_DIRS + "正", rf"正?(?P<d>{_DIR})(?:方向|走|行)(?!街|路|政)", 0.3, _sided(t.TOWARD)),
    _rule(_DIRS + "正", rf"正?(?P<d>{_DIR}){_END}", 0.2, _sided(t.BARE)),
    _rule(_DIRS + "正", rf"正?(?P<d>{_DIR})", 0.55, _sided(t.BARE)),
    _rule("东西", r"(?P<d>[东西][南北])(?:角落|拐角|角上|角处|角)", 0.05, _sided(t.CORNER)),
    _rule("东西南北", r"(?P<d>[东西南北])(?:路口|出口|进口|口)", 0.2, _sided(t.ARM)),
    _rule("以之", rf"(?:以|之)(?P<d>{_DIR})(?:方向)?", 0.05, _sided(t.BOUND)),
    _rule("以之", r"(?:以上|以下|之上|之下)", 0.4, _plain(t.NOISE)),
    # sides
    _rule(
        _DIRS + "左右两双路道马",
        rf"(?:马路|道路|路|道)?(?P<d>{_DIR}|左|右|两|双)(?:侧边|侧|边|面|半幅|半边|半侧|岸边|岸|畔|部|幅)"
        r"(?:路边|的?人行道|非机动车道|慢车道|快车道|辅道|便道)?",
        0.1,
        _sided(t.SIDE),
    ),
    _rule("路", rf"路(?P<d>{_DIR})(?:侧|边|面)?(?!路|街|门)", 0.25, _sided(t.SIDE)),
    _rule("双南东两", r"(?:南北|东西)?双向|两旁|两厢", 0.1, _both),
    _rule("路中桥", r"路中间?|路中央|中央|桥中间?", 0.4, _middle),
    # parts of a line
    _rule(
        "全沿临一整",
        r"全路段|全线|全段|全程|全路|沿线|沿街|临街|沿路|沿岸|整段|整条",
        0.1,
        _fixed(t.EXTENT, "whole"),
    ),
    _rule(_DIRS + "中", r"(?P<d>[东西南北中])(?:半段|段|头|首|端)", 0.15, _sided(t.EXTENT)),
    _rule("路段区部", r"部分路段|区段|区间|路段|段", 0.2, _plain(t.SEGMENT)),
    _rule("之中", r"之间|中间", 0.1, _plain(t.BETWEEN)),
    # crossings
    _rule("交", r"交叉口(?:处)?", 0.02, _plain(t.MEET)),
    _rule("路", r"路口(?:处)?", 0.3, _plain(t.MEET)),
    _rule("口", r"(?<=[路街道巷])口(?:处)?", 0.2, _plain(t.MEET)),
    _rule("口", r"(?<![路街道巷])口(?:处)?", 0.5, _plain(t.MEET)),
    _rule("与和及&/×跟暨并以+同", r"以及|与|和|及|&|/|×|跟|暨|并|\+|同", 0.12, _plain(t.JOIN)),
    _rule("-~", r"[-~]+", 0.1, _plain(t.DASH)),
    _rule("、", r"、", 0.05, _plain(t.LIST)),
    _rule("至到起走", r"起至|起到|走至|走到|一直到|直至|至|到", 0.15, _plain(t.TO)),
    _rule("从自由起", r"从|自|由|起于|起点", 0.3, _plain(t.FROM)),
    _rule("沿顺经", r"沿着|沿|顺着|经由|途经|经过", 0.3, _plain(t.ALONG)),
    # built things
    _rule(
        "立高大特天人铁公桥涵隧下地闸拦橡坝水泵匝道辅道排溢",
        r"(?P<built>(?:下穿|地下)?(?:铁路)?(?:隧道|涵洞|地道)(?:内|里|口)?|立交桥?|高架桥?|特大桥|大桥|人行天桥|天桥|过街天桥|铁路桥|公路桥|桥头|桥梁|桥涵|桥洞|桥"
        r"|涵洞|涵|水闸|闸|拦河坝|橡胶坝|坝|泵站|铁路道口|道口|铁轨|铁道|轨道|匝道|地面道路|溢流堰|排污口|排水口)",
        0.3,
        _built,
    ),
    _rule(_NUMERIC, r"\d{1,2}号(?:水闸|闸|桥|坝|泵站|匝道|涵洞)", 0.15, _plain(t.STRUCTURE)),
    _rule("下上跨横穿", r"下穿|上跨|上穿|横跨|跨越|穿越|穿过|跨|穿", 0.3, _plain(t.PASS)),
    _rule(
        "东西南北辅慢快非人便绿",
        r"[东西南北]?辅(?:道|路)|慢车道|快车道|非机动车道|人行道|便道|绿化带",
        0.15,
        _plain(t.NOISE),
    ),
    # parts of a place
    _rule(
        _DIRS + _NUMERIC + "正大后侧前",
        r"(?P<part>(?:东南|东北|西南|西北|[东西南北])(?:区|侧)?\d?号?(?:大门|门)|[正后侧前]门|大门|\d{1,2}号?门)(?:口|前|处|外|岗|出口|入口)?",
        0.1,
        _gate,
    ),
    _rule(
        _LETTERS + _NUMERIC + "出入进",
        r"(?P<part>[A-Za-z]\d?号?(?:出入口|进出口|出口|入口|口)|\d号?(?:出入口|出口|入口|口)|出入口|出口|入口)",
        0.2,
        _gate,
    ),
    # relations
    _rule("正斜路对", r"(?:正|斜|路)?对面|斜对过|对过|正对着?", 0.1, _fixed(t.RELATION, "opposite")),
    _rule("旁隔紧侧", r"旁边|隔壁|紧挨着?|侧旁", 0.1, _fixed(t.RELATION, "beside")),
    _rule("旁", rf"旁{_END}", 0.15, _fixed(t.RELATION, "beside")),
    _rule("附周一左", r"附近|周边|周围|一带|左近", 0.1, _fixed(t.RELATION, "near")),
    _rule(
        "门大院店楼",
        r"大门前|大门口|门前|门口|楼前|院前|店前|店门口",
        0.1,
        _fixed(t.RELATION, "front"),
    ),
    _rule("前", rf"前面?{_END}", 0.2, _fixed(t.RELATION, "front")),
    _rule("后背院楼", rf"后面|背后|院后|楼后|后院|后{_END}", 0.2, _fixed(t.RELATION, "behind")),
    _rule(
        "院楼园校小里馆站场内店",
        r"楼内|校内|里面|里边|内部|馆内|站内|场内|店内",
        0.15,
        _fixed(t.RELATION, "inside"),
    ),
    _rule("内", rf"内{_END}", 0.2, _fixed(t.RELATION, "inside")),
    _rule("里", rf"里{_END}", 0.4, _fixed(t.RELATION, "inside")),
    _rule("下底", rf"底下|下面|下方|下{_END}", 0.2, _fixed(t.RELATION, "under")),
    _rule("近靠邻临毗紧距离挨", r"靠近|邻近|临近|毗邻|紧邻|紧靠|距离|距|离|近|挨着|临", 0.5, _plain(t.NEAR)),
    # words that carry nothing
    _rule("位地处坐就的", r"就是|位于|地处|处于|坐落于|的", 0.1, _plain(t.NOISE)),
    _rule("围墙整水沿临", rf"(?:围墙|墙)[上外内边体]?{_END}|整个水域|水域", 0.2, _plain(t.NOISE)),
    _rule("上下底前后", r"(?<=[桥隧道洞闸坝])(?:下面|底下|下(?!穿|游)|上(?!游)|前|后)", 0.1, _plain(t.NOISE)),
    _rule("上下", r"上行线|下行线|上下行|上行|下行|上游|下游", 0.2, _plain(t.NOISE)),
    _rule("路边", rf"路边|路旁|边{_END}", 0.3, _plain(t.NOISE)),
    _rule("上外处", r"[上外处](?=$|[,;、()的])|处(?=到|至|与|和)", 0.15, _plain(t.NOISE)),
    _rule(
        "一有是在上外处这该某那就等家个座约起止路",
        r"一处|一个|一家|这个|就是|路上|[一有是在上外处这该某那等约起止]",
        0.6,
        _plain(t.NOISE),
    ),
    # marks
    _rule(",;:·| ", r"[,;:·| ]+", 0.02, _plain(t.STOP)),
    _rule("(", r"\(", 0.0, _plain(t.OPEN)),
    _rule(")", r"\)", 0.0, _plain(t.CLOSE)),
)


def _by_first(rules: Iterable[Rule]) -> dict[str, tuple[Rule, ...]]:
    """Return the rules that a character can begin."""
    table: dict[str, list[Rule]] = {}
    for rule in rules:
        for char in dict.fromkeys(rule.first):
            table.setdefault(char, []).append(rule)
    return {char: tuple(found) for char, found in table.items()}


_TABLE = _by_first(_RULES)
_FIGURES = frozenset(_NUMERIC)


def words_of(text: str) -> list[list[Token]]:
    """Return the grammar words that begin at each position, one for each rule that fits.

    Parameters
    ----------
    text
        Normalised text.
    """
    found: list[list[Token]] = []
    table = _TABLE
    before = ""
    for position, char in enumerate(text):
        words: list[Token] = []
        found.append(words)
        rules = table.get(char)
        # a figure is read from its first digit only
        if rules is not None and not (char in _FIGURES and before in _FIGURES):
            for _, pattern, cost, build in rules:
                match = pattern.match(text, position)
                if match is not None and match.end() > position:
                    words.append(build(match, cost))
        before = char
    return found
