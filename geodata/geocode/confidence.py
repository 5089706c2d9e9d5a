"""What an answer is called: located, ambiguous, or not found.

The rule is the interface's; the probabilities it reads are made in `curves`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from geodata.geocode.model import Status

LOCATED_P500 = 0.95
RIVAL_P, RIVAL_M = 0.05, 500.0
# Two lines that meet twice: which meeting was meant is a question for a person, however near they are.
SECOND_MEETING_M = 100.0
# Below this the answer is not worth showing as a place.
_FOUND_P500 = 0.08


def rival_limit_m(method: str, other: str) -> float:
    """Return from which distance in metres another candidate contradicts the best one, by their methods."""
    return SECOND_MEETING_M if method == other == "crossing" else RIVAL_M


def status_of(p_within: Mapping[int, float], rivals: Sequence[tuple[float, float, float]]) -> Status:
    """Return the status by the rule of the interface, and `ambiguous` between two meetings of two lines.

    Parameters
    ----------
    rivals
        Probability, distance (metres) from the best candidate, and the distance from which it counts
        (`rival_limit_m`), of every other candidate.
    """
    if p_within[500] < _FOUND_P500:
        return "not_found"
    if p_within[500] < LOCATED_P500 or any(p >= RIVAL_P and away > limit for p, away, limit in rivals):
        return "ambiguous"
    return "located"
