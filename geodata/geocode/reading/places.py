"""Zones, places and what is said about them."""

from __future__ import annotations

import re
from dataclasses import replace

from geodata.geocode.model import Area, Between, Frame, Name, Place, Side
from geodata.geocode.reading import tokens as t
from geodata.geocode.reading.evidence import KIND_OF_PLACE, PLACE_END, is_shop
from geodata.geocode.reading.parse import Parse
from geodata.geocode.reading.stream import Stream
from geodata.geocode.reading.tails import with_tail

# What makes a zone name an anchor of its own (赵坡村东100米) rather than a prefix.
_TAILS = frozenset(
    {t.TOWARD, t.SIDE, t.CORNER, t.GATE, t.RELATION, t.NUMBER, t.DETAIL, t.STRUCTURE, t.MEET, t.ARM, t.EXTENT}
)
_SAYS_SOMETHING = re.compile(r"[一-龥]|[A-Za-z]{2}")
_SAYS_NOTHING = re.compile(
    r"详见|详情|见图|如图|见附件|附件|无法确定|无法提供|未提供|不知道|不清楚|不详|不明|未知|待核实|待定|哪里|哪儿"
)
# Words that many notices use and that name no place, in any combination: 一无名工地, 沿街门店
_GENERIC = re.compile(
    r"(?:[\d.]+亩|村?民房?|住户|房屋|多|楼|三角地带|土地|坑塘|地块|用地|生产路|田间路|小吃摊|烧烤摊|摊位?|本|厂房|废弃|夜市|垃圾[池房桶]|公厕|小院|院落|大堤|水果摊?|商贩|破损|铁路|地铁|变压器|配电箱|电线杆|路灯"
    r"|红绿灯|信号灯|井盖|窨井盖?|围挡|现场|广场|公交站[台点]?|全市|辖区|主要|我们?家?|城市|城区|出入口|城乡[接结]合部|背街|小[巷路道街]|胡同|巷子?|三角地|积水"
    r"|(?:全长|总长|长|宽|面积)约?[\d.~-]+[余多]?(?:平方米|公里|米|亩)|汇合口|以上|以下|河段?|商业|各|社区|办事处|街道|路|不远|四角|一|某|该|此|这|那|有|处|个|座|家|片|段|无名|新建|在建|正在|施工|道路|工程|工地|项目部?|门店|店铺|商户|门面"
    r"|小餐饮|店|餐饮|市政|小小|距离|百米|行驶|南北|东西|整个|水域|路上|地方|位置|地段|区域|范围|墙上|围墙|的|大型|是"
    r"|河道|河水|水面|水体|栅栏|空地|绿地|绿化带|楼道|楼下|大厅|路面|路段|过道|拐角|垃圾|背街小巷|主次干道|小区|公交站牌?|停车场|商铺|家|第[一二三四五六七八九十\d]+[个根盏棵家]?|河长|全长|长|口|号|标|外|内|里|上|下|旁|前|后|等|附|距|约|到|至)+"
)
# What is wrong there, not where it is.
_TROUBLE = re.compile(
    r"扰民|占道|垃圾(?!站|场|中转|焚烧|处理|房|池|箱|桶)|堆[放积]|杂物|没人|无人|乱[堆放停倒贴扔排丢画涂]|裸露|覆盖|不亮|破损|损坏|积水|污水横|修好|什么时候|反映|投诉|施工|围挡|聚集"
    r"|流动|油烟|噪[音声]|堵塞|拥堵|坍塌|塌陷|脱落|缺失|倾倒|保洁|清理|清运|共享单车|严重|影响|杂草|有人|我住|家住|臭|异味|黑臭"
    r"|改造工程|管网工程"
)
_SIGN_OF_A_TOWN = re.compile(r"[镇乡]$")
# Two places written as one word: 某某广场4楼某某影院, 某某大桥南某某小区.
_TWO_IN_ONE = re.compile(
    r"(?P<first>.{2,12}?(?:广场|大厦|商场|中心|国际|城))[负地下]{0,2}\d{1,2}[楼层](?P<second>.{2,})"
    r"|(?P<bridge>[一-龥]{2,5}?(?:大桥|立交桥|桥))(?P<side>[东南西北])侧?(?P<beyond>[一-龥]{4,}.*)"
)
_ON_THE_SPOT = re.compile(r"现场$")
_SIDES: dict[str, Side] = {"东": "E", "南": "S", "西": "W", "北": "N"}
_STATION = re.compile(r"(?:地铁|公交|火车|高铁)?站$")


def read_zone(stream: Stream, at: int, result: Parse) -> int:
    """Read a zone that narrows the search; returns where the words end, `at` if there is none."""
    if stream.code(at) != t.ZONE:
        return at
    following = stream.code(at + 1)
    measured = following == t.BARE and stream.code(at + 2) in (t.DISTANCE, t.DIGITS)
    group = following == t.DETAIL and stream.at(at + 1).word.endswith("组")
    if (following in _TAILS and not group) or measured:
        return at
    if following in (t.JOIN, t.TO) and stream.code(at + 2) == t.ZONE:
        return at  # 青松村至石桥村
    if _sign_with_a_town(stream, at) or _named_after_a_village(stream, at):
        return at
    result.areas.append(stream.name(at))
    at += 1
    while stream.code(at) in (t.DASH, t.LIST) or stream.at(at).word in (",", "·", ":"):
        at += 1
    return at


def read_place(stream: Stream, at: int, result: Parse) -> int:
    """Read a place with what follows it; returns where the words end, `at` if there is none."""
    near = stream.code(at) == t.NEAR
    first = at + 1 if near else at
    last = _last_word(stream, first, result)
    if last is None:
        return at
    word = stream.at(first)
    if last == first and word.code == t.RUN and (two := _TWO_IN_ONE.fullmatch(word.word)):
        _read_two(stream, word.start, two, result)
        return last + 1
    name = stream.name_of(word, stream.at(last))
    if not name.known and _only_trouble(name.text):
        result.residue.append(name.span)
        return last + 1
    place = Place(name, relation="near") if near else Place(name)
    frame, end = with_tail(stream, place, last + 1)
    if (between := _between_parts(stream, frame, end)) is not None:
        result.add(between, word.start)
        return end + 3
    result.add(frame, word.start)
    if not name.known and not PLACE_END.search(name.text) and frame == place:
        result.residue.append(name.span)
    return end


def _read_two(stream: Stream, start: int, two: re.Match[str], result: Parse) -> None:
    """Keep a building and what is in it, or a bridge's side and what stands there, as two places."""

    def name(group: str) -> Name:
        begin, end = start + two.start(group), start + two.end(group)
        return Name(two[group], ("place",), stream.text.span(begin, end), known=False)

    if two["bridge"]:
        result.add(Place(name("bridge"), relation="beside", side=_SIDES[two["side"]]), start)
        result.add(Place(name("beyond")), start)
        return
    result.add(Place(name("first")), start)
    if is_empty_talk(two["second"]):
        result.residue.append(name("second").span)
    else:
        result.add(Place(name("second")), start)


def _between_parts(stream: Stream, frame: Frame, at: int) -> Between | None:
    """Read 5号楼与6号楼之间 after an estate's name."""
    if not isinstance(frame, Place) or frame.part is None:
        return None
    codes = [stream.code(at), stream.code(at + 1), stream.code(at + 2)]
    if codes not in ([t.JOIN, t.DETAIL, t.BETWEEN], [t.JOIN, t.GATE, t.BETWEEN]):
        return None
    return Between(frame, replace(frame, part=stream.at(at + 1).word))


def _only_trouble(words: str) -> bool:
    """Return whether words tell what is wrong and name no place: 夜间施工扰民, but not 某某施工工地."""
    placed = PLACE_END.search(words) is not None and not _ON_THE_SPOT.search(words)
    return _TROUBLE.search(words) is not None and not placed


def _last_word(stream: Stream, at: int, result: Parse) -> int | None:
    """Return the last word of the place's name that begins at `at`, or None if it names no place."""
    word, following = stream.at(at), stream.at(at + 1)
    if word.code not in (t.PLACE, t.RUN, t.ZONE):
        return None
    if word.code == t.RUN:
        if word.end - word.start < 2 or is_empty_talk(word.word):
            return None
        last = at
        while stream.code(last + 1) == t.STRUCTURE and last < at + 3:
            last += 1
        if stream.code(last + 1) == t.PLACE and is_shop(stream.at(last + 1).word) and touch(stream, last):
            last += 1  # 相逢 + 川菜馆 is one sign
        return last
    if not touch(stream, at) or following.code not in (t.RUN, t.PLACE):
        return at
    if word.code == t.ZONE and (_sign_with_a_town(stream, at) or _named_after_a_village(stream, at)):
        return at + 1
    if is_shop(word.word) and following.code == t.RUN and len(following.word) == 1:
        return at + 1
    if _STATION.match(following.word):
        result.add(Place(stream.name(at), relation="near"), word.start, less=1.0)
        return at + 1
    return at


def _sign_with_a_town(stream: Stream, at: int) -> bool:
    """Return whether the whole text is a shop's sign that begins with an unknown town's name.

    逍遥镇胡辣汤 is cooked everywhere; only a town that the gazetteer has is where the shop may be.
    """
    word, following = stream.at(at), stream.at(at + 1)
    alone = at == 0 and len(stream.words) == 2 and following.code == t.RUN
    return alone and not word.known and is_shop(following.word) and bool(_SIGN_OF_A_TOWN.search(word.word))


def _named_after_a_village(stream: Stream, at: int) -> bool:
    """Return whether a village's school, clinic or office follows: 青松村小学."""
    word, following = stream.at(at), stream.at(at + 1)
    named = following.code == t.RUN and touch(stream, at) and KIND_OF_PLACE.match(following.word)
    return bool(named) and word.word.endswith(("村", "社区"))


def gate_of_a_zone(stream: Stream, at: int, result: Parse) -> bool:
    """Keep the gate of a community or village named before: 贾岗社区金水东路的南门."""
    if not result.areas or not result.areas[-1].text.endswith(("社区", "村")):
        return False
    place, _ = with_tail(stream, Place(result.areas[-1]), at)
    result.add(place, stream.at(at).start)
    return True


def is_empty_talk(words: str) -> bool:
    """Return whether words that no rule explains name no place at all."""
    return (
        not _SAYS_SOMETHING.search(words)
        or _GENERIC.fullmatch(words) is not None
        or _SAYS_NOTHING.search(words) is not None
    )


def touch(stream: Stream, at: int) -> bool:
    """Return whether nothing was left out between a word and the next."""
    return stream.at(at).end == stream.at(at + 1).start


def areas_alone(result: Parse) -> None:
    """Take the finest zone as the answer where the text names nothing else."""
    if result.areas and not any(result.places):
        finest = result.areas[-1]
        result.add_at(Area(finest), finest.span.start, weakness=5.0)
