"""The asking side: a file to the JSON that its parser prints, or a refusal in words."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from geodata.errors import QingtuError
from service.confined.process import TIMEOUT_S, DiedError, TooSlowError, run_confined
from service.words import tr

MAX_FILE_BYTES = 64 * 2**20
Reasons = Mapping[str, tuple[str, str]]
# What can befall any file; a parser's own codes come beside them.
_COMMON: Reasons = {
    "too_large": ("内容超过上限", "it exceeds the limits"),
    "too_slow": ("读取超时", "reading took too long"),
    "unreadable": ("文件损坏或格式不对", "it is broken or of another format"),
}


class UnreadableError(QingtuError):
    """A file that cannot be read as what it should be; the message says why and what to do."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.code = code


def refusal(code: str, *, name: str, reasons: Reasons, detail: str = "") -> UnreadableError:
    """Return the refusal of a file in the user's language.

    Parameters
    ----------
    code
        One of `reasons`, or `too_large`, `too_slow`, `unreadable`.
    name
        The file's name as the user knows it.
    reasons
        Code -> why and what to do, Chinese and English; may replace the common words.
    """
    zh, en = {**_COMMON, **reasons}[code]
    more = f"（{detail}）" if detail else ""
    words = tr(f"读不了 {name}：{zh}{more}", f"cannot read {name}: {en} {more}".strip())
    return UnreadableError(code, words)


def sha256_of(path: Path) -> str:
    """Return the hash of a file's bytes, in hexadecimal."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def read_confined(
    module: str, path: Path, *, name: str, reasons: Reasons, timeout_s: float = TIMEOUT_S
) -> dict[str, Any]:
    """Return what the parser `module` says of a file.

    Raises
    ------
    UnreadableError
        If the file is missing or too large, the parser refused it or did not come back.
    """
    if not path.is_file():
        raise UnreadableError("missing_file", tr(f"找不到文件 {name}", f"there is no file {name}"))

    def refused(code: str, detail: str = "") -> UnreadableError:
        return refusal(code, name=name, reasons=reasons, detail=detail)

    if path.stat().st_size > MAX_FILE_BYTES:
        raise refused("too_large", f"{MAX_FILE_BYTES // 2**20} MB")
    try:
        answer = run_confined(module, path, timeout_s=timeout_s)
    except TooSlowError as error:
        raise refused("too_slow", f"{timeout_s:g} s") from error
    except DiedError as error:
        raise refused("too_large") from error
    if "error" in answer:
        raise refused(answer["error"], answer.get("detail", ""))
    return answer
