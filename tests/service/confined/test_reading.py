"""A file is parsed apart from the service: what it may not do there, and how its end is told."""

from __future__ import annotations

import socket
import sys
from textwrap import dedent

import pytest

from service.confined import process, reading
from service.confined.reading import UnreadableError, read_confined, refusal
from service.words import language

REASONS = {"odd": ("不认识", "it is unknown"), "too_large": ("太大；请拆分", "split it")}


@pytest.fixture
def parser(tmp_path, monkeypatch):
    """Make a parser module of some lines of `parse(path)`, found by the child alone."""

    def make(body: str) -> str:
        monkeypatch.setattr(process, "_ROOT", tmp_path)
        repository = process.__file__.rsplit("/service/", 1)[0]
        (tmp_path / "parser_of_test.py").write_text(
            f"import sys; sys.path.insert(0, {repository!r})\n"
            "from service.confined.child import RefusedError, answer\n"
            "def parse(path):\n" + dedent(body).replace("\n", "\n    ").join(("    ", "\n")) + "\n"
            "sys.exit(answer(parse, sys.argv[1]))\n",
            encoding="utf-8",
        )
        return "parser_of_test"

    return make


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "list.txt"
    path.write_text("甲", encoding="utf-8")
    return path


def ask(module, path, **limits):
    return read_confined(module, path, name="清单.txt", reasons=REASONS, **limits)


def test_what_the_parser_says_comes_back(parser, file):
    assert ask(parser("return {'words': path.read_text(encoding='utf-8')}"), file) == {"words": "甲"}


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        ("raise RefusedError('odd', '第 3 行')", "odd", "读不了 清单.txt：不认识（第 3 行）"),
        ("raise ValueError('broken')", "unreadable", "文件损坏或格式不对（ValueError: broken）"),
        ("return {'more': 'x' * (2 * 2**30)}", "too_large", "太大；请拆分"),
        ("import os; os._exit(9)", "too_large", "太大；请拆分"),
    ],
)
def test_every_end_has_words(parser, file, body, code, words):
    with pytest.raises(UnreadableError) as refused:
        ask(parser(body), file)
    assert refused.value.code == code
    assert words in str(refused.value)


def test_a_parser_that_does_not_come_back(parser, file):
    with pytest.raises(UnreadableError, match="读取超时（1 s）") as refused:
        ask(parser("import time; time.sleep(30)"), file, timeout_s=1)
    assert refused.value.code == "too_slow"


def test_it_may_write_nothing_and_inherits_no_environment(parser, file, tmp_path, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://elsewhere")
    answer = ask(
        parser(
            f"""\
            import os, signal
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            try:
                with open({str(tmp_path / "out")!r}, 'w') as out: out.write('x')
            except OSError as error: wrote = type(error).__name__
            else: wrote = 'yes'
            return {{'wrote': wrote, 'proxy': os.environ.get('HTTPS_PROXY')}}"""
        ),
        file,
    )
    assert answer == {"wrote": "OSError", "proxy": None}


@pytest.mark.skipif(sys.platform != "linux", reason="namespaces are Linux's")
def test_its_network_is_its_own(parser, file):
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        port = listening.getsockname()[1]
        body = f"""\
            import socket
            try: socket.create_connection(('127.0.0.1', {port}), timeout=2).close()
            except OSError: return {{'reached': False}}
            return {{'reached': True}}"""
        assert ask(parser(body), file) == {"reached": False}


def test_a_missing_and_a_large_file(file, monkeypatch):
    with pytest.raises(UnreadableError, match=r"找不到文件 清单\.txt") as refused:
        ask("never.run", file.with_name("absent"))
    assert refused.value.code == "missing_file"
    monkeypatch.setattr(reading, "MAX_FILE_BYTES", 2)
    with pytest.raises(UnreadableError, match="太大"):
        ask("never.run", file)


def test_refusals_speak_the_language_asked_for():
    token = language.set("en")
    try:
        assert str(refusal("odd", name="a.csv", reasons=REASONS)) == "cannot read a.csv: it is unknown"
    finally:
        language.reset(token)
