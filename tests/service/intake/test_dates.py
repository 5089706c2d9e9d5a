"""Dates in every style: read where the text and its list make them clear, asked or left where they do not."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.intake.dates import Rule, find_date, orders_of, read_date, year_in

KNOWN = Rule(year=2017)
DIGITS = "〇一二三四五六七八九"


def chinese(number):
    """A day or month in Chinese numerals, by the rule of the numerals themselves."""
    tens, ones = divmod(number, 10)
    front = "" if tens == 0 else "十" if tens == 1 else f"{DIGITS[tens]}十"
    return front + (DIGITS[ones] if ones else "")


DAYS = st.dates(min_value=date(2000, 1, 1), max_value=date(2099, 12, 31))


@given(DAYS)
def test_a_full_date_is_read_in_every_style(day):
    y, m, d = day.year, day.month, day.day
    numerals = "".join(DIGITS[int(digit)] for digit in str(y))
    for text in (
        f"{y}年{m}月{d}日", f"{y}.{m}.{d}", f"{y}/{m:02}/{d:02}", f"{y}{m:02}{d:02}", f"{y}-{m}-{d} 上午9:30",
        f"{numerals}年{chinese(m)}月{chinese(d)}日", f"{y % 100:02}年{m}月{d}号", f"{y}年{m}月{d}日（星期一）下午3点半",
    ):  # fmt: skip
        assert read_date(text) == day, text


@given(DAYS)
def test_a_date_without_a_year_asks_or_takes_the_stated_one(day):
    text = f"{day.month}月{day.day}日"
    assert find_date(text).question == "year"
    assert find_date(text, Rule(year=day.year)).day == day
    assert read_date(text) is None


@given(DAYS)
def test_three_numbers_are_read_only_in_an_order_that_is_known_or_alone(day):
    text = f"{day.day:02}/{day.month:02}/{day.year}"
    found = find_date(text)
    swapped = day.day <= 12 and day.day != day.month
    assert (found.question == "order") == swapped
    if not swapped:
        assert found.day == day
    assert find_date(text, Rule(order="dmy")).day == day


@given(st.integers(min_value=20_000, max_value=59_999))
def test_a_serial_number_counts_from_the_stated_start(number):
    assert find_date(str(number)).question == "start"
    assert find_date(str(number), Rule(start="1900")).day == date(1899, 12, 30) + timedelta(days=number)
    assert find_date(str(number), Rule(start="1904")).day == date(1904, 1, 1) + timedelta(days=number)


@pytest.mark.parametrize(
    ("text", "day", "remark"),
    [
        ("9月3日-5日", (9, 3), "range"), ("9月3日至10月5日", (9, 3), "range"), ("2017.9.3-9.5", (9, 3), "range"),
        ("9月上旬", (9, 1), "ten_days"), ("九月下旬", (9, 21), "ten_days"), ("2017-09-03~2017-09-05", (9, 3), "range"),
    ],
)  # fmt: skip
def test_a_span_gives_its_first_day_and_says_so(text, day, remark):
    found = find_date(text, KNOWN)
    assert (found.day, found.remark) == (date(2017, *day), remark)


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("今天", 0),
        ("昨天", -1),
        ("昨日 10:30", -1),
        ("前天", -2),
        ("上周五", -5),
        ("周一", -2),
        ("本周日", 4),
    ],
)
def test_relative_days_count_from_the_day_of_writing(text, days):
    written = date(2017, 9, 6)  # a Wednesday
    assert find_date(text).question == "written_on"
    assert find_date(text, Rule(written_on=written)).day == written + timedelta(days=days)


@pytest.mark.parametrize(
    "text",
    ["", "长期", "9月", "2月30日", "2017年13月1日", "10:30", "?", "2017-09-03?", "三月", "九十", "年月日"],
)
def test_what_is_no_day_stays_a_text(text):
    found = find_date(text, KNOWN)
    assert (found.day, found.question) == (None, None)


def test_a_number_that_may_have_lost_a_zero_is_asked():
    assert find_date("9.3", KNOWN).question == "tenths"
    assert find_date("9.3", Rule(year=2017, tenths=True)).day == date(2017, 9, 3)
    assert find_date("9.4", KNOWN).day == date(2017, 9, 4)


def test_january_in_a_list_of_december_is_left():
    assert find_date("1月3日", Rule(year=2017, month=12)).remark == "far_from_title"
    assert find_date("11月3日", Rule(year=2017, month=12)).day == date(2017, 11, 3)


def test_orders_and_years_of_titles():
    assert orders_of("03/04/2017") == {"dmy", "mdy"}
    assert orders_of("17.9.3") == {"ymd"}
    assert orders_of("2017-09-03") is None
    assert year_in("2017年9月—2018年1月台账") == (None, None)


@given(
    st.text(max_size=40),
    st.sampled_from([Rule(), KNOWN, Rule(2017, 9, "dmy", "1900", date(2017, 9, 3), True)]),
)
def test_no_text_breaks_the_reader_and_every_day_is_sensible(text, rule):
    found = find_date(text, rule)
    assert found.day is None or found.question is None
    assert found.day is None or 1904 <= found.day.year <= 2100
