"""Uploaded lists on disk: streamed to a file of our own naming, kept until imported or a day old."""

from __future__ import annotations

import re
import shutil
import time
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import BinaryIO
from uuid import UUID, uuid4

from service.errors import NotFound
from service.words import tr

_KEEP_SECONDS = 24 * 3600
_SUFFIX = re.compile(r"\.[a-z0-9]{1,8}")


def shown_name(name: str | None) -> str:
    """Return a file name fit to be stored and shown: no path, no control characters, at most 200 long."""
    base = PureWindowsPath(PurePosixPath(name or "").name).name
    clean = "".join(char for char in base if char.isprintable() and not "\ud800" <= char <= "\udfff")
    return clean[-200:] or tr("未命名", "unnamed")


def keep_upload(
    directory: Path, stream: BinaryIO, *, name: str, ending: str | None = None
) -> tuple[UUID, Path]:
    """Copy an upload to disk and return its id and path; old leftovers are removed.

    Parameters
    ----------
    ending
        The ending that tells the format; None takes it from the name.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    drop_old(directory)
    upload_id, suffix = uuid4(), (ending or Path(name).suffix).lower()
    # The ending tells the reader the format; the rest of the name is never used as a path.
    path = directory / f"{upload_id}{suffix if _SUFFIX.fullmatch(suffix) else ''}"
    with path.open("xb") as target:
        shutil.copyfileobj(stream, target, 1024 * 1024)
    (directory / f"{upload_id}.name").write_text(name, encoding="utf-8")
    return upload_id, path


def find_upload(directory: Path, upload_id: UUID) -> tuple[Path, str]:
    """Return path and shown name of an upload kept by a preview.

    Raises
    ------
    NotFound
        If it is gone: previews are kept for a day.
    """
    paths = [path for path in directory.glob(f"{upload_id}*") if path.suffix != ".name"]
    note = directory / f"{upload_id}.name"
    if len(paths) != 1 or not note.is_file():
        raise NotFound(tr("预览已过期，请重新上传", "the preview is gone, upload the file again"))
    return paths[0], note.read_text(encoding="utf-8")


def drop_upload(directory: Path, upload_id: UUID) -> None:
    """Remove an upload that is no longer needed."""
    for path in directory.glob(f"{upload_id}*"):
        path.unlink(missing_ok=True)


def keep_for_good(directory: Path, path: Path, *, digest: str) -> str:
    """Copy an upload to where nothing removes it, and return its name there, from `directory`.

    For lists that were neither imported nor refused: sent under an id that stands for another list. The
    same list is kept once.
    """
    kept = directory / "conflicts" / f"{digest}{path.suffix}"
    kept.parent.mkdir(mode=0o700, exist_ok=True)
    draft = kept.with_name(f"{path.name}.new")
    shutil.copyfile(path, draft)
    draft.replace(kept)
    return kept.relative_to(directory).as_posix()


def drop_old(directory: Path) -> None:
    """Remove uploads that nobody imported within a day."""
    limit = time.time() - _KEEP_SECONDS
    for path in directory.iterdir():
        if path.is_file() and path.stat().st_mtime < limit:
            path.unlink(missing_ok=True)
