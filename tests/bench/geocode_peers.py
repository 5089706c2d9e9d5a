"""Ours beside Nominatim and addok, in one interleaved run: how near, how often wrong, how fast.

Everybody answers in a process of its own, in turns: a block of texts to us, the same block to each
peer, the next block. Only the time inside the answering loop counts. The held-out texts are addresses
of shops that are not in the gazetteer; the truth is read after everybody has answered.

    python tests/bench/geocode_peers.py [--home DIR] [--peers nominatim addok] [--skip accuracy|speed]

The peers' environment is made by `tests/bench/peers/set_up.sh`; see the README beside it.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from big_city import ENTRIES, real_texts, write_big_city
from geocode_shops import read_shops, read_truth
from peers.stock import HERE, Scale, Stock, default_home

from geodata.crs import WGS84, reproject_xy
from geodata.gazetteer import build

REPOSITORY = Path(__file__).resolve().parents[2]
WITHIN_M = (100, 200, 500)
CRS = 4547
_SEED = 20170801
_WARM_UP = 5


@dataclass
class Answers:
    """One geocoder in a process of its own, and all it has answered."""

    process: subprocess.Popen[str]
    options: Mapping[str, object]
    seconds: float = 0.0
    lonlat: list[tuple[float, float]] = field(default_factory=list)
    located: list[bool] = field(default_factory=list)

    def ask(self, texts: Sequence[str], areas: Sequence[str]) -> dict[str, list]:
        """Return the answer to one block of texts."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        request = {"texts": list(texts), "areas": list(areas), **self.options}
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.process.args} ended with {self.process.wait()}")
        return json.loads(line)

    def count(self, texts: Sequence[str], areas: Sequence[str]) -> None:
        """Ask a block and keep the answers and the time."""
        answer = self.ask(texts, areas)
        self.seconds += answer["seconds"]
        self.lonlat += [(np.nan, np.nan) if one is None else tuple(one) for one in answer["lonlat"]]
        self.located += answer.get("located", [True] * len(texts))

    def close(self) -> None:
        """End the process."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


def start(command: Sequence[object], environment: Mapping[str, str], **options: object) -> Answers:
    """Start an answering process."""
    words = [str(word) for word in command]
    pipe = subprocess.PIPE
    process = subprocess.Popen(words, env=dict(environment), stdin=pipe, stdout=pipe, text=True)
    return Answers(process, options)


def start_qingtu(gazetteer: Path) -> Answers:
    """Start ourselves on a gazetteer."""
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    return start([sys.executable, HERE / "answer_qingtu.py", gazetteer], environment)


def start_addok(stock: Stock, scale: Scale) -> Answers:
    """Start addok on a scale; imported first where it is not yet."""
    stock.import_addok(scale)
    command = [stock.program("python"), HERE / "answer_addok.py"]
    return start(command, stock.addok_environment(scale))


def start_nominatim(stock: Stock, scale: Scale, form: str) -> Answers:
    """Start Nominatim on a scale; imported first where it is not yet."""
    stock.import_nominatim(scale)
    project = stock.folder(scale) / "nominatim"
    command = [stock.program("python"), HERE / "answer_nominatim.py", project]
    return start(command, os.environ, form=form)


def interleaved(asked: Mapping[str, Answers], texts: Sequence[str], areas: Sequence[str], block: int) -> None:
    """Put every block of texts to all in turn, the first ones once before the clock runs."""
    for one in asked.values():
        one.ask(texts[-_WARM_UP:], areas[-_WARM_UP:])
    names = list(asked)
    for number, begin in enumerate(range(0, len(texts), block)):
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            asked[name].count(texts[begin : begin + block], areas[begin : begin + block])
    for one in asked.values():
        one.close()


def print_accuracy(asked: Mapping[str, Answers], truth: np.ndarray) -> None:
    """Print the table of distances and speeds."""
    heads = "".join(f"{f'<={radius} m':>9}" for radius in WITHIN_M)
    print(f"{'':26}{heads}{'> 1 km':>9}{'no answer':>11}{'texts/s':>9}{'ours : peer':>13}")
    ours = asked["qingtu"]
    for name, one in asked.items():
        error = np.hypot(*(reproject_xy(np.array(one.lonlat), WGS84, CRS) - truth).T)
        speed = len(truth) / one.seconds
        ratio = "" if one is ours else f"{_ratio(one, ours):>13}"
        print(f"{name:26}{_shares(error)}{speed:9.0f}{ratio}")
        if one is ours:
            kept = np.where(one.located, error, np.nan)
            print(f"{'  those called located':26}{_shares(kept)}")


def _shares(error: np.ndarray) -> str:
    near = "".join(f"{np.mean(error <= radius):9.1%}" for radius in WITHIN_M)
    return f"{near}{np.mean(error > 1000):9.1%}{np.mean(np.isnan(error)):11.1%}"


def _ratio(peer: Answers, ours: Answers) -> str:
    times = peer.seconds / ours.seconds
    return f"{times:.0f}x" if times >= 10 else f"{times:.2g}x"


def print_speed(asked: Mapping[str, Answers], scales: Mapping[str, str]) -> None:
    """Print texts per second of everybody."""
    ours = asked["qingtu"]
    for name, one in asked.items():
        speed = len(one.lonlat) / one.seconds
        answered = np.mean(~np.isnan(np.array(one.lonlat)[:, 0]))
        ratio = "" if one is ours else f"   ours : {name} = {_ratio(one, ours)} (bar 150x)"
        print(f"{name:12}{scales[name]:>10} entries{speed:9.0f} texts/s, {answered:.0%} answered{ratio}")


def accuracy(stock: Stock, data: Path, peers: Sequence[str], *, rows: int, block: int) -> None:
    """Locate held-out shops with the real gazetteer of 9,049 places."""
    scale = Scale("real", 0, data / "zhengzhou" / "places.csv.gz")
    ours = stock.folder(scale) / "ours.qgz"
    build(places=[scale.table], out=ours)
    shops = read_shops(data)
    shops = [shops[i] for i in np.random.default_rng(_SEED).permutation(len(shops))[:rows]]
    texts, areas = [row["地址"] for row in shops], [row["区"] for row in shops]
    asked = {"qingtu": start_qingtu(ours)}
    if "nominatim" in peers:
        asked["nominatim"] = start_nominatim(stock, scale, "free")
        asked["nominatim, also cut"] = start_nominatim(stock, scale, "cut")
    if "addok" in peers:
        asked["addok"] = start_addok(stock, scale)
    interleaved(asked, texts, areas, block)
    truth_of = read_truth(data, CRS)
    truth = np.array([truth_of[str(int(float(row["序号"])))] for row in shops])
    print(f"{rows} held-out shops of Zhengzhou, gazetteer of 9,049 located places, one thread each")
    print_accuracy(asked, truth)


def speed(
    stock: Stock,
    data: Path,
    peers: Sequence[str],
    *,
    rows: int,
    block: int,
    entries: Mapping[str, int],
    gazetteer: Path | None,
) -> None:
    """Measure texts per second with distinct real texts on the big city."""
    scales = {name: _city(stock, data, name, count) for name, count in entries.items()}
    ours = gazetteer or stock.folder(scales["qingtu"]) / "ours.qgz"
    if gazetteer is None:
        build(places=[scales["qingtu"].table], out=ours)
    texts = real_texts(data)
    picked = np.random.default_rng(_SEED).permutation(len(texts))[:rows]
    chosen = [texts[i] for i in picked]
    asked = {"qingtu": start_qingtu(ours)}
    if "nominatim" in peers:
        asked["nominatim"] = start_nominatim(stock, scales["nominatim"], "free")
    if "addok" in peers:
        asked["addok"] = start_addok(stock, scales["addok"])
    interleaved(asked, chosen, [""] * rows, block)
    print(f"{rows} distinct real texts, none in the gazetteer, one thread each")
    print_speed(asked, {name: f"{count:,}" for name, count in entries.items()})


def _city(stock: Stock, data: Path, name: str, entries: int) -> Scale:
    """Return the big city with so many entries for one geocoder.

    The peers get the records and roads (addok the crossings too) and not the mined numbers and landmarks:
    their imports take long, and fewer entries can only make their answers faster.
    """
    folder = stock.home / f"city{entries}"
    folder.mkdir(parents=True, exist_ok=True)
    table = folder / "city.csv"
    if not table.exists():
        write_big_city(table, data, entries=entries)
    kinds = ("record", "road", "crossing") if name == "addok" else ("record", "road")
    return Scale(folder.name, 2 if entries == ENTRIES else 1, table, kinds)


def main() -> None:
    """Prepare what is missing, measure, print."""
    options = argparse.ArgumentParser()
    options.add_argument("--home", type=Path, default=default_home())
    options.add_argument("--peers", nargs="+", choices=("nominatim", "addok"), default=["nominatim", "addok"])
    options.add_argument("--rows", type=int, default=300)
    options.add_argument("--block", type=int, default=20)
    options.add_argument("--entries", type=int, default=ENTRIES)
    options.add_argument(
        "--nominatim-entries", type=int, help="fewer entries for Nominatim, whose import is slow"
    )
    options.add_argument("--gazetteer", type=Path, help="the big city, compiled already")
    options.add_argument("--skip", choices=("accuracy", "speed"))
    chosen = options.parse_args()
    data = Path(os.environ.get("QINGTU_TEST_DATA", "../shared/data"))
    stock = Stock(chosen.home, data / "zhengzhou" / "districts.gpkg")
    entries = dict.fromkeys(("qingtu", "addok", "nominatim"), chosen.entries)
    entries["nominatim"] = chosen.nominatim_entries or chosen.entries
    with stock.servers():
        if chosen.skip != "accuracy":
            accuracy(stock, data, chosen.peers, rows=chosen.rows, block=chosen.block)
        if chosen.skip != "speed":
            speed(
                stock,
                data,
                chosen.peers,
                rows=chosen.rows,
                block=chosen.block,
                entries=entries,
                gazetteer=chosen.gazetteer,
            )


if __name__ == "__main__":
    main()
