"""Set-up of a clean clone, and of a warm one in no time: `python3 install/prepare.py [--tests | --lock]`.

`make demo` and `make test` call it; it needs Python 3.11 and nothing else. Apart from Debian's
packages (installed as root) and ~/.local/share/qingtu it writes only below the repository.
"""

from __future__ import annotations

import argparse
import fcntl
import sys
from concurrent.futures import ThreadPoolExecutor

if sys.version_info < (3, 11):  # noqa: UP036 - this file is what tells an older Python so
    sys.exit(
        f"清图需要 Python 3.11 或更新的版本 / Qingtu needs Python 3.11 or newer; this is {sys.version.split()[0]}"
    )

from commands import STATE
from words import SetupError, say


def prepare(*, tests: bool) -> None:
    """Do what is missing: Debian's packages, uv, the Python packages, the pages' libraries."""
    import debian
    import environment
    import frontend

    debian.provide(tests=tests)
    environment.provide_tools()
    # one waits for the disk while the other waits for the network
    with ThreadPoolExecutor(2) as together:
        steps = [
            together.submit(environment.provide_packages, tests=tests),
            together.submit(frontend.provide),
        ]
    for step in steps:
        step.result()


def lock() -> None:
    """Compile all lock files anew."""
    import environment
    import frontend

    environment.provide_tools()
    environment.lock()
    frontend.lock()


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tests", action="store_true", help="also what the tests need")
    parser.add_argument("--lock", action="store_true", help="compile the lock files anew instead")
    options = parser.parse_args()
    STATE.mkdir(exist_ok=True)
    with (STATE / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # two set-ups at once would trip over each other
        try:
            lock() if options.lock else prepare(tests=options.tests)
        except SetupError as error:
            say(f"没有成功。{error}", f"failed. {error}")
            return 1
        except KeyboardInterrupt:
            return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
