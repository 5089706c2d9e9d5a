"""Exceptions of the spatial domain, for broken contracts only.

Outcomes that people must handle (a text that could not be placed, a row that could not be read)
are values, never exceptions. A message says what was wrong, the value, and what is accepted, in English
(`str(error)`, for logs and Python's callers) and in Chinese (`error.zh`, for the office).

::

    QingtuError
    ├── CalibrationError  a confidence table that is damaged, or too few cases to fit one
    ├── CrsError          a frame or file without a CRS, or with another one than stated
    ├── DatumError        an unknown datum name, or coordinates that contradict the stated datum
    ├── FrameError        a table without the columns its contract asks for (all violations at once)
    ├── GazetteerError    a gazetteer file that cannot be read or built
    ├── InputError        a number, shape or choice outside of what is accepted; also a ValueError
    ├── PartitionError    a run over partitions that cannot go on, or results that do not belong to it
    └── ZoneError         borders that cannot be used
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Fault(NamedTuple):
    """One sentence about what is wrong, in both languages."""

    en: str
    zh: str


def listed(faults: Sequence[Fault], *, most: int | None = None) -> Fault:
    """Return faults as one, the first `most` of them and how many more there are.

    Examples
    --------
    >>> listed([Fault("no code", "没有代码"), Fault("no name", "没有名称")], most=1)
    Fault(en='no code (and 1 more)', zh='没有代码（还有 1 处）')
    """
    shown = faults[:most]
    rest = len(faults) - len(shown)
    return Fault(
        "; ".join(fault.en for fault in shown) + (f" (and {rest} more)" if rest else ""),
        "；".join(fault.zh for fault in shown) + (f"（还有 {rest} 处）" if rest else ""),
    )


class QingtuError(Exception):
    """Base of all errors a user can act on; the message says what was wrong and what is accepted.

    Parameters
    ----------
    words
        The message in English.
    zh
        The same in Chinese; "" where `words` are in the reader's language already.
    """

    def __init__(self, words: str = "", *, zh: str = "") -> None:
        super().__init__(words)
        # an attribute, not an argument: so it survives the way back from a worker process
        self.zh = zh


class CalibrationError(QingtuError):
    """A confidence table is damaged, or there are too few cases to fit one."""


class CrsError(QingtuError):
    """A frame or file has no CRS, or another one than the caller stated."""


class DatumError(QingtuError):
    """An unknown datum name, or coordinates that contradict the stated datum."""


class FrameError(QingtuError):
    """A table lacks what its contract asks for; the message lists every violation."""


class GazetteerError(QingtuError):
    """A gazetteer file cannot be read or built."""


class InputError(QingtuError, ValueError):
    """A number, shape or choice is outside of what is accepted: what a user may have stated or drawn."""


class PartitionError(QingtuError):
    """A run over partitions cannot go on, or its folder holds results of another run."""


class ZoneError(QingtuError):
    """Borders cannot be used as they are."""
