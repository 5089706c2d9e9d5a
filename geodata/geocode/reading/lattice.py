"""All words a text may be made of, and the cheapest ways to cover the text with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from geodata.geocode.model import NameClass, NameHit
from geodata.geocode.reading import tokens as t
from geodata.geocode.reading.evidence import is_shop
from geodata.geocode.reading.lexicon import words_at
from geodata.geocode.reading.names import unknown_lines, unknown_zones
from geodata.geocode.reading.tokens import Token

_RUN_START = 1.2
_RUN_CHAR = 0.28
# what a run hardly ever holds
_RUN_BREAK = {**dict.fromkeys("(),;", 4.0), **dict.fromkeys("、", 2.0), "到": 1.2, "与": 1.2, "至": 0.8}
_LONG_RUN = 8
_RUN_CHAR_LONG = 0.42
_RUN_OVER_A_WORD = 0.8
# words that tell so much that a run rarely holds them by chance
_TELLING = frozenset(
    {t.RELATION, t.SIDE, t.CORNER, t.DISTANCE, t.TOWARD, t.BOUND, t.GATE, t.NUMBER, t.CHAINAGE}
)
_LINE_CLASSES = frozenset({"road", "rail", "water"})
_HIDES_A_KNOWN_NAME = 1.0


class Cover(NamedTuple):
    """A text as a sequence of words that touch one another; `cost` is the sum of theirs."""

    tokens: tuple[Token, ...]
    cost: float


class _Path(NamedTuple):
    cost: float
    token: Token | None
    before: _Path | None


def covers(text: str, hits: Sequence[NameHit], *, count: int) -> list[Cover]:
    """Return the cheapest coverings of a text, cheapest first; a fixed input gives a fixed order.

    Parameters
    ----------
    text
        Normalised text.
    hits
        Gazetteer names in it, possibly overlapping.
    count
        At most so many coverings.

    Notes
    -----
    Dynamic programming over positions. Characters that no word explains form a run: starting one
    is dear, going on is cheap, so that a shop's name is not torn into the words it happens to hold.
    """
    edges = _edges(text, hits)
    wanted = count if _contested(edges) else 1
    closed: list[list[_Path]] = [[] for _ in range(len(text) + 1)]
    closed[0] = [_Path(0.0, None, None)]
    running: list[_Path] = []  # paths inside a run that reaches the current position
    for at, char in enumerate(text):
        ahead = closed[at]
        if len(ahead) > 1:
            ahead.sort(key=_cost)
            del ahead[wanted:]
        if running:
            ahead = _merge(ahead, running, wanted)
        for path in ahead:
            for token in edges[at]:
                closed[token.end].append(_Path(path.cost + token.cost, token, path))
        run_char = _RUN_BREAK.get(char, _RUN_CHAR)
        if char == "交" and text.startswith("交叉口", at):
            run_char = 4.0
        elif any(token.code in _TELLING and token.end - at > 1 for token in edges[at]):
            run_char += _RUN_OVER_A_WORD
        running = _run_on(closed[at], running, at, wanted, run_char)
    final = sorted([*closed[-1], *running], key=_cost)[:wanted]
    return [Cover(_tokens(path, text), path.cost) for path in final]


def _cost(path: _Path) -> float:
    return path.cost


def _merge(first: list[_Path], second: list[_Path], wanted: int) -> list[_Path]:
    if wanted == 1:
        if not first:
            return second
        return first if first[0].cost <= second[0].cost else second
    return sorted([*first, *second], key=_cost)[:wanted]


def _run_on(ended: list[_Path], running: list[_Path], at: int, wanted: int, char: float) -> list[_Path]:
    """Return the runs that reach `at + 1`: those under way and those that begin here."""
    going = [
        _Path(path.cost + char + _growth(path.token, at), path.token._replace(end=at + 1), path.before)
        for path in running
        if path.token is not None
    ]
    begun = [
        _Path(path.cost + _RUN_START + char, Token(t.RUN, at, at + 1, _RUN_START), path) for path in ended
    ]
    if len(going) + len(begun) <= wanted:
        return going + begun
    return sorted([*going, *begun], key=_cost)[:wanted]


def _growth(run: Token, at: int) -> float:
    return _RUN_CHAR_LONG - _RUN_CHAR if at - run.start >= _LONG_RUN else 0.0


def _tokens(path: _Path | None, text: str) -> tuple[Token, ...]:
    found: list[Token] = []
    while path is not None and path.token is not None:
        token = path.token
        found.append(token if token.word else token._replace(word=text[token.start : token.end]))
        path = path.before
    return tuple(reversed(found))


def _edges(text: str, hits: Sequence[NameHit]) -> list[list[Token]]:
    """Return the words that begin at each position."""
    edges: list[list[Token]] = [words_at(text, at) for at in range(len(text))]
    # nothing can be joined to what is not there: 和平雅居
    edges[0] = [token for token in edges[0] if token.code not in (t.JOIN, t.TO)]
    line_ends: dict[int, int] = {}
    known: list[Token] = []
    for hit in hits:
        token = _known(text, hit, edges)
        if token is None:
            continue
        known.append(token)
        if token.code == t.LINE:
            line_ends[token.end] = max(line_ends.get(token.end, 0), token.end - token.start)
    spans = {(token.start, token.end) for token in known}
    for token in unknown_lines(text):
        if (token.start, token.end) in spans:
            continue
        inner = line_ends.get(token.end, 0)
        if 0 < inner < token.end - token.start:
            token = token._replace(cost=token.cost + _HIDES_A_KNOWN_NAME)
        edges[token.start].append(token)
    zone_ends = {token.end for token in known if token.code == t.ZONE}
    for token in unknown_zones(text, known_ends=zone_ends):
        if (token.start, token.end) not in spans:
            edges[token.start].append(token)
    for token in known:
        edges[token.start].append(token)
    return edges


def _known(text: str, hit: NameHit, edges: list[list[Token]]) -> Token | None:
    """Return the token of a gazetteer name, or None where it is no name here (东门, 一楼)."""
    start, end = hit.start, hit.end
    if not 0 <= start < end <= len(text):
        return None
    classes: tuple[NameClass, ...] = hit.classes
    code, cost = t.PLACE, 0.5
    if _LINE_CLASSES.intersection(classes):
        code, cost = t.LINE, 0.4
    elif "zone" in classes:
        code, cost = t.ZONE, 0.3
    length = end - start
    if length == 1:
        return None
    if length == 2 and code != t.LINE:
        cost += 0.5
    if code == t.PLACE and length <= 3 and is_shop(text[start:end]):
        cost += 0.9  # 川菜馆 hangs everywhere and is mostly the end of a longer name
    if code == t.PLACE and any(edge.end == end and edge.cost < 0.5 for edge in edges[start]):
        return None
    # the longer name explains more: 建设路小学 before 建设路 + 小学
    cost -= 0.01 * min(length, 20)
    return Token(code, start, end, cost, text[start:end], classes=classes, known=True)


def _contested(edges: list[list[Token]]) -> bool:
    """Return whether known names overlap without one lying inside the other."""
    reach = -1
    for at, words in enumerate(edges):
        ends = [token.end for token in words if token.known]
        if ends and at < reach < max(ends):
            return True
        reach = max([reach, *ends])
    return False
