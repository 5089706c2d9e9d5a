"""All words a text may be made of, and the cheapest ways to cover the text with them."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from typing import NamedTuple, TypeAlias

from geodata.geocode.model import NameClass, NameHit
from geodata.geocode.reading import tokens as t
from geodata.geocode.reading.evidence import is_shop
from geodata.geocode.reading.names import unknown_lines, unknown_zones
from geodata.geocode.reading.tokens import Token
from geodata.geocode.reading.words import words_of

_RUN_START = 1.2
_RUN_CHAR = 0.28
# what a run hardly ever holds
_RUN_BREAK = {**dict.fromkeys("(),;", 4.0), **dict.fromkeys("、", 2.0), "到": 1.2, "与": 1.2, "至": 0.8}
_LONG_RUN = 8
_RUN_CHAR_LONG = 0.42
_RUN_OVER_A_WORD = 0.8
# words that tell so much that a run rarely holds them by chance
_TELLING = frozenset(
    {t.RELATION, t.SIDE, t.CORNER, t.DISTANCE, t.TOWARD, t.BOUND, t.GATE, t.NUMBER, t.CHAINAGE, t.BETWEEN}
)
_LINE_CLASSES = frozenset({"road", "rail", "water"})
_HIDES_A_KNOWN_NAME = 1.0
_HIDES_A_ZONE = 0.9


class Cover(NamedTuple):
    """A text as a sequence of words that touch one another; `cost` is the sum of theirs."""

    tokens: tuple[Token, ...]
    cost: float


# Plain tuples: they are made by the hundred for every text. A path is its cost, its last word and
# the path before it; a run under way is its cost, where it began, and the path before it.
_Path: TypeAlias = "tuple[float, Token | None, _Path | None]"
_Run: TypeAlias = "tuple[float, int, _Path]"
_cost = itemgetter(0)


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
    edges, known = _edges(text, hits)
    return _several(text, edges, count) if _contested(known) else [_cheapest_cover(text, edges)]


def _cheapest_cover(text: str, edges: list[list[Token]]) -> Cover:
    """Return the cheapest covering: `_several` for one, which nearly every text needs, in plain steps."""
    closed: list[_Path | None] = [None] * (len(text) + 1)
    closed[0] = (0.0, None, None)
    run: _Run | None = None  # the cheapest that reaches the current position
    for at, words in enumerate(edges):
        ended = closed[at]
        if words:
            ahead = _better(ended, run, at, text)
            before = ahead[0]
            for token in words:
                cost, end = before + token.cost, token.end
                known = closed[end]
                if known is None or cost < known[0]:
                    closed[end] = (cost, token, ahead)
        char = _run_cost(text, at, words) if words else _RUN_BREAK.get(text[at], _RUN_CHAR)
        if run is not None:
            longer = _RUN_CHAR_LONG - _RUN_CHAR if at - run[1] >= _LONG_RUN else 0.0
            run = (run[0] + char + longer, run[1], run[2])
        if ended is not None and (run is None or ended[0] + _RUN_START + char < run[0]):
            run = (ended[0] + _RUN_START + char, at, ended)
    final = _better(closed[-1], run, len(text), text)
    return Cover(_tokens(final), final[0])


def _better(ended: _Path | None, run: _Run | None, at: int, text: str) -> _Path:
    """Return the cheaper of a path that ends at a position and a run broken off there; one of them is given."""
    if ended is not None and (run is None or ended[0] <= run[0]):
        return ended
    if run is None:
        raise ValueError("neither a word nor a run reaches this position")
    return _broken_off([run], at, text)[0]


def _several(text: str, edges: list[list[Token]], wanted: int) -> list[Cover]:
    """Return the cheapest coverings, cheapest first."""
    closed: list[list[_Path]] = [[] for _ in range(len(text) + 1)]
    closed[0].append((0.0, None, None))
    runs: list[_Run] = []  # those that reach the current position
    for at, words in enumerate(edges):
        ended = closed[at]
        if len(ended) > 1:
            ended.sort(key=_cost)
            del ended[wanted:]
        if words:
            ahead = _cheapest([*ended, *_broken_off(runs, at, text)], wanted) if runs else ended
            for path in ahead:
                for token in words:
                    closed[token.end].append((path[0] + token.cost, token, path))
        runs = _run_on(ended, runs, at, wanted, _run_cost(text, at, words))
    final = _cheapest([*closed[-1], *_broken_off(runs, len(text), text)], wanted)
    return [Cover(_tokens(path), path[0]) for path in final]


def _cheapest(paths: list[_Path], wanted: int) -> list[_Path]:
    if len(paths) > 1:
        paths.sort(key=_cost)
        del paths[wanted:]
    return paths


def _broken_off(runs: list[_Run], at: int, text: str) -> list[_Path]:
    """Return the runs as paths that end here."""
    return [(cost, Token(t.RUN, start, at, 0.0, text[start:at]), before) for cost, start, before in runs]


def _run_cost(text: str, at: int, words: Sequence[Token]) -> float:
    """Return the cost of leaving the character at a position unexplained."""
    char = text[at]
    if char == "交" and text.startswith("交叉口", at):
        return 4.0
    cost = _RUN_BREAK.get(char, _RUN_CHAR)
    for token in words:
        if token.code in _TELLING and token.end - at > 1:
            return cost + _RUN_OVER_A_WORD
    return cost


def _run_on(ended: list[_Path], runs: list[_Run], at: int, wanted: int, char: float) -> list[_Run]:
    """Return the runs that reach `at + 1`: those under way and those that begin here."""
    longer = char + _RUN_CHAR_LONG - _RUN_CHAR
    going = [
        (cost + (longer if at - start >= _LONG_RUN else char), start, before) for cost, start, before in runs
    ]
    going += [(path[0] + _RUN_START + char, at, path) for path in ended]
    if len(going) > wanted:
        going.sort(key=_cost)
        del going[wanted:]
    return going


def _tokens(path: _Path | None) -> tuple[Token, ...]:
    found: list[Token] = []
    while path is not None:
        _, token, path = path
        if token is not None:
            found.append(token)
    return tuple(reversed(found))


def _edges(text: str, hits: Sequence[NameHit]) -> tuple[list[list[Token]], list[Token]]:
    """Return the words that begin at each position, and those of them that are known names."""
    edges = words_of(text)
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
    zones = [
        token for token in unknown_zones(text, known_ends=zone_ends) if (token.start, token.end) not in spans
    ]
    for token in (*known, *zones):
        edges[token.start].append(token)
    _split_zone_from_line(edges, known)
    return edges, known


def _split_zone_from_line(edges: list[list[Token]], known: Sequence[Token]) -> None:
    """Make a line's name dearer that begins with a zone: 高新区银屏路 is 银屏路 in 高新区."""
    for token in known:
        words = edges[token.start]
        if token.code == t.LINE and any(word.code == t.ZONE and word.end < token.end for word in words):
            words[words.index(token)] = token._replace(cost=token.cost + _HIDES_A_ZONE)


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


def _contested(known: Sequence[Token]) -> bool:
    """Return whether known names overlap without one lying inside the other."""
    farthest: dict[int, int] = {}  # end of the longest name by start
    for token in known:
        farthest[token.start] = max(farthest.get(token.start, 0), token.end)
    reach = -1
    for start, end in sorted(farthest.items()):
        if start < reach < end:
            return True
        reach = max(reach, end)
    return False
