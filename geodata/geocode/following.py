"""Rows of a list that go on from the row above: which do, and how much less sure their answers are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from geodata.geocode.confidence import LOCATED_P500
from geodata.geocode.model import Location, Reading, Step
from geodata.geocode.reading.previous import Completed, complete, needs_previous
from geodata.text.normalize import normalise

# The probability that the row above is meant. 同上 or 该路口 can only mean a row above, rarely not the
# nearest one (a row was sorted away or deleted). A bare 东侧 may as well have lost its beginning: such an
# answer never reaches the 0.95 of an accepted one, a person looks at it. Chosen, not fitted: no list
# with known links exists to fit them on.
P_LINK_SAID = 0.98
P_LINK_ASSUMED = 0.85


def completed_rows(
    texts: Sequence[str], areas: Sequence[str | None], best_reading: Callable[[str], Reading | None]
) -> list[Completed | None]:
    """Return for every row how it is completed from the row above, None where it stands alone.

    Parameters
    ----------
    texts
        The rows' texts from top to bottom.
    areas
        The area each row is filed under; rows filed under different areas are never linked.
    best_reading
        Reads a text; only asked where a row may be incomplete.

    Notes
    -----
    A completed row is what the next row goes on from, so that 同上 under 同上 works. An empty row ends
    the chain.
    """
    found: list[Completed | None] = []
    above, above_area = "", None
    for text, area in zip(texts, areas, strict=True):
        plain = normalise(text).text
        link = None
        if above and needs_previous(plain) and (area is None or above_area is None or area == above_area):
            link = complete(plain, best_reading(text), best_reading(above))
        found.append(link)
        above, above_area = (text if link is None else link.text), area
    return found


def followed(location: Location, text: str, link: Completed) -> Location:
    """Return the answer to a completed text as the answer to the text as written, less sure.

    Parameters
    ----------
    location
        Where the completed text is.
    text
        The text as written.
    link
        How it was completed.
    """
    p_link = P_LINK_SAID if link.said else P_LINK_ASSUMED
    p_within = {radius: p * p_link for radius, p in location.p_within.items()}
    status = location.status
    if status == "located" and p_within[500] < LOCATED_P500:
        status = "ambiguous"
    why = "原文写明承接上一行" if link.said else "原文没有写地点，推定承接上一行"
    words = f"{link.words}，读作“{link.text}”；{why}，把握乘以 {p_link}"
    step = Step("read", words, {"text": link.text, "said": link.said, "p_link": p_link})
    return replace(location, text=text, status=status, p_within=p_within, trace=(step, *location.trace))
