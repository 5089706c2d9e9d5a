"""One character to its plain form: full width, traditional, dashes, brackets, spaces.

Characters are mapped one by one, never in context, so that offsets stay exact. Traditional
characters follow the one-to-one table of OpenCC (`geodata/reference/traditional.txt`); phrases that
need context are left alone, which is harmless here because names and texts go the same way.
"""

from __future__ import annotations

import unicodedata
from importlib.resources import files

# Marks that people use for the same thing. Values are what the reader's grammar expects.
_MARKS: dict[str, str] = {
    **dict.fromkeys("-‐‑‒–—―−－﹣⁃─━", "-"),
    **dict.fromkeys("~～〜∼˜∽〰", "~"),
    **dict.fromkeys("([{（［｛【〔〖〈《﹙<＜", "("),
    **dict.fromkeys(")]}）］｝】〕〗〉》﹚>＞", ")"),
    **dict.fromkeys(",，﹐،", ","),
    **dict.fromkeys(";；﹔|｜¦", ";"),
    **dict.fromkeys("。｡!！?？…⋯", ";"),
    **dict.fromkeys(":：﹕", ":"),
    **dict.fromkeys("、､﹑", "、"),
    **dict.fromkeys("×✕✖╳⨯", "×"),
    **dict.fromkeys("·•・‧∙⋅●", "·"),
    **dict.fromkeys("&＆", "&"),
    **dict.fromkeys("/／\\＼∕⁄", "/"),
    **dict.fromkeys("+＋", "+"),
    **dict.fromkeys("→⇒➔➜", "至"),
    **dict.fromkeys("\"'“”‘’「」『』＂＇`´", ""),
    **dict.fromkeys("〇○◯", "零"),
    # the figure of a list's item: what follows is another place
    **dict.fromkeys("①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳⒈⒉⒊⒋⒌⒍⒎⒏⒐⒑⑴⑵⑶⑷⑸⑹⑺⑻⑼⑽❶❷❸❹❺❻❼❽❾❿", ";"),
}  # fmt: skip


def _traditional() -> dict[str, str]:
    """Return the map from traditional to simplified characters."""
    text = files("geodata").joinpath("reference/traditional.txt").read_text(encoding="utf-8")
    traditional, simplified = text.split("\n")[:2]
    return dict(zip(traditional, simplified, strict=True))


class PlainForms(dict[int, str]):
    """Map from a code point to its plain form (possibly empty, possibly several characters).

    A table for `str.translate`. Filled on demand; a pure function of the character, so sharing it
    between threads is safe.
    """

    def __init__(self) -> None:
        super().__init__()
        self._traditional = _traditional()

    def __missing__(self, code: int) -> str:
        plain = self[code] = self._plain(chr(code))
        return plain

    def _plain(self, character: str) -> str:
        if character in _MARKS:
            return _MARKS[character]
        if unicodedata.category(character)[0] in "ZC":
            # Spaces become one space here and are dropped later, where that joins no two words.
            # Control characters, zero-width marks and lone surrogates say nothing about a place.
            return " " if character.isspace() else ""
        folded = unicodedata.normalize("NFKC", character)
        return "".join(
            _MARKS.get(part, self._traditional.get(part, part)) for part in folded if not part.isspace()
        )


PLAIN = PlainForms()
