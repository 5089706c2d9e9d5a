"""What lies between two points of a line, or between two places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from geodata.geocode.model import Between, Crossing, Frame, Name, Offset, Place, Side, Stretch
from geodata.geocode.reading import tokens as t
from geodata.geocode.reading.evidence import KIND_OF_PLACE, PLACE_END
from geodata.geocode.reading.meetings import meeting
from geodata.geocode.reading.stream import Stream
from geodata.geocode.reading.tails import with_tail

_AWAY = frozenset({t.TOWARD, t.BARE, t.BOUND, t.SIDE})


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch as read, where the words end, the same words read another way, the bracket used."""

    frame: Frame
    end: int
    other: Frame | None = None
    bracket: Stream | None = None


@dataclass(frozen=True, slots=True)
class _End:
    """One end of a stretch: a line, a crossing of lines, or a place."""

    lines: tuple[Name, ...]
    place: Place | None
    end: int
    moved: tuple[Side, tuple[float, float] | None] | None = None

    def frame(self, line: Name | None) -> Frame:
        """Return the end as a frame, as seen from the line it lies on."""
        frame = self._frame(line)
        # 九如路东300米, and inside brackets 高铁东侧
        return frame if self.moved is None else Offset(frame, self.moved[0], self.moved[1])

    def _frame(self, line: Name | None) -> Frame:
        if self.place is not None:
            return self.place
        others = [name for name in self.lines if line is None or name.text != line.text]
        if line is not None and len(others) == 1:
            return Crossing(line, others[0])
        if len(self.lines) >= 2:
            return Crossing(self.lines[-2], self.lines[-1])
        return Stretch(self.lines[0], extent="whole")


def _end_at(stream: Stream, position: int, *, single: bool, inside: bool = False) -> _End | None:
    """Read one end; `single` takes one line only (农业路 丰乐路至天明路: 丰乐路 is the end).

    `inside` says that a bracket holds both ends, so that a side belongs to the end and not to the
    whole stretch.
    """
    code = stream.code(position)
    if code == t.LINE:
        if not single and (met := meeting(stream, position)) and met.said:
            return _End(met.names, None, met.end)
        at = position + 1
        if not single or stream.code(at + 1) in (t.JOIN, t.TO):
            named = _named_after(stream, position)
            if named is not None:
                return _End((), named, at + 1)
        while stream.code(at) in (t.MEET, t.STRUCTURE):
            at += 1
        side = stream.at(at).side
        if stream.code(at) in _AWAY and side is not None:
            if stream.code(at + 1) in (t.DISTANCE, t.DIGITS):
                return _End((stream.name(position),), None, at + 2, (side, stream.at(at + 1).metres))
            if inside and stream.code(at) == t.SIDE:
                return _End((stream.name(position),), None, at + 1, (side, None))
        return _End((stream.name(position),), None, at)
    if code == t.STRUCTURE:
        last = position
        while stream.code(last + 1) == t.STRUCTURE:
            last += 1
        return _End((), Place(stream.name_of(stream.at(position), stream.at(last))), last + 1)
    if code in (t.PLACE, t.ZONE) or (
        code == t.RUN and stream.at(position).end - stream.at(position).start > 1
    ):
        place, at = with_tail(stream, Place(stream.name(position)), position + 1)
        return _End((), place if isinstance(place, Place) else Place(stream.name(position)), at)
    return None


def _named_after(stream: Stream, position: int) -> Place | None:
    """Return a place whose name begins with a line's: 枣庄街农贸市场."""
    word, following = stream.at(position), stream.at(position + 1)
    named = following.code == t.RUN and word.end == following.start and KIND_OF_PLACE.match(following.word)
    return Place(stream.name_of(word, following)) if named else None


def _pair(stream: Stream, position: int, *, dash: bool, single: bool) -> tuple[_End, _End, int] | None:
    """Read `A 至 B`; a dash counts only where `dash` allows it."""
    if stream.code(position) == t.FROM:
        position += 1
    first = _end_at(stream, position, single=single, inside=dash and position == 0)
    if first is None:
        return None
    at = first.end
    if stream.code(at) == t.SEGMENT:
        at += 1
    elif stream.code(at) in (t.TOWARD, t.BOUND, t.BARE) and stream.code(at + 1) == t.TO:
        at += 1  # 由农业路往北至东风路
    link = stream.code(at)
    if link not in (t.TO, t.JOIN) and not (dash and link == t.DASH):
        return None
    second = _end_at(stream, at + 1, single=link == t.JOIN, inside=dash and position == 0)
    if second is None or (link == t.JOIN and stream.code(second.end) != t.BETWEEN):
        return None
    return first, second, second.end


def stretch(stream: Stream, position: int, *, before: Sequence[Name] = ()) -> Part | None:
    """Return the part of a line that begins to be named at a position, or None.

    Parameters
    ----------
    stream
        The words.
    position
        First word.
    before
        Lines named earlier in the text, for `从 A 到 B` that names no line itself.
    """
    if stream.code(position + 1) == t.JOIN and (part := _crossing_to(stream, position)):
        return part
    met = meeting(stream, position)
    if met is not None and met.fan and len(met.names) == 3 and stream.code(met.end) == t.BETWEEN:
        line, first, second = met.names
        return _finished(stream, Stretch(line, Crossing(line, first), Crossing(line, second)), met.end)
    part = _two_villages(stream, position) or _two_places_in_one_word(stream, position)
    if part is not None:
        return part
    return (
        _line_then_ends(stream, position)
        or _crossing_to(stream, position)
        or _ends_then_line(stream, position, before)
    )


def _line_then_ends(stream: Stream, position: int) -> Part | None:
    """Read 农业路(东三街—经七路段), 农业路沿线丰乐路至天明路, 郑开大道与十四大街至十七大街."""
    if stream.code(position) != t.LINE and not (
        stream.code(position) == t.PLACE and stream.code(position + 1) in (t.FROM, t.EXTENT)
    ):
        return None
    line = stream.name(position)
    at = position + 1
    after_extent = at + 1 if stream.code(at) in (t.EXTENT, t.SIDE) else at
    for index in dict.fromkeys((at, after_extent)):
        for group in stream.groups.get(index, ()):
            pair = _pair(group, 0, dash=True, single=True)
            if pair is not None:
                frame = Stretch(line, pair[0].frame(line), pair[1].frame(line))
                return replace(_finished(stream, frame, at), bracket=group)
    if stream.code(at) in (t.TOWARD, t.BARE) and stream.code(at + 1) == t.TO:
        return _to_one_end(stream, line, at)
    side = None
    while stream.code(at) in (t.EXTENT, t.SIDE, t.ALONG, t.STOP):
        side = stream.at(at).side if stream.code(at) == t.SIDE else side
        at += 1
    if stream.code(at) == t.JOIN:
        at += 1
    pair = _pair(stream, at, dash=True, single=True)
    if pair is None or (pair[0].lines and pair[0].lines[0].text == line.text):
        return None
    if stream.code(pair[0].end) == t.DASH and not pair[1].lines:
        return None
    frame = Stretch(line, pair[0].frame(line), pair[1].frame(line), side=side)
    return _finished(stream, frame, pair[2])


def _to_one_end(stream: Stream, line: Name, at: int) -> Part | None:
    """Read 某路向东至某街: where it begins is not said."""
    last = _end_at(stream, at + 2, single=True)
    if last is None or (last.lines and last.lines[0].text == line.text):
        return None
    return _finished(stream, Stretch(line, None, last.frame(line)), last.end)


def _crossing_to(stream: Stream, position: int) -> Part | None:
    """Read A与B交叉口至C: the line is the one both ends name, else the first road."""
    met = meeting(stream, position)
    if met is None or not met.said or stream.code(met.end) != t.TO:
        return None
    second = _end_at(stream, met.end + 1, single=False)
    if second is None:
        return None
    texts = [name.text for name in second.lines]
    common = [name for name in met.names if name.text in texts]
    line, rival = (common[0], None) if common else (met.names[-2], met.names[-1])
    start = met.crossing()
    part = _finished(stream, Stretch(line, start, second.frame(line)), second.end)
    if rival is None:
        return part
    other = _finished(stream, Stretch(rival, start, second.frame(rival)), second.end)
    return replace(part, other=other.frame)


def _ends_then_line(stream: Stream, position: int, before: Sequence[Name]) -> Part | None:
    """Read 从A到B, 第八大街至京广路南三环沿线, 立交桥下铁轨处到小区门口."""
    start = position + 1 if stream.code(position) == t.FROM else position
    first = _end_at(stream, start, single=True)
    # 高架下(A街—B街): only in a bracket, which begins with what was said before it
    bracket = position == 0 and bool(before)
    if first is None or stream.code(first.end) not in ((t.TO, t.JOIN, t.DASH) if bracket else (t.TO, t.JOIN)):
        return None
    second = _end_at(stream, first.end + 1, single=True)
    if second is None or (stream.code(first.end) == t.DASH and not (first.lines and second.lines)):
        return None
    at = second.end
    if stream.code(first.end) == t.JOIN and stream.code(at) != t.BETWEEN:
        return None
    between = stream.code(at) == t.BETWEEN
    at += between
    closed = between or stream.code(at + 1) in (t.EXTENT, t.SEGMENT, t.SIDE, t.BETWEEN)
    if stream.code(at) == t.LINE and closed:
        line = stream.name(at)
        return _finished(stream, Stretch(line, first.frame(line), second.frame(line)), at + 1)
    known = [name for name in before if name.text not in {n.text for n in (*first.lines, *second.lines)}]
    if known:
        line = known[-1]
        return _finished(stream, Stretch(line, first.frame(line), second.frame(line)), at)
    while stream.code(at) in (t.SEGMENT, t.BETWEEN):
        at += 1
    return Part(Between(first.frame(None), second.frame(None)), at)


def _two_villages(stream: Stream, position: int) -> Part | None:
    """Read 柏庐村与青松村交界处: where two areas meet lies between them."""
    codes = [stream.code(position + step) for step in range(4)]
    if codes != [t.ZONE, t.JOIN, t.ZONE, t.MEET]:
        return None
    first, second = Place(stream.name(position)), Place(stream.name(position + 2))
    return Part(Between(first, second), position + 4)


def _two_places_in_one_word(stream: Stream, position: int) -> Part | None:
    """Read 青松小学和柏庐医院中间, whose 和 may stand in a name and was left in the run."""
    start, line = stream.at(position).start, int(stream.code(position) == t.LINE)
    word = stream.at(position + line)
    if word.code != t.RUN or stream.code(position + line + 1) != t.BETWEEN:
        return None
    cut = next(
        (
            at
            for at in range(2, len(word.word) - 2)
            if word.word[at] in "和与" and PLACE_END.search(word.word[:at])
        ),
        0,
    )
    if not cut or (line and not KIND_OF_PLACE.match(word.word[:cut])):
        return None

    def place(start: int, end: int) -> Place:
        text = stream.text.text[start:end]
        return Place(Name(text, ("place",), stream.text.span(start, end), known=False))

    middle = word.start + cut
    return Part(Between(place(start, middle), place(middle + 1, word.end)), position + line + 2)


def _finished(stream: Stream, frame: Stretch, position: int) -> Part:
    """Take the words that close a stretch: 段, 之间, 南半幅, (南北双向)."""
    at = position
    for _ in range(6):
        word = stream.at(at)
        if word.code == t.SIDE and frame.side is None:
            frame = replace(frame, side=word.side)
        elif word.code not in (t.SEGMENT, t.BETWEEN, t.EXTENT):
            break
        at += 1
    for group in stream.groups.get(at, ()):
        if len(group.words) == 1 and group.words[0].code == t.SIDE and frame.side is None:
            frame = replace(frame, side=group.words[0].side)
    return Part(frame, at)
