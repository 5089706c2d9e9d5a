"""The file: what is written comes back, and anything else is refused with a reason."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from geodata.errors import GazetteerError
from geodata.gazetteer import Gazetteer
from geodata.gazetteer.container import read_container, text_arrays, write_container
from geodata.gazetteer.model import FORMAT


def _write(path: Path) -> Path:
    arrays = {"xy": np.arange(6.0).reshape(3, 2), **text_arrays("name", ["路", "", "ab"])}
    write_container(path, arrays, {"format": 1, "words": "清图"})
    return path


def test_round_trip(tmp_path: Path) -> None:
    file = read_container(_write(tmp_path / "a.qgz"))
    assert file.texts("name") == ["路", "", "ab"]
    assert file.blob("name", 2) == b"ab"
    assert file.arrays["xy"].tolist() == [[0, 1], [2, 3], [4, 5]]
    assert file.meta["words"] == "清图"


def test_every_flipped_byte_is_noticed(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.qgz")
    raw = path.read_bytes()
    body = raw.rstrip(b"\x00")
    for at in range(0, len(body), 37):
        damaged = bytearray(raw)
        damaged[at] ^= 0x5A
        (tmp_path / "b.qgz").write_bytes(bytes(damaged))
        try:
            file = read_container(tmp_path / "b.qgz")
        except GazetteerError:
            continue
        # A changed space in the header's padding or a changed word of meta is no damage to the arrays.
        assert file.arrays["xy"].shape == (3, 2)
        assert at < 16 + int.from_bytes(raw[8:16], "little")


@pytest.mark.parametrize("keep", [0, 5, 20, -1])
def test_cut_short(tmp_path: Path, keep: int) -> None:
    path = _write(tmp_path / "a.qgz")
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(GazetteerError):
        read_container(path)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 not a gazetteer at all", b"\x80\x04\x95pickle"])
def test_other_files_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.qgz"
    path.write_bytes(content)
    with pytest.raises(GazetteerError, match="not a gazetteer"):
        Gazetteer.open(path)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(GazetteerError, match="cannot read"):
        Gazetteer.open(tmp_path / "none.qgz")


def test_other_format_is_refused(tmp_path: Path) -> None:
    write_container(tmp_path / "a.qgz", {"xy": np.zeros((1, 2))}, {"format": 99, "crs": 4547, "aliases": {}})
    with pytest.raises(GazetteerError, match="format 99"):
        Gazetteer.open(tmp_path / "a.qgz")


def test_missing_tables_are_refused(tmp_path: Path) -> None:
    meta = {"format": FORMAT, "crs": 4547, "aliases": {}, "bounds": [0, 0, 1, 1]}
    write_container(tmp_path / "a.qgz", {"xy": np.zeros((1, 2))}, meta)
    with pytest.raises(GazetteerError, match="damaged"):
        Gazetteer.open(tmp_path / "a.qgz")


def test_no_half_file_is_left_behind(tmp_path: Path) -> None:
    with pytest.raises(GazetteerError, match="type"):
        write_container(tmp_path / "a.qgz", {"bad": np.array(["x"])}, {})
    assert list(tmp_path.iterdir()) == []
