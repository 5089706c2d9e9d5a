"""Write an office's own confidence table into a compiled gazetteer, or take it out again."""

from __future__ import annotations

from pathlib import Path

from geodata.gazetteer.container import read_container, write_container


def set_confidence(path: str | Path, table: str | None) -> None:
    """Keep a confidence table (CSV text) in a gazetteer file; None puts the shipped one in force again.

    Building the gazetteer anew leaves the table behind: calibrate again, the new one knows other places.

    Raises
    ------
    GazetteerError
        If the file cannot be read or written.
    """
    file = read_container(Path(path))
    meta = {key: value for key, value in file.meta.items() if key != "confidence"}
    if table is not None:
        meta["confidence"] = table
    write_container(Path(path), dict(file.arrays), meta)
