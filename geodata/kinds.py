"""Commands and problem kinds: the vocabulary every list is sorted into.

The table is data (`geodata/reference/kinds.toml`), so that another office changes names, limits
and standards without code. Colours and symbols are `maps.style`'s; deadlines are computed by the
service from `limit_value` and `limit_kind`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias, cast, get_args

from geodata.classify import RULES_FILE, UNCLASSIFIED, Classifier, KindGuess, read_rules
from geodata.errors import Fault, FrameError, listed

__all__ = [
    "UNCLASSIFIED",
    "UNCLASSIFIED_NAME",
    "Command",
    "Kind",
    "KindGuess",
    "KindTable",
    "LimitKind",
    "load_kinds",
]

KINDS_FILE = Path(__file__).parent / "reference" / "kinds.toml"
UNCLASSIFIED_NAME = "未分类"

LimitKind: TypeAlias = Literal["紧急工作时", "工作时", "工作日", "自然日", "不立案"]
Shape: TypeAlias = Literal["point", "line", "polygon"]


@dataclass(frozen=True, slots=True)
class Command:
    """A command 指挥部: C1 to C8 by default; `short` fits a map legend."""

    code: str
    name: str
    short: str


@dataclass(frozen=True, slots=True)
class Kind:
    """A problem kind 问题类别.

    `geometry` lists how it is usually drawn, main shape first; `places` the classes of a register's places
    that it befalls, empty for what befalls the open ground. `limit_value` counts in
    `limit_kind`'s clock (紧急工作时 and 工作时 in hours, 工作日 and 自然日 in days) and is None
    where no case is opened. `recheck_days` is days after closing, never part of the limit. `gb` is
    the GB/T 30428.2 code or "". `source` holds the marks explained in SOURCES.md.
    """

    code: str
    name: str
    command: str
    category: str
    geometry: tuple[Shape, ...]
    condition: str
    close_condition: str
    limit_value: float | None
    limit_kind: LimitKind
    recheck_days: int | None
    gb: str
    source: str
    places: tuple[str, ...] = ()


class KindTable:
    """The commands and kinds of one office, with the keyword rules that sort descriptions.

    Attributes
    ----------
    version
        The table's own version, to be stored beside every deadline computed from it.
    commands, kinds
        In table order.
    """

    def __init__(
        self, *, version: str, commands: Sequence[Command], kinds: Sequence[Kind], classifier: Classifier
    ) -> None:
        self.version = version
        self.commands = tuple(commands)
        self.kinds = tuple(kinds)
        self._by_code = {kind.code: kind for kind in self.kinds}
        self._commands = {command.code: command for command in self.commands}
        self._classifier = classifier

    def kind(self, code: str) -> Kind:
        """Return a kind by its code.

        Raises
        ------
        KeyError
            If the code is unknown; "" (未分类) is no kind, ask before.
        """
        return self._by_code[code]

    def command(self, code: str) -> Command:
        """Return a command by its code; raises KeyError if it is unknown."""
        return self._commands[code]

    def name(self, code: str) -> str:
        """Return a kind's name, or 未分类 for ""."""
        return self._by_code[code].name if code else UNCLASSIFIED_NAME

    def find(self, words: str) -> Kind | None:
        """Return the kind a list names by code or exact name (类别 column), or None."""
        wanted = words.strip()
        return self._by_code.get(wanted) or next((k for k in self.kinds if k.name == wanted), None)

    def places_of(self, *, kinds: Collection[str] = (), commands: Collection[str] = ()) -> frozenset[str]:
        """Return the classes of places that a choice of kinds befalls, empty when some befall none.

        Parameters
        ----------
        kinds, commands
            Codes; an empty one chooses all. A code that the table lacks befalls no place.

        Examples
        --------
        >>> sorted(load_kinds().places_of(kinds=["C4-01", "C4-03"]))
        ['小食品', '小餐饮']
        >>> load_kinds().places_of(kinds=["C4-01", "C1-02"])
        frozenset()
        """
        if any(code not in self._by_code for code in kinds):
            return frozenset()
        chosen = [
            kind
            for kind in self.kinds
            if (not kinds or kind.code in kinds) and (not commands or kind.command in commands)
        ]
        if not chosen or not all(kind.places for kind in chosen):
            return frozenset()
        return frozenset(name for kind in chosen for name in kind.places)

    def classify(self, text: str, *, place: str = "") -> KindGuess:
        """Return the kind that keyword rules read from a problem description.

        Parameters
        ----------
        text
            The description as written; "" gives an unclassified guess.
        place
            Location text and name of the shop or unit: weaker evidence.

        Returns
        -------
        KindGuess
            `kind` is "" where the rules say nothing; `reason` is Chinese and quotes the word.

        Examples
        --------
        >>> load_kinds().classify("大面积黄土裸露", place="某路口一无名工地").kind
        'C5-02'
        >>> load_kinds().classify("情况如下").kind
        ''
        """
        return self._classifier.guess(text, place=place)


def load_kinds(path: Path = KINDS_FILE, *, rules: Path = RULES_FILE) -> KindTable:
    """Return the table of commands and kinds with its keyword rules.

    Parameters
    ----------
    path, rules
        TOML files; the shipped ones unless an office has its own.

    Raises
    ------
    FrameError
        Listing every fault of the table: missing fields, repeated codes, unknown commands, shapes,
        clocks, and rules for kinds that do not exist.
    """
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    faults = _faults(table.get("commands", []), table.get("kinds", []))
    if faults:
        en, zh = listed(faults)
        raise FrameError(f"{path.name} cannot be used: {en}", zh=f"{path.name} 不能用：{zh}")
    kinds = [_kind(row) for row in table["kinds"]]
    return KindTable(
        version=str(table.get("version", "")),
        commands=[Command(row["code"], row["name"], row["short"]) for row in table["commands"]],
        kinds=kinds,
        classifier=Classifier(read_rules(rules), kinds={kind.code for kind in kinds}),
    )


def _kind(row: Mapping[str, Any]) -> Kind:
    return Kind(
        code=row["code"],
        name=row["name"],
        command=row["command"],
        category=row["category"],
        geometry=tuple(cast("list[Shape]", row["geometry"])),
        condition=row["condition"],
        close_condition=row["close"],
        limit_value=row.get("limit"),
        limit_kind=row["clock"],
        recheck_days=row.get("recheck_days"),
        gb=row.get("gb", ""),
        source=row.get("source", ""),
        places=tuple(row.get("places", ())),
    )


def _faults(commands: Sequence[Mapping[str, Any]], kinds: Sequence[Mapping[str, Any]]) -> list[Fault]:
    known = {row.get("code") for row in commands}
    faults = [
        Fault(f"command {row.get('code', '?')} lacks {key}", f"指挥部 {row.get('code', '?')} 缺 {key}")
        for row in commands
        for key in ("code", "name", "short")
        if not row.get(key)
    ]
    seen: set[str] = set()
    for row in kinds:
        code = str(row.get("code", "?"))
        faults += [Fault(f"kind {code}: {en}", f"类别 {code}：{zh}") for en, zh in _kind_faults(row, known)]
        if code in seen:
            faults.append(Fault(f"kind {code} stands there twice", f"类别 {code} 出现两次"))
        seen.add(code)
    return (
        faults
        if commands and kinds
        else [*faults, Fault("commands or kinds are missing", "没有指挥部或没有类别")]
    )


def _kind_faults(row: Mapping[str, Any], commands: set[Any]) -> list[Fault]:
    needed = ("code", "name", "command", "category", "geometry", "condition", "close", "clock")
    faults = [Fault(f"{key} is missing", f"缺 {key}") for key in needed if not row.get(key)]
    if row.get("command") and row["command"] not in commands:
        faults.append(Fault(f"command {row['command']} is unknown", f"没有指挥部 {row['command']}"))
    if row.get("clock") and row["clock"] not in get_args(LimitKind):
        accepted = "、".join(get_args(LimitKind))
        faults.append(
            Fault(
                f"clock {row['clock']} is not one of {accepted}",
                f"计时方式 {row['clock']} 不在 {accepted} 之内",
            )
        )
    faults += [
        Fault(f"shape {shape} is unknown", f"不认识图形 {shape}")
        for shape in row.get("geometry", [])
        if shape not in get_args(Shape)
    ]
    places = row.get("places", [])
    if not isinstance(places, list) or not all(isinstance(name, str) and name for name in places):
        faults.append(Fault("places must be a list of classes", "places 要是场所类别的清单"))
    if row.get("clock") != "不立案" and not float(row.get("limit", 0)) > 0:
        faults.append(Fault("limit must be a positive number", "时限要是正数"))
    return faults
