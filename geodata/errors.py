"""Exceptions of the spatial domain, for broken contracts only.

Outcomes that people must handle (a text that could not be placed, a row that could not be read)
are values, never exceptions.

::

    QingtuError
    ├── CalibrationError  a confidence table that is damaged, or too few cases to fit one
    ├── CrsError          a frame or file without a CRS, or with another one than stated
    ├── DatumError        an unknown datum name, or coordinates that contradict the stated datum
    ├── FrameError        a table without the columns its contract asks for (all violations at once)
    ├── GazetteerError    a gazetteer file that cannot be read or built
    ├── PartitionError    a run over partitions that cannot go on, or results that do not belong to it
    └── ZoneError         borders that cannot be used
"""


class QingtuError(Exception):
    """Base of all errors a user can act on; the message says what was wrong and what is accepted."""


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


class PartitionError(QingtuError):
    """A run over partitions cannot go on, or its folder holds results of another run."""


class ZoneError(QingtuError):
    """Borders cannot be used as they are."""
