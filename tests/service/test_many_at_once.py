"""More requests at once than connections and threads: each waits for its turn, and all are answered."""

from __future__ import annotations

import asyncio
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

# starlette's threads are 40, a pool of 2 has 4 connections
CLIENTS = 60


@pytest.fixture(scope="module")
def narrow(set_up_office, serve, tmp_path_factory):
    """The little office with very few connections to its database."""
    data_dir = tmp_path_factory.mktemp("narrow") / "office"
    with set_up_office(data_dir) as url, serve(data_dir, url, pool_size=2) as site:
        yield site


@pytest.mark.parametrize("path", ["/api/cases?limit=5", "/tiles/basemap/14/13370/6502.mvt", "/cases"])
def test_many_readers_are_all_answered(narrow, path):
    """Who asks is looked up on a connection of its own while the request holds one."""
    with narrow.as_("admin") as client:
        alone = client.get(path).status_code
        assert alone in (200, 204)
        with ThreadPoolExecutor(CLIENTS) as clients:
            together = clients.map(lambda _: client.get(path).status_code, range(CLIENTS))
            assert Counter(together) == {alone: CLIENTS}


def test_many_writers_are_all_answered(narrow, file_report):
    """Filing a case holds the request's connection and writes on one of its own."""
    with narrow.as_("admin") as client, ThreadPoolExecutor(CLIENTS) as clients:
        cases = clients.map(
            lambda number: file_report(client, "平安路与春光街交叉口", f"第{number}处"), range(CLIENTS)
        )
        assert len({case["id"] for case in cases}) == CLIENTS


def test_who_waits_too_long_is_told_to_come_back(narrow, monkeypatch):
    monkeypatch.setattr("service.deps._PATIENCE_S", 0.05)
    state = narrow.app.state
    service = state.service
    # as if requests that do not end held all turns
    state.service = replace(service, turns=asyncio.Semaphore(0))
    with narrow.as_(None) as client:
        try:
            answer = client.get("/api/cases")
        finally:
            state.service = service
        assert answer.status_code == 503
        assert answer.json()["error"] == "store"
        assert client.get("/api/cases").status_code == 200
