"""Chinese numerals to digits, only where they count something.

二十米 is a number, 十七大街 and 二七区 are names: a numeral is only rewritten when a unit follows.
"""

from __future__ import annotations

_DIGIT = {char: value for value, char in enumerate("零一二三四五六七八九")} | {
    "两": 2,
    "壹": 1,
    "贰": 2,
    "叁": 3,
}
_POWER = {"十": 10, "百": 100, "千": 1000}
NUMERAL = "零一二三四五六七八九十百千两"


def number_of(text: str) -> str | None:
    """Return the digits of a Chinese numeral, or None if it is not one.

    Parameters
    ----------
    text
        Plain numerals such as 二十五, 一百零三, 一零七, 三点五; at most nine characters.

    Examples
    --------
    >>> number_of("二十五"), number_of("一百零三"), number_of("一零七"), number_of("三点五")
    ('25', '103', '107', '3.5')
    """
    whole, point, fraction = text.partition("点")
    if not whole or len(text) > 9:
        return None
    value = _whole(whole)
    if value is None or not point:
        return value
    digits = _in_a_row(fraction)
    return None if digits is None else f"{value}.{digits}"


def _in_a_row(text: str) -> str | None:
    """Return 一零七 as 107, or None if there is anything but digits."""
    digits = [_DIGIT.get(char) for char in text]
    return None if not digits or None in digits else "".join(map(str, digits))


def _whole(text: str) -> str | None:
    if not any(char in _POWER for char in text):
        return _in_a_row(text)
    total, digit = 0, None
    last_power = 10_000
    for char in text:
        if char in _POWER:
            power = _POWER[char]
            if power >= last_power or digit == 0:
                return None
            # 十五 is 15: only a leading ten may stand without a digit before it
            if digit is None and not (power == 10 and total == 0):
                return None
            total += (1 if digit is None else digit) * power
            digit, last_power = None, power
        elif char == "零":
            digit = None
        elif char in _DIGIT and digit is None:
            digit = _DIGIT[char]
        else:
            return None
    # 一百五 is 150, 一百零五 is 105
    tail = digit or 0
    if digit and last_power > 10 and text[-2] in _POWER:
        tail = digit * last_power // 10
    return str(total + tail)
