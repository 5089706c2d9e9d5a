"""What hostile border files cost the confined child: seconds of processor time and peak memory, file by file.

    PYTHONPATH=. .venv/bin/python tests/bench/border_files.py

Bar: refused within 10 s and 512 MB.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.geodata.vector import border_files
from tests.geodata.vector.border_files import HOSTILE, SOUND

ROOT = Path(__file__).resolve().parents[2]

BAR_S, BAR_MB = 10.0, 512.0


def main() -> int:
    """Print the table; 1 if a file misses the bar or is refused for another reason than it should."""
    good = True
    environment = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONIOENCODING": "utf-8"}
    with tempfile.TemporaryDirectory() as folder:
        # Another process makes the bombs: a child's peak counts what its parent holds when it starts.
        script = Path(border_files.__file__)
        subprocess.run(
            [sys.executable, str(script), folder], check=True, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}
        )
        reasons = {**{name: code for name, (_, code) in HOSTILE.items()}, **dict.fromkeys(SOUND, "")}
        for name, code in reasons.items():
            path = Path(folder) / name
            child = subprocess.Popen(
                [sys.executable, "-B", "-m", "service.borders.child", str(path)], env=environment,
                stdout=subprocess.PIPE, cwd=ROOT,
            )  # fmt: skip
            assert child.stdout is not None
            answer = json.loads(child.stdout.read())
            _, _, used = os.wait4(child.pid, 0)
            child.returncode = 0
            seconds, peak_mb = used.ru_utime + used.ru_stime, used.ru_maxrss / 1024
            right = answer.get("error", "") == code
            good &= right and seconds < BAR_S and peak_mb < BAR_MB
            print(
                f"{name:20} {answer.get('error', 'read'):16} {seconds:5.2f} s {peak_mb:6.0f} MB {'' if right else 'WRONG'}"
            )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
