"""Tokens for addok that keep Chinese: a processor for both sides, and no folding to pinyin.

addok folds names and queries with Unidecode (中原 becomes "Zhong Yuan "), each side at another point.
Here both sides are folded by `fold` alone, and `tokens` cuts the folded text.
"""

import os
import re
import unicodedata
from functools import lru_cache

import addok.helpers.text as addok_text
import jieba

_RUNS = re.compile(r"[a-z]+|\d+|[\u3400-\u9fff]+")


def fold(text):
    """Return a text in half-width lower case."""
    return unicodedata.normalize("NFKC", str(text)).lower()


# `ascii` is applied to the query before the processors, and to labels before they are compared.
addok_text.unidecode = fold


@lru_cache(maxsize=1)
def _cutter():
    jieba.setLogLevel(60)
    cutter = jieba.Tokenizer()
    words = os.environ.get("PEER_WORDS")
    if words:
        cutter.load_userdict(words)
    return cutter


def tokens(pipe):
    """Yield addok tokens: words of jieba, or character pairs when PEER_TOKENS is `pairs`."""
    cut = _pairs if os.environ.get("PEER_TOKENS") == "pairs" else _words
    for text in pipe:
        for position, word in enumerate(word for run in _RUNS.findall(fold(text)) for word in cut(run)):
            yield addok_text.Token(word, position=position)


def _pairs(run):
    if run[0] < "\u3400" or len(run) == 1:
        return [run]
    return [run[i : i + 2] for i in range(len(run) - 1)]


def _words(run):
    return [run] if run[0] < "\u3400" else _cutter().lcut(run)
