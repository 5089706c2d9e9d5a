"""`qingtu serve` on an empty data directory: a one-time link, the first page, then the office itself."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from service.cli.console import say
from service.words import language, said, tr

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from service.settings import Settings
    from service.setup.first_page import FirstAnswers, FirstSetUp

# The browser asks every 0.6 s; whoever closed it logs in with the password.
_HAND_OVER_S = 15.0
# What an interrupted set-up leaves in the directory.
_OURS = ("cluster.json", "gazetteer.qgz", "gazetteers", "sources", "uploads")


def is_vacant(data_dir: Path) -> bool:
    """Return whether an office may be set up in a directory: it is missing, empty, or half set up by us."""
    if not data_dir.exists():
        return True
    return data_dir.is_dir() and all(
        path.name in _OURS or path.name.startswith(".") for path in data_dir.iterdir()
    )


@contextmanager
def asked(settings: Settings, listener: socket.socket) -> Iterator[FirstSetUp]:
    """Serve the first page on a socket for the length of the block; the socket stays open after it."""
    import uvicorn

    from service.setup.first_page import FirstSetUp, first_app

    setting_up = FirstSetUp()
    config = uvicorn.Config(
        first_app(setting_up, settings), log_config=None, access_log=False, server_header=False,
        timeout_graceful_shutdown=3,
    )  # fmt: skip
    server = uvicorn.Server(config)
    # A copy: the server closes what it was given, and the office goes on listening here.
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener.dup()]}, daemon=True)
    thread.start()
    try:
        yield setting_up
    finally:
        server.should_exit = True
        thread.join(timeout=10)


def announce(settings: Settings, key: str) -> None:
    """Print the one-time link."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    shown = "127.0.0.1" if host in ("0.0.0.0", "[::]") else host  # noqa: S104 - only compared
    say(tr(f"{settings.data_dir} 还没有建立单位。", f"{settings.data_dir} holds no office yet."))
    say(
        tr(
            "请在浏览器里打开下面的链接（只能用一次），填单位名称和管理员密码：",
            "Open this link in a browser (it works once); it asks for the office's name and a password:",
        )
    )
    say(f"  http://{shown}:{settings.port}/setup?key={key}")
    say(
        tr(
            "也可以按 Ctrl-C 停止，改用命令行：qingtu init --data DIR --interactive",
            "Or stop with Ctrl-C and use the command line: qingtu init --data DIR --interactive",
        )
    )


def set_up_in_browser(
    settings: Settings, listener: socket.socket, store: Callable[[], AbstractContextManager[str]]
) -> None:
    """Ask on the first page and set the office up; ask again when that fails.

    Parameters
    ----------
    store
        Opens the office's database for the length of a block.
    """
    with asked(settings, listener) as setting_up:
        announce(settings, setting_up.key)
        while True:
            answers = setting_up.wait(0.5)
            if answers is None:
                continue
            language.set(answers.lang)
            try:
                setting_up.tell(tr("建立数据库", "making the database"))
                with store() as url:
                    session = _initialised(settings, answers, url, tell=setting_up.tell)
            except Exception as error:
                # Whatever it is, the person at the browser must learn of it; a second try may work.
                words = said(error) or type(error).__name__
                say(tr(f"没有建成：{words}", f"not set up: {words}"))
                setting_up.fail(words)
                continue
            setting_up.finish(session)
            setting_up.handed_over.wait(_HAND_OVER_S)
            # The browser's last answer leaves before the page closes.
            time.sleep(0.2)
            return


def _initialised(settings: Settings, answers: FirstAnswers, url: str, *, tell: Callable[[str], None]) -> str:
    """Set the office up and return a session of its first user."""
    from service.auth.login import log_in
    from service.setup.initialising import initialise
    from service.setup.profile import Person, bare_profile
    from service.store.engine import make_engine

    admin = Person(answers.login, answers.person, "admin", password=answers.password)
    with bare_profile(answers.office, admin) as profile:
        initialise(
            settings.data_dir, profile, database_url=url, progress=lambda words, _done, _total: tell(words)
        )
    engine = make_engine(url)
    try:
        idle = timedelta(hours=settings.session_hours)
        session, _ = log_in(engine, name=answers.login, password=answers.password, idle=idle)
    finally:
        engine.dispose()
    return session
