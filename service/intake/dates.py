"""Dates as people write them in lists. What is unclear is left empty and said, never guessed.

A text gives its possible days: one and the date is read, several and a question decides (which order,
which year), none and the text stays a text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

Order = Literal["ymd", "dmy", "mdy"]
Question = Literal["order", "year", "start", "written_on", "tenths"]

_DIGITS = {**{char: str(i) for i, char in enumerate("零一二三四五六七八九")}, "〇": "0", "○": "0", "两": "2"}
_TIME = re.compile(
    r"(?:(?:星期|周|礼拜)[一二三四五六日天]|\((?:星期|周|礼拜)?[一二三四五六日天]\))|T?(?:上午|下午|早上|中午|晚上|凌晨|傍晚|夜间|夜里|AM|PM|am|pm)?\s*\d{1,2}(?:[:：]\d{2}(?::\d{2}(?:\.\d+)?)?\s*(?:AM|PM|am|pm)?|[时点](?:\d{1,2}分?|半|整)?(?:\d{1,2}秒)?)(?:Z|[+-]\d{2}:?\d{2})?|(?:上午|下午|早上|中午|晚上|凌晨|傍晚|夜间|夜里|左右|前后|许|分许)$"
)
_MONTHS = {
    name: i
    for i, name in enumerate(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1
    )
}
_YMD = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*[日号]?")
_SHORT = re.compile(r"['’]?(\d{2})年(\d{1,2})月(\d{1,2})[日号]?")
_THREE = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{1,2}|\d{4})")
_COMPACT = re.compile(r"(20\d{2}|19\d{2})(\d{2})(\d{2})")
_SIX = re.compile(r"(\d{2})(\d{2})(\d{2})")
_MONTH_DAY = re.compile(r"(\d{1,2})\s*(?:月\s*(\d{1,2})\s*[日号]?|[-/.](\d{1,2})[日号]?)")
_DAY_ONLY = re.compile(r"(\d{1,2})[日号]")
_TENDAYS = re.compile(r"(?:(\d{4})年)?(\d{1,2})月?份?(?:的)?([上中下])旬")
_NAMED = re.compile(r"(?:(\d{1,2})[-/ ]([A-Za-z]{3,9})|([A-Za-z]{3,9})\s+(\d{1,2}))[-/, ]+(\d{4}|\d{2})")
_SERIAL = re.compile(r"[2-5]\d{4}(?:\.\d+)?")
_RELATIVE = {"今天": 0, "今日": 0, "当天": 0, "昨天": -1, "昨日": -1, "昨晚": -1, "昨夜": -1, "今早": 0, "今晨": 0, "前天": -2, "前日": -2, "大前天": -3}  # fmt: skip
_WEEKDAY = re.compile(r"(上上|上|本|这|)(?:个)?(?:周|星期|礼拜)([一二三四五六日天])")
_RANGE = re.compile(r"\s*(?:[~～—–至到、,，;；]+|-{2,}|(?<=[日号])-|(?<=\d)\s+-\s+)\s*")
_FIRST, _LAST = date(1990, 1, 1), date(2100, 12, 31)
_EPOCHS = {"1900": date(1899, 12, 30), "1904": date(1904, 1, 1)}
_HALF_A_YEAR = 6


@dataclass(frozen=True, slots=True)
class Rule:
    """What is known about a list's dates beside the texts; None where unknown.

    `month` is the month in a title beside its year; `start` the workbook's first day of serial
    numbers; `written_on` the day from which 昨天 counts; `tenths` that 9.3 is no 9.30 with its zero lost.
    """

    year: int | None = None
    month: int | None = None
    order: Order | None = None
    start: Literal["1900", "1904"] | None = None
    written_on: date | None = None
    tenths: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """What a text says: its day, or the question that would decide it; `remark` is a code.

    `day` None and `question` None: no date at all, or one that no answer makes clear.
    `complete` means that the text alone states year, month and day.
    """

    day: date | None = None
    question: Question | None = None
    remark: str = ""
    complete: bool = False


_UNCLEAR = Found()
KNOW_NOTHING = Rule()


def read_date(text: str) -> date | None:
    """Return the date a text states in full (year, month, day), or None.

    Examples
    --------
    >>> read_date("2017年9月3日"), read_date("2017/9/3 08:30"), read_date("20170903")
    (datetime.date(2017, 9, 3), datetime.date(2017, 9, 3), datetime.date(2017, 9, 3))
    >>> read_date("2019-03-26?"), read_date("9月3日"), read_date("03/04/2017") is None
    (None, None, True)
    """
    found = find_date(text)
    return found.day if found.complete else None


def find_date(text: str, rule: Rule = KNOW_NOTHING) -> Found:
    """Return what a text says about a day, under what is known about its list.

    Examples
    --------
    >>> find_date("二〇一七年九月三日").day, find_date("17.9.3").day
    (datetime.date(2017, 9, 3), datetime.date(2017, 9, 3))
    >>> find_date("9月3日").question, find_date("9月3日", Rule(year=2017)).day
    ('year', datetime.date(2017, 9, 3))
    >>> find_date("9月3日-5日", Rule(year=2017))
    Found(day=datetime.date(2017, 9, 3), question=None, remark='range', complete=False)
    """
    folded = _arabic(unicodedata.normalize("NFKC", text).strip())
    if not folded or len(folded) > 60:
        return _UNCLEAR
    found = _single(folded, rule)
    if found != _UNCLEAR:
        return found
    first, *rest = _RANGE.split(folded, maxsplit=1)
    if not rest or not first or not re.search(r"\d|天|日|旬|[周期]", rest[0]):
        first, rest = _hyphen_range(folded)
    if not rest:
        return _UNCLEAR
    # The year may be written once, behind the range's end; it is taken from the front only.
    found = _single(first.strip(), rule)
    if found == _UNCLEAR:
        return _UNCLEAR
    return Found(found.day, found.question, found.remark or "range", found.complete)


def _hyphen_range(folded: str) -> tuple[str, list[str]]:
    """Split 9.3-9.5 and 2017.9.3-2017.9.5, whose halves have another mark inside."""
    match = re.fullmatch(r"(\d[\d./年月]*[./月]\d+[日号]?)\s*-\s*((?:\d[\d./年月]*)?\d+[日号]?)", folded)
    return (match.group(1), [match.group(2)]) if match else ("", [])


def _single(folded: str, rule: Rule) -> Found:
    # As written first: the 周五 of 上周五 is no remark beside a date.
    for bare in dict.fromkeys((folded, _without_time(folded))):
        for reader in (_full, _month_day, _relative):
            found = reader(bare, rule)
            if found is not None:
                return found
    return _UNCLEAR


def _without_time(folded: str) -> str:
    bare, before = folded, None
    while bare != before:
        before = bare
        # The date stands in front: what is left must begin where the text began.
        match = next((m for m in _TIME.finditer(bare) if m.start() > 0), None)
        if match and not bare[match.end() :].strip(" )Z"):
            bare = bare[: match.start()].strip(" (T")
        elif match:
            bare = (bare[: match.start()] + " " + bare[match.end() :]).strip()
    return bare


def _full(text: str, rule: Rule) -> Found | None:
    if match := _YMD.fullmatch(text) or _COMPACT.fullmatch(text):
        year, month, day = map(int, match.groups())
        return _stated(year, month, day)
    if match := _SHORT.fullmatch(text):
        year, month, day = map(int, match.groups())
        return _stated(2000 + year, month, day)
    if match := _NAMED.fullmatch(text):
        return _named_month(match)
    if match := _TENDAYS.fullmatch(text):
        return _ten_days(match, rule)
    if match := _THREE.fullmatch(text) or _SIX.fullmatch(text):
        return _three_numbers(match.groups(), rule)
    if _SERIAL.fullmatch(text):
        return _serial(text, rule)
    return None


def _stated(year: int, month: int, day: int, remark: str = "") -> Found:
    found = _day(year, month, day)
    return Found(found, remark=remark, complete=True) if found else Found(remark="no_such_day")


def _day(year: int, month: int, day: int) -> date | None:
    try:
        found = date(year, month, day)
    except ValueError:
        return None
    return found if _FIRST <= found <= _LAST else None


def _named_month(match: re.Match[str]) -> Found | None:
    day, name, name_first, day_after, year = match.groups()
    month = _MONTHS.get((name or name_first)[:3].lower())
    if month is None:
        return None
    return _stated(int(year) if len(year) == 4 else 2000 + int(year), month, int(day or day_after))


def _three_numbers(groups: tuple[str, ...], rule: Rule) -> Found:
    """Read three numbers: 17.9.3 can only begin with the year, 03/04/2017 needs an order."""
    days = dict(_orders(groups))
    possible = set(days.values())
    if rule.order in days:
        return Found(days[rule.order], complete=False)
    if len(possible) > 1 and rule.year:
        near = {found for found in possible if found.year == rule.year}
        possible = near if len(near) == 1 else possible
    if len(possible) == 1:
        return Found(possible.pop(), complete=False)
    return Found(question="order") if possible else Found(remark="no_such_day")


def _orders(groups: tuple[str, ...]) -> Iterator[tuple[Order, date]]:
    first, middle, last = groups
    a, b, c = int(first), int(middle), int(last)
    year_last = c if len(last) == 4 else 2000 + c if len(last) == 2 else None
    if len(first) == 2 and len(last) < 4 and (found := _day(2000 + a, b, c)):
        yield "ymd", found
    if year_last is not None:
        if found := _day(year_last, b, a):
            yield "dmy", found
        if found := _day(year_last, a, b):
            yield "mdy", found


def orders_of(text: str) -> frozenset[Order] | None:
    """Return the orders in which three numbers make a day; None where a text is no such date."""
    bare = _without_time(_arabic(unicodedata.normalize("NFKC", text).strip()))
    match = _THREE.fullmatch(bare) or _SIX.fullmatch(bare)
    return frozenset(order for order, _ in _orders(match.groups())) if match else None


def _ten_days(match: re.Match[str], rule: Rule) -> Found:
    year, month, which = match.groups()
    day = {"上": 1, "中": 11, "下": 21}[which]
    if year:
        return _stated(int(year), int(month), day, "ten_days")
    return _with_year(int(month), day, rule, "ten_days")


def _serial(text: str, rule: Rule) -> Found:
    days = {start: first + timedelta(days=int(float(text))) for start, first in _EPOCHS.items()}
    if rule.start:
        return Found(days[rule.start], remark="serial")
    fits = [day for day in days.values() if day.year == rule.year]
    return Found(fits[0], remark="serial") if len(fits) == 1 else Found(question="start")


def _month_day(text: str, rule: Rule) -> Found | None:
    if match := _MONTH_DAY.fullmatch(text):
        month, day = int(match.group(1)), int(match.group(2) or match.group(3))
        if _day(2016, month, day) is None:
            return Found(remark="no_such_day")
        if re.fullmatch(r"\d{1,2}\.[123]", text) and not rule.tenths:
            # A number cell loses its last zero: 9.3 may be the 3rd or the 30th.
            return Found(question="tenths")
        return _with_year(month, day, rule)
    if (match := _DAY_ONLY.fullmatch(text)) and rule.year and rule.month:
        found = _day(rule.year, rule.month, int(match.group(1)))
        return Found(found, remark="month_of_title") if found else Found(remark="no_such_day")
    return None


def _with_year(month: int, day: int, rule: Rule, remark: str = "") -> Found:
    if rule.year is None:
        return Found(question="year", remark=remark)
    if rule.month and abs(month - rule.month) > _HALF_A_YEAR:
        # A list of December naming January: of this year or of the next?
        return Found(remark="far_from_title")
    found = _day(rule.year, month, day)
    return Found(found, remark=remark) if found else Found(remark="no_such_day")


def _relative(text: str, rule: Rule) -> Found | None:
    away = next((days for word, days in _RELATIVE.items() if text == word), None)
    week = _WEEKDAY.fullmatch(text)
    if away is None and week is None:
        return None
    if rule.written_on is None:
        return Found(question="written_on")
    if away is not None:
        return Found(rule.written_on + timedelta(days=away), remark="relative")
    assert week is not None
    back = {"上上": 2, "上": 1}.get(week.group(1), 0)
    monday = rule.written_on - timedelta(days=rule.written_on.weekday() + 7 * back)
    return Found(monday + timedelta(days=min("一二三四五六日天".index(week.group(2)), 6)), remark="relative")


def _arabic(text: str) -> str:
    """Return a text whose Chinese numerals before 年 月 日 号 are digits: 二〇一七年九月三日, 廿三日."""
    text = re.sub(
        r"[零〇○一二三四五六七八九]{2,4}(?=年)", lambda m: "".join(_DIGITS[c] for c in m.group()), text
    )
    return re.sub(r"[零〇○一二三四五六七八九十廿卅]+(?=[月日号上中下])", lambda m: _small(m.group()), text)


def _small(numeral: str) -> str:
    written = numeral.replace("廿", "二十").replace("卅", "三十")
    if "十" in written:
        tens, _, ones = written.partition("十")
        if (tens not in _DIGITS and tens) or (ones not in _DIGITS and ones):
            return numeral
        return str(int(_DIGITS.get(tens, "1")) * 10 + int(_DIGITS.get(ones, "0")))
    digits = "".join(_DIGITS.get(char, "") for char in written)
    return digits if len(digits) <= 2 else numeral


def year_in(text: str) -> tuple[int | None, int | None]:
    """Return the one year, and the one month beside it, that a title or file name states.

    Examples
    --------
    >>> year_in("如意湖2017年9月问题台账"), year_in("二〇一七年度台账"), year_in("2016-2017年台账")
    ((2017, 9), (2017, None), (None, None))
    >>> year_in("台账20170903"), year_in("台账")
    ((2017, 9), (None, None))
    """
    folded = _arabic(unicodedata.normalize("NFKC", text))
    pattern = r"(?<!\d)((?:19|20)\d{2})(?:\s*(?:年度?|[-./])\s*(?:(\d{1,2})(?:\s*月|[-./]\d{1,2}(?!\d)))?|(\d{2})\d{2}(?!\d)|(?!\d))"
    found = [(int(m.group(1)), m.group(2) or m.group(3)) for m in re.finditer(pattern, folded)]
    years = {year for year, _ in found}
    if len(years) != 1:
        return None, None
    months = {int(month) for _, month in found if month and 1 <= int(month) <= 12}
    return years.pop(), months.pop() if len(months) == 1 else None
