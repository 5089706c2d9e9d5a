"""Members of a zip archive in memory, bounded: nothing is unpacked to disk, whatever the names say."""

from __future__ import annotations

import io
import zipfile
import zlib

from geodata.vector.model import FormatError

_MAX_MEMBERS = 400
_MAX_UNPACKED = 128 * 2**20


def members_of(content: bytes, *, endings: tuple[str, ...]) -> dict[str, bytes]:
    """Return the files of an archive whose names have one of some endings, by their path, sorted.

    Parameters
    ----------
    endings
        In lower case.

    Raises
    ------
    FormatError
        If the archive is broken or encrypted, a name leaves its folder, or it unpacks to more than
        128 MB; sizes are counted while unpacking, not believed.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            if len(entries) > _MAX_MEMBERS:
                raise FormatError("too_large", f"> {_MAX_MEMBERS} 个文件")
            if any(_leaves(_name(entry)) for entry in entries):
                raise FormatError("unsafe_archive")
            wanted = [
                entry for entry in entries if _name(entry).lower().endswith(endings) and not entry.is_dir()
            ]
            found: dict[str, bytes] = {}
            left = _MAX_UNPACKED
            for entry in sorted(wanted, key=_name):
                with archive.open(entry) as member:
                    data = member.read(left + 1)
                left -= len(data)
                if left < 0:
                    raise FormatError("too_large", f"> {_MAX_UNPACKED // 2**20} MB")
                found[_name(entry)] = data
    except FormatError:
        raise
    except (
        zipfile.BadZipFile,
        zlib.error,
        RuntimeError,
        NotImplementedError,
        EOFError,
        OSError,
        ValueError,
    ) as error:
        # ValueError: a name that is not the UTF-8 it claims to be.
        raise FormatError("bad_archive") from error
    return found


def _name(entry: zipfile.ZipInfo) -> str:
    """Return a member's name; without the UTF-8 flag it is GBK more often than code page 437."""
    if entry.flag_bits & 0x800:
        return entry.filename
    try:
        return entry.filename.encode("cp437").decode("gb18030")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return entry.filename


def _leaves(name: str) -> bool:
    plain = name.replace("\\", "/")
    return plain.startswith("/") or ".." in plain.split("/") or plain[1:3] == ":/"
