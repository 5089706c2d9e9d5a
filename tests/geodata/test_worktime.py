"""The four clocks against hand-counted moments and a minute-by-minute count."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.worktime import OFFICE_ZONE, OPENING_HOURS, add_limit, add_working_hours


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=OFFICE_ZONE)


@pytest.mark.parametrize(("start", "value", "clock", "due"), [
    ("2017-11-10 09:00", 4, "紧急工作时", "2017-11-10 13:00"),
    ("2017-11-10 09:00", 4, "工作时", "2017-11-10 15:00"),     # noon does not count
    ("2017-11-10 17:00", 2, "工作时", "2017-11-13 09:00"),     # Friday evening to Monday
    ("2017-11-11 12:00", 1, "工作时", "2017-11-13 09:00"),     # reported on a Saturday
    ("2017-11-10 07:00", 8, "工作时", "2017-11-10 18:00"),     # used up at closing time, not the next morning
    ("2017-11-08 10:00", 1, "工作日", "2017-11-09 10:00"),
    ("2017-11-10 10:00", 3, "自然日", "2017-11-13 10:00"),
])  # fmt: skip
def test_hand_counted(start, value, clock, due):
    assert add_limit(at(start), value, clock) == at(due)


def test_no_case_no_limit():
    assert add_limit(at("2017-11-10 10:00"), 1, "不立案") is None


@given(st.integers(0, 20 * 24 * 60), st.integers(1, 40 * 60))
def test_working_minutes_agree_with_counting_them(start_minute, minutes):
    start = at("2017-11-01 00:00") + timedelta(minutes=start_minute)
    moment, counted = start, 0
    while counted < minutes:
        open_now = moment.weekday() < 5 and any(a <= moment.time() < b for a, b in OPENING_HOURS)
        counted += open_now
        moment += timedelta(minutes=1)
    assert abs(add_working_hours(start, minutes / 60) - moment) < timedelta(milliseconds=1)
