"""Which state may follow which, and who may take the step: the whole rule in one table.

First form: reported 上报 → accepted 受理 → dispatched 派遣 → rectified 处置 → closed 结案, with
returns and cancelling. The person who rectified never closes.
"""

from __future__ import annotations

from dataclasses import dataclass

from service.words import tr

_OFFICE = frozenset({"admin", "coordinator"})
_HANDLERS = frozenset({"command_officer", "community_officer", "grid_manager", "unit"})
_CHECKERS = frozenset({"verifier"})


@dataclass(frozen=True, slots=True)
class Transition:
    """A step from one state to another; `roles` may take it, `needs_note` asks for a reason."""

    source: str
    target: str
    roles: frozenset[str]
    needs_note: bool = False


TRANSITIONS = (
    Transition("reported", "accepted", _OFFICE | {"command_officer"}),
    Transition("reported", "cancelled", _OFFICE, needs_note=True),
    Transition("accepted", "dispatched", _OFFICE | {"command_officer"}),
    Transition("accepted", "cancelled", _OFFICE, needs_note=True),
    Transition("dispatched", "rectified", _OFFICE | _HANDLERS),
    Transition("dispatched", "accepted", _OFFICE | _HANDLERS, needs_note=True),
    Transition("rectified", "closed", _OFFICE | _CHECKERS),
    Transition("rectified", "dispatched", _OFFICE | _CHECKERS, needs_note=True),
)


def find_transition(source: str, target: str) -> Transition | None:
    """Return the step between two states, None if there is none."""
    return next((t for t in TRANSITIONS if (t.source, t.target) == (source, target)), None)


def targets(source: str, role: str) -> tuple[str, ...]:
    """Return the states that a role may bring a case to."""
    return tuple(t.target for t in TRANSITIONS if t.source == source and role in t.roles)


def state_words(state: str) -> str:
    """Return a state's name in the user's language."""
    return {
        "reported": tr("已上报", "reported"),
        "accepted": tr("已受理", "accepted"),
        "dispatched": tr("已派遣", "dispatched"),
        "rectified": tr("已处置", "rectified"),
        "closed": tr("已结案", "closed"),
        "cancelled": tr("已撤销", "cancelled"),
        # Steps in a history that change the owner, not the state.
        "moved": tr("边界移交", "moved by borders"),
        "kept": tr("边界调整留办", "kept after a change of borders"),
        "kind_chosen": tr("选定类别", "kind chosen"),
        "kind_reread": tr("按新规则改类别", "kind read anew"),
        "placed": tr("确定位置", "placed"),
        "relocated": tr("移动位置", "moved to another place"),
        "relocated_by_names": tr("地名更正后移位", "moved by corrected names"),
    }.get(state, state)


def placement_words(placement: str) -> str:
    """Return a placement's name in the user's language."""
    return {
        "located": tr("已定位", "located"),
        "ambiguous": tr("不唯一", "ambiguous"),
        "not_found": tr("未找到", "not found"),
    }.get(placement, placement)
