"""Lists of people over HTTP: preview, then import; the file goes as soon as it was imported."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, File, Form, Header, Response, UploadFile
from pydantic import ValidationError
from sqlalchemy import Connection

from service.cases.reporting import client_id
from service.cases.requests import content_hash, find_answer, keep
from service.confined.reading import sha256_of
from service.deps import ScopeDep, Service, ServiceDep
from service.errors import Refused
from service.intake.uploads import drop_upload, find_upload, keep_upload, shown_name
from service.people.applying import Office, apply_list, make_secrets, plan_list
from service.people.list_model import ListAnswers, PeopleImported, PeoplePreview, imported, people_preview
from service.people.queries import find_list_answer, list_people
from service.people.reading import PeopleList, pasted_table, read_people
from service.people.routes import ground_here, no_store
from service.words import tr

router = APIRouter(prefix="/api/people/import", tags=["people"])
UploadField = Annotated[UploadFile | None, File(description=".xlsx、.xls、.csv、.docx、WPS 文件")]
TextField = Annotated[str, Form(max_length=200_000, description="粘贴的名单，一行一人")]
AnswersField = Annotated[str, Form(max_length=400_000, description="ListAnswers 的 JSON")]


def parse_answers(text: str) -> ListAnswers:
    """Return the answers of a form field.

    Raises
    ------
    Refused
        If they are not of that form; the input is not repeated.
    """
    try:
        return ListAnswers.model_validate_json(text) if text else ListAnswers()
    except ValidationError as error:
        names = {".".join(str(part) for part in item["loc"][:1]) for item in error.errors()}
        raise Refused(
            tr("回答的格式不对", "the answers are not of their form"),
            fields=[(f"body.answers.{name}"[:200], tr("格式不对", "wrong format")) for name in sorted(names)],
        ) from error


def office_here(connection: Connection, service: Service) -> Office:
    """Return what lists are planned against today."""
    return Office(ground_here(connection, service), service.today(), service.clock.now())


def _stored(service: Service, file: UploadFile | None, upload: UUID | None, text: str) -> tuple[UUID, bool]:
    """Return the id of the upload, and whether this request brought it."""
    directory = service.settings.uploads_dir
    if file is not None and file.filename:
        return keep_upload(directory, file.file, name=shown_name(file.filename))[0], True
    if text.strip():
        content = pasted_table(text).encode("utf-8", "replace")
        name = tr("粘贴的名单", "pasted list")
        return keep_upload(directory, io.BytesIO(content), name=name, ending=".csv")[0], True
    if upload is not None:
        return upload, False
    raise Refused(tr("请选择文件", "choose a file"), fields=[("body.file", tr("缺少", "missing"))])


def _read(service: Service, upload_id: UUID, answers: ListAnswers) -> tuple[Path, PeopleList]:
    path, name = find_upload(service.settings.uploads_dir, upload_id)
    return path, read_people(path, name=name, columns=dict(answers.columns) or None)


@router.post("/preview")
def post_preview(
    response: Response,
    service: ServiceDep,
    scope: ScopeDep,
    file: UploadField = None,
    upload: Annotated[UUID | None, Form()] = None,
    text: TextField = "",
    answers: AnswersField = "",
) -> PeoplePreview:
    """Show what a list of people would change; nothing is written."""
    scope.require("users")
    no_store(response)
    decided = parse_answers(answers)
    upload_id, own = _stored(service, file, upload, text)
    try:
        _, found = _read(service, upload_id, decided)
        with service.engine.begin() as connection:
            office = office_here(connection, service)
            plan = plan_list(connection, found, office=office, answers=decided.decided(), actor=scope.actor)
        return people_preview(str(upload_id), found, plan, office.ground)
    except Exception:
        if own:
            drop_upload(service.settings.uploads_dir, upload_id)
        raise


@router.post("", status_code=201)
def post_import(
    response: Response,
    service: ServiceDep,
    scope: ScopeDep,
    file: UploadField = None,
    upload: Annotated[UUID | None, Form(description="预览返回的 upload")] = None,
    text: TextField = "",
    answers: AnswersField = "",
    seen: Annotated[str, Form(max_length=64, description="预览返回的 digest")] = "",
    idempotency_key: Annotated[str | None, Header(description="UUID；重发同一请求不会再写一次")] = None,
) -> PeopleImported:
    """Import a list of people whole or not at all; what is still to be asked is left out.

    First passwords are in this answer only; the same request again is answered without them.
    """
    scope.require("users")
    no_store(response)
    decided, key = parse_answers(answers), client_id(idempotency_key)
    if key is not None and (known := _answered(service, scope.actor, str(key), upload, decided)) is not None:
        return known
    upload_id, own = _stored(service, file, upload, text)
    try:
        result = _import(service, scope.actor, upload_id, decided, key=key, own=own, seen=seen)
    except Exception:
        # An upload of this request goes with its refusal; one of a preview stays for another try.
        if own:
            drop_upload(service.settings.uploads_dir, upload_id)
        raise
    # Names and telephones: not kept longer than needed.
    drop_upload(service.settings.uploads_dir, upload_id)
    return result


def _import(
    service: Service,
    actor: str,
    upload_id: UUID,
    answers: ListAnswers,
    *,
    key: UUID | None,
    own: bool,
    seen: str,
) -> PeopleImported:
    path, found = _read(service, upload_id, answers)
    content = _content(sha256_of(path), "" if own else str(upload_id), answers)
    decided = answers.decided()
    with service.engine.begin() as connection:
        office = office_here(connection, service)
        new = plan_list(connection, found, office=office, answers=decided, actor=actor).count("add")
    # Made before the transaction that holds the lock of all people.
    secrets = make_secrets(new)
    with service.engine.begin() as connection:
        if key is not None:
            answer = find_answer(connection, actor=actor, key=str(key), content=content)
            if answer is not None:
                return PeopleImported(**answer, first_passwords=None)
        done = apply_list(
            connection, found, office=office, answers=decided, actor=actor, disable=answers.disable,
            with_leaders=answers.leaders, seen=seen or None, secrets=secrets,
        )  # fmt: skip
        result = imported(done, {row["id"]: row["display_name"] for row in list_people(connection)})
        if key is not None:
            keep(
                connection, actor=actor, key=str(key), content=content, at=service.clock.now(),
                answer=result.model_dump(exclude={"first_passwords"}),
            )  # fmt: skip
    return result


def _content(sha256: str, upload: str, answers: ListAnswers) -> dict[str, str]:
    """Return what is kept of a request: digests, no names and no telephones."""
    decided = content_hash(answers.model_dump(mode="json")).hex()
    return {"sha256": sha256, "upload": upload, "answers": decided}


def _answered(
    service: Service, actor: str, key: str, upload: UUID | None, answers: ListAnswers
) -> PeopleImported | None:
    """Return the answer already given to the same request about a previewed upload, which is gone by then."""
    if upload is None:
        return None
    with service.engine.begin() as connection:
        kept = find_list_answer(connection, actor=actor, key=key, upload=str(upload))
        if kept is None:
            return None
        content, _ = kept
        again = _content(content["sha256"], str(upload), answers)
        answer = find_answer(connection, actor=actor, key=key, content=again)
    return None if answer is None else PeopleImported(**answer, first_passwords=None)
