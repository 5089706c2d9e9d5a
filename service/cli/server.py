"""`qingtu init`, `serve`, `demo`: from a profile to a running service."""

from __future__ import annotations

import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.cli.console import DataOption, fail, progress_bar, say
from service.words import said, tr

if TYPE_CHECKING:
    from service.settings import Settings
    from service.setup.initialising import Initialised
    from service.setup.profile import Profile

DEFAULT_PORT = 8765
# Tried one after the other before the system is asked for any free port.
_NEIGHBOURS = 20

PortOption = Annotated[
    int,
    typer.Option(
        "--port", min=0, max=65535, help=tr("端口，被占用时另选一个", "port; a busy one is replaced")
    ),
]
HostOption = Annotated[str, typer.Option("--host", help=tr("监听地址", "address to listen on"))]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    example = tr("例如：", "Example: ")

    @app.command(
        help=tr("建立一个单位的数据。", "Set up an office.")
        + f"\n\n{example}qingtu init --data data/office --name 如意湖办事处 --city 郑州市"
        + f"\n\n{example}qingtu init --data data/office --interactive"
    )
    def init(
        data: DataOption,
        profile: Annotated[
            str | None, typer.Option("--profile", help=tr("demo 或配置目录", "`demo` or a profile folder"))
        ] = None,
        name: Annotated[
            str | None,
            typer.Option(
                "--name", help=tr("什么都还没有的单位：它的名称", "an office that has nothing yet: its name")
            ),
        ] = None,
        city: Annotated[
            str | None,
            typer.Option(
                "--city", help=tr("所在的市、区县，或经纬度 113.72,34.78", "its city or county, or lon,lat")
            ),
        ] = None,
        crs: Annotated[
            int | None,
            typer.Option("--crs", help=tr("或：投影坐标系 EPSG 代码", "or the EPSG code of a projected CRS")),
        ] = None,
        interactive: Annotated[
            bool, typer.Option("--interactive", "-i", help=tr("一项一项地问", "ask question by question"))
        ] = False,
    ) -> None:
        settings = _settings(data)
        if name or city or crs is not None or interactive:
            if profile is not None:
                fail(
                    tr(
                        "--profile 不能与 --name、--city、--crs、--interactive 同用",
                        "--profile goes without --name, --city, --crs, --interactive",
                    )
                )
            _init_bare(settings, name=name, city=city, crs=crs, interactive=interactive)
            return
        profile = profile or "demo"
        _require_profile(settings.data_dir, profile)
        with _store(settings) as url:
            done = _initialise(settings, profile, url)
        if done is None:
            say(tr(f"{data} 已经建好，未作改动", f"{data} was set up before, nothing changed"))

    @app.command(
        help=tr("运行服务。", "Run the service.")
        + f"\n\n{example}qingtu serve --data data/office --port 8765"
    )
    def serve(data: DataOption, port: PortOption = DEFAULT_PORT, host: HostOption = "127.0.0.1") -> None:
        from service.cli.first_run import is_vacant, set_up_in_browser
        from service.office import read_office
        from service.setup.initialising import is_initialised

        settings = _settings(data, host=host, port=port)
        with _orderly(), _listen(settings.host, settings.port) as listener:
            settings = settings.model_copy(update={"port": listener.getsockname()[1]})
            if not is_initialised(settings.data_dir) and is_vacant(settings.data_dir):
                set_up_in_browser(settings, listener, lambda: _store(settings, exclusive=True))
            read_office(settings.data_dir)  # before a cluster is made in a directory that is no office
            with _store(settings, exclusive=True) as url:
                _serve(settings, url, listener)

    @app.command(
        help=tr("建立示范辖区并运行服务。", "Set up the demo district and run it.")
        + f"\n\n{example}qingtu demo --data data/demo"
    )
    def demo(
        data: DataOption = Path("data/demo"), port: PortOption = DEFAULT_PORT, host: HostOption = "127.0.0.1"
    ) -> None:
        settings = _settings(data, host=host, port=port)
        with _orderly(), _store(settings, exclusive=True) as url:
            _initialise(settings, "demo", url)
            with _listen(settings.host, settings.port) as listener:
                _serve(settings, url, listener)


def _init_bare(
    settings: Settings, *, name: str | None, city: str | None, crs: int | None, interactive: bool
) -> None:
    """Set up an office that has nothing yet, and say what is missing."""
    from geodata.errors import QingtuError
    from service.cli.bare_init import answers, tell_steps
    from service.setup.initialising import is_initialised
    from service.setup.profile import bare_profile

    with _orderly():
        if is_initialised(settings.data_dir):
            say(
                tr(
                    f"{settings.data_dir} 已经建好，未作改动",
                    f"{settings.data_dir} was set up before, nothing changed",
                )
            )
        else:
            try:
                office, admin = answers(name=name, city=city, crs=crs, interactive=interactive)
            except QingtuError as error:
                fail(said(error))
        with _store(settings) as url:
            if not is_initialised(settings.data_dir):
                with bare_profile(office, admin) as profile:
                    _set_up(settings, profile, url, login=admin.name)
            tell_steps(settings, url)


def _settings(data: Path, **values: Any) -> Settings:
    from service.settings import Settings

    return Settings(data_dir=data.resolve(), **values)


@contextmanager
def _store(settings: Settings, *, exclusive: bool = False) -> Iterator[str]:
    from service.store.database import open_store
    from service.store.keeper import kept

    with open_store(settings, exclusive=exclusive) as url:
        private = exclusive and settings.database_url is None
        with kept(settings.data_dir) if private else nullcontext():
            yield url


@contextmanager
def _orderly() -> Iterator[None]:
    """Turn the signals that end a program into an exit that runs every clean-up."""

    def leave(_number: int, _frame: object) -> None:
        # A second signal must not interrupt the stopping of the database.
        for number in ending:
            signal.signal(number, signal.SIG_IGN)
        raise SystemExit(0)

    ending = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    for number in ending:
        signal.signal(number, leave)
    yield


def _require_profile(data_dir: Path, name: str) -> None:
    """Refuse a folder that is no profile before a database is made for it."""
    from service.setup.initialising import is_initialised
    from service.setup.profile import DEMO, read_profile

    if name != DEMO and not is_initialised(data_dir):
        read_profile(Path(name))


def _initialise(settings: Settings, profile: str, url: str) -> Initialised | None:
    """Set up the data directory unless it was; return what was done."""
    from service.setup.initialising import bring_up_to_date, is_initialised
    from service.setup.profile import open_profile
    from service.store.engine import make_engine

    if is_initialised(settings.data_dir):
        engine = make_engine(url)
        try:
            bring_up_to_date(settings.data_dir, engine)
        finally:
            engine.dispose()
        return None
    with open_profile(profile) as opened:
        return _set_up(settings, opened, url)


def _set_up(settings: Settings, profile: Profile, url: str, *, login: str = "admin") -> Initialised:
    """Set up an office from a profile, with a progress bar, and print what it has."""
    from service.setup.initialising import initialise

    with progress_bar(tr("初始化", "setting up")) as bar:
        done = initialise(
            settings.data_dir,
            profile,
            database_url=url,
            progress=lambda words, count, total: bar(count, total, words),
        )
    say(
        tr(
            f"{done.office.name}：{done.zones} 个辖区、{done.basemap} 个底图要素、{done.users} 个用户、"
            f"{done.problems} 个问题（{done.review} 个待人工定位）",
            f"{done.office.name}: {done.zones} zones, {done.basemap} basemap features, {done.users} users, "
            f"{done.problems} problems ({done.review} wait for review)",
        )
    )
    if done.admin_password:
        say(
            tr(
                f"管理员 {login} 的初始密码（只显示这一次）：{done.admin_password}",
                f"first password of {login} (shown once): {done.admin_password}",
            )
        )
    return done


def _listen(host: str, port: int) -> socket.socket:
    """Return a listening socket at the port, a neighbour of it, or any free port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for candidate in (*range(port, min(port + _NEIGHBOURS, 65536)), 0):
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, candidate))
            listener.listen(512)
        except OSError:
            listener.close()
            continue
        return listener
    fail(tr(f"{host} 上没有可用的端口", f"no free port on {host}"))


def _serve(settings: Settings, url: str, listener: socket.socket) -> None:
    """Run the service on a listening socket until a signal ends it."""
    import uvicorn

    from service.app import create_app
    from service.log import configure_logging
    from service.setup.initialising import bring_up_to_date
    from service.store.engine import make_engine

    engine = make_engine(url)
    try:
        office = bring_up_to_date(settings.data_dir, engine)
    finally:
        engine.dispose()
    running = settings.model_copy(update={"database_url": url, "port": listener.getsockname()[1]})
    app = create_app(running)
    configure_logging()
    config = uvicorn.Config(
        app, log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=5
    )

    class Announcing(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            # An exit raised inside the event loop can be swallowed there: a closed terminal must
            # end the server as Ctrl-C does, which uvicorn itself only does for SIGINT and SIGTERM.
            signal.signal(signal.SIGHUP, self.handle_exit)
            await super().startup(sockets=sockets)
            _announce(running, is_demo=office.is_demo)

    Announcing(config).run(sockets=[listener])


def _announce(settings: Settings, *, is_demo: bool) -> None:
    """Print where the service is, and for a demo its logins."""
    from service.setup.access import read_access, update_url

    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    shown = "127.0.0.1" if host in ("0.0.0.0", "[::]") else host  # noqa: S104 - only compared
    address = f"http://{shown}:{settings.port}/"
    say(tr(f"清图已启动：{address}", f"Qingtu is running: {address}"))
    path = update_url(settings.data_dir, address) if is_demo else None
    if path is not None:
        users = (read_access(settings.data_dir) or {"users": []})["users"]
        first = {user["role"]: user for user in reversed(users)}
        say(tr("示范登录（非官方示范数据）：", "demo logins (unofficial demo data):"))
        for role, user in first.items():
            say(
                f"  {user['name']:<16} {user['password']}  {_role(role)} {user['zone'].split(',')[0]} {user['command']}".rstrip()
            )
        say(tr(f"全部登录与令牌：{path}", f"all logins and tokens: {path}"))
    say(tr("按 Ctrl-C 停止", "press Ctrl-C to stop"))


def _role(role: str) -> str:
    from service.auth.scope import role_words

    return role_words(role)
