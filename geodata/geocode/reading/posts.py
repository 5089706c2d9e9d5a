"""Chainages in a text: posts, ranges, and kilometres written out."""

from __future__ import annotations

import re
from dataclasses import replace

from geodata.geocode.model import BEARING_DEG, Chainage, Frame, Name, Offset
from geodata.geocode.reading import tokens as t
from geodata.geocode.reading.evidence import strength
from geodata.geocode.reading.figures import chainage
from geodata.geocode.reading.parse import Found, Parse
from geodata.geocode.reading.stream import Stream

_NUMBERED_ROAD = re.compile(r"^[GSXY]?\d+|高速")
_RANGE = re.compile(r"[至到~]")


def read_chainage(stream: Stream, at: int, result: Parse) -> int:
    """Read K645+300, 桩号4+376~6+338; returns where the words end, `at` if there is none."""
    word = stream.at(at)
    if word.code != t.CHAINAGE:
        return at
    post = chainage(result.lines[-1] if result.lines else None, word.word)
    if post is None:
        return at
    at += 1
    while stream.code(at) in (t.SEGMENT, t.SIDE, t.STRUCTURE, t.BETWEEN):
        side, after = stream.at(at).side, stream.at(at + 1)
        if stream.code(at) == t.SIDE and post.side is None:
            if after.code == t.DISTANCE and after.metres and side is not None and side in BEARING_DEG:
                result.beside[word.start] = (side, after.metres)
            post = replace(post, side=side)
        at += 1
    result.posts.append((post, word.start))
    return at


def read_kilometres(stream: Stream, at: int, result: Parse) -> int:
    """Read 京广线645公里300米: kilometres right after a railway or a numbered road are a post."""
    if stream.code(at) != t.LINE or stream.code(at + 1) != t.DISTANCE:
        return at
    line, far = stream.name(at), stream.at(at + 1)
    if "公里" not in far.word or far.metres is None or not _has_posts(line):
        return at
    near = stream.at(at + 2)
    rest = near.metres[0] if near.code == t.DISTANCE and near.metres and near.metres[0] < 1000 else 0.0
    result.lines.append(line)
    result.posts.append((Chainage(line, far.metres[0] + rest, prefix=""), stream.at(at).start))
    return at + (3 if rest else 2)


def _has_posts(line: Name) -> bool:
    return "rail" in line.classes or bool(_NUMBERED_ROAD.search(line.text))


def close_posts(text: str, result: Parse) -> None:
    """Keep the chainages found: two single ones with 至 between them are the ends of one range.

    The line they count along is a railway or a water where one is named, else the road before them.
    Several ranges are several places.
    """
    posts = result.posts
    if not posts:
        return
    counted = next((name for name in result.lines if {"rail", "water"}.intersection(name.classes)), None)
    if counted is not None:
        posts = [(replace(post, line=counted) if post.line else post, start) for post, start in posts]
    if len(posts) == 2:
        (first, start), (second, end) = posts
        single = first.end_m is None and second.end_m is None
        if single and _RANGE.search(text[start:end]) and first.start_m < second.start_m:
            posts = [(replace(first, end_m=second.start_m), start)]
    for index, (post, start) in enumerate(posts):
        if index:
            result.places.append([])
        place = result.places[-1] if index else result.places[0]
        frame: Frame = post
        if start in result.beside and post.end_m is None:
            frame = Offset(replace(post, side=None), *result.beside[start])
        place.append(Found(frame, strength(post), start))
