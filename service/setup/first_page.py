"""The first page of an empty data directory: a one-time link, a form, and progress until the office runs.

It is served by itself, before there is a store. The key in the link is random and opens once; the
browser that opened it holds a cookie from then on. Whoever made the program wait (`FirstSetUp.wait`)
does the work and tells how far it is.
"""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from fastapi import FastAPI, Form, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from pydantic import TypeAdapter, ValidationError

from geodata.divisions import cities
from service import errors
from service.auth.passwords import MAX_LENGTH, MIN_LENGTH
from service.deps import SESSION_COOKIE
from service.errors import NotLoggedIn, Refused
from service.fields import Line
from service.frame import page_words
from service.guard import Guard, Metrics
from service.office import Office
from service.settings import Settings
from service.setup.where import Whereabouts, whereabouts
from service.templating import STATIC_DIR, make_templates
from service.words import Language, language, tr

COOKIE = "qingtu_first"
State = Literal["waiting", "working", "done"]
_LINE: TypeAdapter[str] = TypeAdapter(Line)
_LONGEST_NAME, _LONGEST_LOGIN = 60, 40


@dataclass(frozen=True, slots=True)
class FirstAnswers:
    """What the first page asked: the office's name and place, and who begins."""

    name: str
    where: Whereabouts
    login: str
    person: str
    password: str = field(repr=False)
    lang: Language = "zh"

    @property
    def office(self) -> Office:
        """Return the office to set up."""
        return Office(
            name=self.name, crs=self.where.crs, centre=self.where.centre, division=self.where.division
        )


@dataclass
class FirstSetUp:
    """What passes between the browser and whoever sets up; every use of it takes its lock."""

    key: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    state: State = "waiting"
    words: str = ""
    problem: str = ""
    typed: dict[str, str] = field(default_factory=dict)
    _cookie: str = field(default="", repr=False)
    _answers: FirstAnswers | None = field(default=None, repr=False)
    _session: str = field(default="", repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _given: threading.Event = field(default_factory=threading.Event, repr=False)
    handed_over: threading.Event = field(default_factory=threading.Event, repr=False)

    def open(self, key: str) -> str | None:
        """Return the cookie for the browser that opens the link first, None for everybody else."""
        with self._lock:
            if self._cookie or not secrets.compare_digest(key.encode(), self.key.encode()):
                return None
            self._cookie = secrets.token_urlsafe(24)
            return self._cookie

    def knows(self, cookie: str) -> bool:
        """Return whether a browser is the one that opened the link."""
        with self._lock:
            return bool(self._cookie) and secrets.compare_digest(cookie.encode(), self._cookie.encode())

    def give(self, answers: FirstAnswers) -> None:
        """Take the answers, once: a second click changes nothing."""
        with self._lock:
            if self.state == "waiting":
                self._answers, self.state, self.problem = answers, "working", ""
                self._given.set()

    def wait(self, timeout_s: float) -> FirstAnswers | None:
        """Return the answers once somebody gave them, None when none came in time."""
        if not self._given.wait(timeout_s):
            return None
        with self._lock:
            self._given.clear()
            return self._answers

    def tell(self, words: str) -> None:
        """Say what is being done."""
        with self._lock:
            self.words = words

    def fail(self, problem: str) -> None:
        """Say why it did not work, and ask again."""
        with self._lock:
            self.state, self.problem, self._answers = "waiting", problem, None

    def finish(self, session: str) -> None:
        """Say that the office is there; its first user's session waits for the browser."""
        with self._lock:
            self.state, self._session = "done", session

    def session(self) -> str:
        """Return the session of the first user, once."""
        with self._lock:
            session, self._session = self._session, ""
            return session


def read_answers(*, name: str, city: str, login: str, person: str, password: str, again: str) -> FirstAnswers:
    """Return checked answers.

    Raises
    ------
    Refused
        With the first thing that is wrong.
    """
    values = {"name": name, "city": city, "login": login, "person": person}
    try:
        clean = {key: _LINE.validate_python(value.strip()) for key, value in values.items()}
    except ValidationError as error:
        raise Refused(
            tr("有一项太长或含有不能保存的字符", "something is too long or cannot be stored")
        ) from error
    name, login = clean["name"], clean["login"]
    if not name or len(name) > _LONGEST_NAME:
        raise Refused(
            tr(
                f"请写单位名称，最多 {_LONGEST_NAME} 个字",
                f"name the office, in at most {_LONGEST_NAME} characters",
            )
        )
    if not login or len(login) > _LONGEST_LOGIN or any(char.isspace() for char in login):
        raise Refused(
            tr(
                f"登录名不能为空、不能有空格，最多 {_LONGEST_LOGIN} 个字",
                f"the login name has no blanks and at most {_LONGEST_LOGIN} characters",
            )
        )
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise Refused(
            tr(
                f"密码须为 {MIN_LENGTH} 到 {MAX_LENGTH} 个字符",
                f"a password has {MIN_LENGTH} to {MAX_LENGTH} characters",
            )
        )
    if password != again:
        raise Refused(tr("两次输入的密码不一样", "the two passwords differ"))
    where = whereabouts(clean["city"])
    return FirstAnswers(name, where, login, clean["person"] or login, password, language.get())


def first_app(setting_up: FirstSetUp, settings: Settings) -> FastAPI:
    """Return the app that shows the first page, and nothing else."""
    app = FastAPI(title="清图 Qingtu", docs_url=None, redoc_url=None, openapi_url=None)
    templates = make_templates()
    templates.env.globals.update(t=page_words)
    errors.install(app)

    def shown(request: Request, *, problem: str = "", status: int = 200) -> HTMLResponse:
        context: dict[str, Any] = {
            "lang": language.get(), "state": setting_up.state, "words": setting_up.words, "typed": setting_up.typed,
            "problem": problem or setting_up.problem, "cities": [city.name for city in cities()],
            "least": MIN_LENGTH,
        }  # fmt: skip
        answer = templates.TemplateResponse(request, "first.html", context, status_code=status)
        answer.headers["cache-control"] = "no-store"
        return answer

    def known(request: Request) -> bool:
        return setting_up.knows(request.cookies.get(COOKIE, ""))

    @app.get("/setup")
    def show(request: Request, key: str = "") -> Response:
        if key and not known(request):
            cookie = setting_up.open(key)
            if cookie is None:
                return stranger(request)
            answer = RedirectResponse("/setup", status_code=303)
            answer.set_cookie(
                COOKIE, cookie, httponly=True, samesite="strict", secure=settings.secure_cookies
            )
            return answer
        if key:
            # Not in the address bar, where it would be copied from.
            return RedirectResponse("/setup", status_code=303)
        return shown(request) if known(request) else stranger(request)

    def stranger(request: Request) -> Response:
        context = {"lang": language.get()}
        return templates.TemplateResponse(request, "first-closed.html", context, status_code=401)

    @app.post("/setup")
    def take(
        request: Request,
        name: Annotated[str, Form(max_length=400)] = "",
        city: Annotated[str, Form(max_length=400)] = "",
        login: Annotated[str, Form(max_length=400)] = "",
        person: Annotated[str, Form(max_length=400)] = "",
        password: Annotated[str, Form(max_length=400)] = "",
        again: Annotated[str, Form(max_length=400)] = "",
    ) -> Response:
        if not known(request):
            return stranger(request)
        if setting_up.state != "waiting":
            return RedirectResponse("/setup", status_code=303)
        setting_up.typed = {"name": name, "city": city, "login": login, "person": person}
        try:
            answers = read_answers(
                name=name, city=city, login=login, person=person, password=password, again=again
            )
        except Refused as error:
            return shown(request, problem=str(error), status=422)
        setting_up.give(answers)
        return RedirectResponse("/setup", status_code=303)

    @app.get("/setup/progress")
    def progress(request: Request) -> Response:
        if not known(request):
            raise NotLoggedIn(tr("请用终端里的链接打开", "open the link that the terminal shows"))
        state = setting_up.state
        answer = JSONResponse({"state": state, "words": setting_up.words, "problem": setting_up.problem})
        answer.headers["cache-control"] = "no-store"
        session = setting_up.session() if state == "done" else ""
        if session:
            answer.set_cookie(
                SESSION_COOKIE,
                session,
                httponly=True,
                samesite="lax",
                secure=settings.secure_cookies,
                path="/",
            )
            setting_up.handed_over.set()
        return answer

    @app.get("/")
    def start() -> Response:
        return RedirectResponse("/setup", status_code=303)

    app.mount("/static", StaticFiles(directory=STATIC_DIR), name="static")
    app.add_middleware(
        Guard, body_limit=64 * 1024, upload_limit=64 * 1024, lang=settings.lang, metrics=Metrics()
    )  # fmt: skip
    return app
