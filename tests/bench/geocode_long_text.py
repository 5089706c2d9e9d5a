"""Time (CPU) the worst texts of 10 KB: repetitions of grammar words, names of the gazetteer, brackets, noise.

Prints each text's time on the drawn city and, with test data, on the mined gazetteer; the bar is 50 ms.

    python tests/bench/geocode_long_text.py
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from geodata.gazetteer import build
from geodata.geocode import Geocoder
from tests.bench.geocode_traps import build_drawn

LIMIT_MS = 50.0
BYTES = 10 * 1024
WORDS = (
    "与", "和", "、", "至", "到", "从", "沿", "向北", "往南", "路西", "北侧", "以南", "以东", "交叉口", "路口", "西北角", "东口",
    "300米", "50-100米", "K10+500", "桩号0+100", "9号", "3号楼", "东门", "A口", "对面", "附近", "段", "全线", "之间", "桥下",
    "下穿", "围合区域", "项目部", "社区", "街道办事处", "（", "）", "；", "，", "路", "街", "大道", "河", "渠", "铁路", "一", "二", "百",
)  # fmt: skip


def texts_of(names: list[str]) -> Iterator[tuple[str, str]]:
    """Return kinds of texts and the texts, each cut to 10 KB of UTF-8."""
    for word in (*WORDS, *names[:12]):
        yield f"repeated {word}", _filled(word)
    for a, b in zip(names[:8], names[8:16], strict=True):
        yield f"{a}与{b}交叉口 repeated", _filled(f"{a}与{b}交叉口")
        yield f"{a}（{b}至 open", _filled(f"{a}（{b}至")
        yield f"{a}{b} joined", _filled(a + b)
    yield "nested brackets", _filled("（" * 500 + "）" * 500)
    yield "one name after another", _filled("".join(names))
    for seed in range(12):
        rng = random.Random(seed)
        mixed = "".join(rng.choice(WORDS if rng.random() < 0.6 else names) for _ in range(6000))
        yield f"random words, seed {seed}", _filled(mixed)
    yield (
        "random characters",
        _filled("".join(chr(random.Random(1).randrange(0x4E00, 0x9FA5)) for _ in range(6000))),
    )


def _filled(piece: str) -> str:
    repeated = piece * (BYTES // max(len(piece.encode()), 1) + 1)
    return repeated.encode()[:BYTES].decode(errors="ignore")


def measure(geocoder: Geocoder, names: list[str]) -> list[tuple[float, str]]:
    """Return milliseconds (the best of three) and kind of each text, slowest first."""
    geocoder.locate("热身")
    found = []
    for kind, text in texts_of(names):
        best = min(_seconds(geocoder, text) for _ in range(3))
        found.append((best * 1000, kind))
    return sorted(found, reverse=True)


def _seconds(geocoder: Geocoder, text: str) -> float:
    began = time.thread_time()
    geocoder.locate(text)
    return time.thread_time() - began


def main() -> None:
    """Print the ten slowest texts per gazetteer."""
    data = Path(os.environ.get("QINGTU_TEST_DATA", "../shared/data"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        gazetteers = {"drawn city": build_drawn(folder)}
        if len(sys.argv) > 1:
            gazetteers["given"] = Path(sys.argv[1])
        elif data.is_dir():
            mined = folder / "mined.qgz"
            build(places=[data / "zhengzhou" / "places.csv.gz"], places_datum="gcj02", out=mined)
            gazetteers["mined, Zhengzhou"] = mined
        for title, path in gazetteers.items():
            geocoder = Geocoder.open(path)
            names = sorted({geocoder.gazetteer.line_name(line) for line in range(30)})
            found = measure(geocoder, names)
            over = sum(ms > LIMIT_MS for ms, _ in found)
            print(
                f"{title}: {len(found)} texts of {BYTES} bytes, worst {found[0][0]:.1f} ms, {over} over {LIMIT_MS:.0f} ms"
            )
            for ms, kind in found[:10]:
                print(f"  {ms:8.1f} ms  {kind}")


if __name__ == "__main__":
    main()
