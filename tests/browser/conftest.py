"""One Chromium and one running demo for all browser tests; pages that remember what went wrong."""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from service.app import create_app
from service.settings import Settings
from service.setup.initialising import initialise
from service.setup.profile import open_profile

playwright_api = pytest.importorskip("playwright.sync_api")

ARGUMENTS = [
    "--no-sandbox",
    "--headless",
    # MapLibre needs WebGL; without a graphics card it is drawn by the processor.
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--lang=zh-CN",
]
DESK, PHONE = (1440, 900), (360, 740)


@dataclass(frozen=True)
class Demo:
    """The running demo."""

    url: str
    users: dict[str, dict[str, Any]]
    sessions: dict[str, str] = field(default_factory=dict)

    def client(self, name: str | None = None) -> httpx.Client:
        """A client of the HTTP interface, by token."""
        headers = {"authorization": f"Bearer {self.users[name]['token']}"} if name else {}
        return httpx.Client(base_url=self.url, headers=headers, timeout=60, verify=False)

    def cookie(self, name: str) -> dict[str, str]:
        """A session of a user, as Playwright wants it; logins are limited per minute, so one per user."""
        if name not in self.sessions:
            with httpx.Client(base_url=self.url, timeout=60) as client:
                body = {"name": name, "password": self.users[name]["password"]}
                assert client.post("/api/login", json=body).status_code == 200
                self.sessions[name] = client.cookies["qingtu_session"]
        return {"name": "qingtu_session", "value": self.sessions[name], "url": self.url}


@pytest.fixture(scope="session")
def demo(database_maker, tmp_path_factory) -> Iterator[Demo]:
    """The demo district as `qingtu demo` sets it up, served on a free port."""
    data_dir = tmp_path_factory.mktemp("demo") / "office"
    with database_maker() as database_url:
        with open_profile("demo") as profile:
            initialise(data_dir, profile, database_url=database_url)
        app = create_app(Settings(data_dir=data_dir, database_url=database_url))
        server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, access_log=False))
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        deadline = time.monotonic() + 30
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.02)
        port = server.servers[0].sockets[0].getsockname()[1]
        access = json.loads((data_dir / "demo-access.json").read_text(encoding="utf-8"))
        try:
            yield Demo(f"http://127.0.0.1:{port}", {user["name"]: user for user in access["users"]})
        finally:
            server.should_exit = True
            thread.join(timeout=20)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """Debian's Chromium, started once: Playwright's blocking interface exists only once per process."""
    with playwright_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        yield browser
        browser.close()


@dataclass
class Watched:
    """A page of the demo, with everything it complained about or asked of other hosts."""

    page: Any
    demo: Demo
    complaints: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        page = self.page
        page.on(
            "console", lambda m: self.complaints.append(m.text) if m.type in ("error", "warning") else None
        )
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on(
            "response", lambda r: self.complaints.append(f"{r.status} {r.url}") if r.status >= 400 else None
        )
        page.on("request", lambda request: self._asked(request.url))

    def _asked(self, url: str) -> None:
        if not url.startswith((self.demo.url + "/", "data:", "blob:")):
            self.outside.append(url)

    def open(self, path: str) -> Any:
        """Go to a page of the demo."""
        self.page.goto(self.demo.url + path)
        return self.page

    def open_map(self, path: str = "/") -> Any:
        """Go to a page with a map and wait until it is drawn."""
        page = self.open(path)
        page.wait_for_selector("html[data-map-ready-ms]", state="attached", timeout=60_000)
        return page

    def drawn(self, *layers: str) -> list[dict[str, Any]]:
        """The features that the map draws in these layers now."""
        return self.page.evaluate(
            "layers => window.qingtuMap.queryRenderedFeatures(layers.length ? { layers } : {}).map(f => ({ layer: f.layer.id, ...f.properties }))",
            list(layers),
        )

    def settle(self) -> None:
        """Wait until the map has nothing more to load or move."""
        self.page.evaluate(
            "() => new Promise(done => { const m = window.qingtuMap; m.loaded() && !m.isMoving() ? done() : m.once('idle', done); })"
        )


@pytest.fixture
def watch(chromium, demo) -> Iterator[Callable[..., Watched]]:
    """Open pages: `watch("admin", size=PHONE)`; at the end none may have complained or looked outside."""
    opened: list[Watched] = []
    contexts = []

    def start(name: str | None = None, *, size: tuple[int, int] = DESK, lang: str = "zh") -> Watched:
        context = chromium.new_context(
            viewport={"width": size[0], "height": size[1]}, locale="zh-CN", has_touch=size == PHONE
        )
        context.add_cookies([{"name": "qingtu_lang", "value": lang, "url": demo.url}])
        if name:
            context.add_cookies([demo.cookie(name)])
        contexts.append(context)
        watched = Watched(context.new_page(), demo)
        opened.append(watched)
        return watched

    yield start
    for context in contexts:
        context.close()
    for watched in opened:
        assert watched.outside == []
        assert watched.complaints == []


@pytest.fixture(scope="session")
def screenshots() -> Path:
    """Where pictures for the documentation go; they replace the old ones at every run."""
    folder = Path(__file__).resolve().parents[2] / "build" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
