"""The office's own rules over HTTP: list, add, change, try, exchange; whose a kind is; reading anew."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID, uuid4

from fastapi import APIRouter, File, Header, Query, Response, UploadFile

from service.cases.advancing import parse_if_match
from service.cases.reporting import client_id
from service.cases.requests import conflicts_kept, find_answer, keep
from service.deps import ConnectionDep, ScopeDep, Service, ServiceDep
from service.errors import NotFound
from service.intake.uploads import drop_upload, keep_upload, shown_name
from service.kinds.editing import add_rule, change_rule, require_good, save_commands
from service.kinds.exchange import read_rule_rows, rules_csv, rules_workbook, take_rows
from service.kinds.model import (
    CommandRow,
    CommandRows,
    Commands,
    Reread,
    RuleBody,
    RuleItem,
    Rules,
    Tried,
    TryBody,
    Uploaded,
)
from service.kinds.present import own_item, reread_items, rules_of, try_text
from service.kinds.queries import find_rule, list_command_rules, list_rules
from service.kinds.rereading import Reading, carry_out, read_anew
from service.words import tr

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_SHOWN = 200
router = APIRouter(prefix="/api/kinds", tags=["kinds"])


@router.get("/rules")
def get_rules(connection: ConnectionDep, service: ServiceDep, scope: ScopeDep) -> Rules:
    """Return the own rules, newest first, and the shipped ones."""
    scope.require("edit_kinds")
    return rules_of(connection, service.kind_rules)


@router.post("/rules", status_code=201)
def post_rule(
    body: RuleBody,
    response: Response,
    service: ServiceDep,
    scope: ScopeDep,
    idempotency_key: Annotated[str | None, Header(description="UUID，即规则 id")] = None,
) -> RuleItem:
    """Add a rule or alias; it holds from the next row on."""
    scope.require("edit_kinds")
    rule_id = client_id(idempotency_key) or uuid4()
    content, key, at = body.model_dump(mode="json"), str(rule_id), service.clock.now()
    with service.engine.begin() as connection:
        # A rule that is there already is no content to keep; another one under the same id is.
        with conflicts_kept(service.engine, actor=scope.actor, key=key, content=content, at=at):
            known = find_answer(connection, actor=scope.actor, key=key, content=content)
        if known is None:
            add_rule(connection, rule_id, body, table=service.kinds, actor=scope.actor)
            keep(connection, actor=scope.actor, key=key, content=content, answer={"id": key}, at=at)
        return _rule(connection, service, rule_id, response)


@router.put("/rules/{rule_id}")
def put_rule(
    rule_id: UUID,
    body: RuleBody,
    response: Response,
    connection: ConnectionDep,
    service: ServiceDep,
    scope: ScopeDep,
    if_match: Annotated[str | None, Header(description="读到的版本（ETag）")] = None,
) -> RuleItem:
    """Change a rule; `active` false disables it."""
    scope.require("edit_kinds")
    version = parse_if_match(if_match)
    change_rule(connection, rule_id, body, table=service.kinds, actor=scope.actor, version=version)
    return _rule(connection, service, rule_id, response)


def _rule(connection: ConnectionDep, service: Service, rule_id: UUID, response: Response) -> RuleItem:
    row = find_rule(connection, rule_id)
    if row is None:
        raise NotFound(tr("没有这条规则", "no such rule"))
    response.headers["etag"] = f'"{row["version"]}"'
    return own_item(row, service.kinds)


@router.get(
    "/rules/download", response_class=Response, responses={200: {"content": {XLSX: {}, "text/csv": {}}}}
)
def get_download(
    connection: ConnectionDep,
    service: ServiceDep,
    scope: ScopeDep,
    form: Annotated[Literal["xlsx", "csv"], Query()] = "xlsx",
) -> Response:
    """Return the own rules as a table that can be uploaded again."""
    scope.require("edit_kinds")
    rows = list_rules(connection)
    content = rules_workbook(rows, service.kinds) if form == "xlsx" else rules_csv(rows, service.kinds)
    headers = {"content-disposition": f'attachment; filename="kind-rules.{form}"'}
    return Response(
        content, media_type=XLSX if form == "xlsx" else "text/csv; charset=utf-8", headers=headers
    )


@router.post("/rules/upload")
def post_upload(
    service: ServiceDep,
    scope: ScopeDep,
    file: Annotated[
        UploadFile,
        File(description=".xlsx、.csv，列：编号、类别、关键词、排除词、地点、别名指、把握、例句、停用"),
    ],
    dry_run: Annotated[bool, Query(description="只看会变什么")] = False,
) -> Uploaded:
    """Add and change rules by a file; the same file twice changes nothing."""
    scope.require("edit_kinds")
    directory, name = service.settings.uploads_dir, shown_name(file.filename)
    upload_id, path = keep_upload(directory, file.file, name=name)
    try:
        # Outside the transaction: the child process may take its time with a hostile file.
        rows = read_rule_rows(path, name)
        with service.engine.begin() as connection:
            return take_rows(connection, rows, table=service.kinds, actor=scope.actor, dry_run=dry_run)
    finally:
        drop_upload(directory, upload_id)


@router.post("/try")
def post_try(body: TryBody, connection: ConnectionDep, service: ServiceDep, scope: ScopeDep) -> Tried:
    """Return what a text gives and why; with `rule` also what it would give with that rule."""
    scope.require("place")
    if body.rule is not None:
        require_good(body.rule, service.kinds)
    return try_text(connection, body, service.kind_rules)


@router.get("/commands")
def get_commands(connection: ConnectionDep, scope: ScopeDep) -> Commands:
    """Return the exceptions to "a kind belongs to its command", in the order in which they are asked."""
    scope.require("edit_kinds")
    return Commands(
        items=[
            CommandRow(kind=row["kind"], place_class=row["place_class"], command=row["command"])
            for row in list_command_rules(connection)
        ]
    )


@router.put("/commands")
def put_commands(
    body: CommandRows, connection: ConnectionDep, service: ServiceDep, scope: ScopeDep
) -> Commands:
    """Write the exceptions anew; they hold from the next case on."""
    scope.require("edit_kinds")
    save_commands(connection, body, table=service.kinds, actor=scope.actor)
    return get_commands(connection, scope)


@router.get("/reread")
def get_reread(connection: ConnectionDep, service: ServiceDep, scope: ScopeDep) -> Reread:
    """Return what reading the undecided cases anew would change; nothing is changed."""
    scope.require("edit_kinds")
    reading = read_anew(connection, service.kind_rules.on(connection))
    return _reread(reading, service, more_cases=reading.more_cases, done=False)


@router.post("/reread")
def post_reread(connection: ConnectionDep, service: ServiceDep, scope: ScopeDep) -> Reread:
    """Read the undecided cases anew and give them what they read as; what a person chose stays."""
    scope.require("edit_kinds")
    kinds = service.kind_rules.on(connection)
    reading, opened = carry_out(connection, kinds, actor=scope.actor, now=service.clock.now())
    return _reread(reading, service, more_cases=len(opened), done=True)


def _reread(reading: Reading, service: Service, *, more_cases: int, done: bool) -> Reread:
    return Reread(
        undecided=reading.undecided, changed=len(reading.changes), more_cases=more_cases,
        still_undecided=reading.still_undecided, done=done,
        items=reread_items(reading.changes[:_SHOWN], service.kinds),
    )  # fmt: skip
