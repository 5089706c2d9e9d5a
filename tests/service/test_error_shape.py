"""Every route answers errors with the one body, and is documented with it."""

from __future__ import annotations

import httpx
import pytest

from service.errors import STATUS, ServiceError, status_of
from service.settings import Settings
from service.setup.initialising import initialise
from service.setup.profile import read_profile

FIELDS = {"error", "detail", "fields"}
OPEN = {"/healthz", "/readyz", "/metrics", "/api/login", "/api/logout"}


def routes(client):
    document = client.get("/openapi.json").json()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            yield method.upper(), path, operation


def filled(path):
    return path.replace("{case_id}", "00000000-0000-4000-8000-000000000000").replace(
        "{import_id}", "00000000-0000-4000-8000-000000000000"
    )


def is_program_path(path):
    return path.startswith(("/api/", "/healthz", "/readyz", "/metrics"))


def test_every_operation_is_described_and_has_an_answer_model(admin):
    for method, path, operation in routes(admin):
        assert operation.get("description"), (method, path)
        if path.startswith("/api/") and "204" not in operation["responses"]:
            good = next(v for k, v in operation["responses"].items() if k.startswith("2"))
            assert good.get("content"), (method, path)
            if "application/json" in good["content"]:
                assert good["content"]["application/json"]["schema"] != {}, (method, path)
        if path.startswith("/api/"):
            schema = operation["responses"]["4XX"]["content"]["application/json"]["schema"]
            assert schema["$ref"].endswith("/ErrorBody"), (method, path)


def test_every_error_of_every_route_has_the_one_body(site):
    with site.as_("unit1") as unit, site.as_("admin") as admin:
        for method, path, _ in routes(admin):
            if not is_program_path(path):
                continue
            for client in (unit, admin):
                for url in (filled(path), path.replace("{", "x").replace("}", "x")):
                    answer = client.request(
                        method,
                        url,
                        params={"limit": "x"},
                        json={"wrong": "本内容不得回显"} if method == "POST" else None,
                    )
                    if answer.status_code >= 400 and path != "/readyz":
                        assert set(answer.json()) == FIELDS, (method, url, answer.text)
                        assert answer.json()["detail"]
                        assert "不得回显" not in answer.text
                    assert answer.status_code < 500, (method, url, answer.text)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/api/nothing", 404), ("DELETE", "/api/cases", 405), ("GET", "/static/nothing", 404), ("POST", "/api/login", 422)],
)  # fmt: skip
def test_errors_of_the_framework_have_it_too(admin, method, path, status):
    answer = admin.request(method, path)
    assert answer.status_code == status
    assert set(answer.json()) == FIELDS


def test_without_a_public_profile_every_route_asks_for_a_login(tiny_profile, fresh_database, tmp_path, serve):
    initialise(tmp_path / "data", read_profile(_private(tiny_profile, tmp_path)), database_url=fresh_database)
    with (
        serve(tmp_path / "data", fresh_database) as site,
        httpx.Client(base_url=site.url, timeout=30) as nobody,
    ):
        for method, path, _ in routes(nobody):
            if path in OPEN or not path.startswith("/api/"):
                continue
            answer = nobody.request(method, filled(path))
            # A missing body or parameter may be noticed first, nothing else.
            assert answer.status_code in (401, 422), (method, path, answer.status_code)
            assert set(answer.json()) == FIELDS
            if method == "GET":
                assert answer.status_code == 401 or path == "/api/locate", (method, path)


def _private(profile, tmp_path):
    import shutil

    copy = shutil.copytree(profile, tmp_path / "profile")
    office = copy / "office.toml"
    office.write_text(
        office.read_text(encoding="utf-8").replace("public = true", "public = false"), encoding="utf-8"
    )
    return copy


def test_a_database_that_went_away_is_503_and_the_process_lives(set_up_office, tmp_path, serve):
    with set_up_office(tmp_path / "data") as url:
        pass
    # The database is dropped by now.
    with serve(tmp_path / "data", url) as site, site.as_(None) as client:
        answer = client.get("/api/cases")
        assert answer.status_code == 503
        assert set(answer.json()) == FIELDS
        assert client.get("/healthz").json() == {"status": "ok"}
        ready = client.get("/readyz")
        assert ready.status_code == 503
        assert ready.json()["database"] is False


def test_subclasses_stand_before_their_bases_in_the_table():
    for index, (kind, _, _) in enumerate(STATUS):
        assert not any(issubclass(kind, earlier) for earlier, _, _ in STATUS[:index])


def test_every_error_of_the_service_has_a_status():
    for kind in ServiceError.__subclasses__():
        assert status_of(kind("words"))[0] != 400, kind
    assert status_of(RuntimeError())[0] == 500


def test_settings_are_frozen_and_come_from_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("QINGTU_DATABASE_URL", "postgresql://somewhere/x")
    settings = Settings(data_dir=tmp_path)
    assert settings.database_url == "postgresql://somewhere/x"
    with pytest.raises(Exception, match="frozen"):
        settings.port = 1


def test_metrics_count_by_route_template(admin):
    admin.get("/api/cases/00000000-0000-4000-8000-000000000000")
    text = admin.get("/metrics").text
    assert 'route="/api/cases/{case_id}"' in text
    assert "00000000-0000" not in text
