"""The gazetteer an office keeps: sources, own edits, versions, and checks of what a change moves."""

from __future__ import annotations

from alembic import context, op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_UP = (
    """
    create table gazetteer_versions (
        number integer constraint pk_gazetteer_versions primary key,
        file text not null,
        sha256 text not null,
        counts jsonb not null default '{}',
        check_id uuid,
        undoes integer,
        made_by text not null,
        made_at timestamptz not null
    )
    """,
    """
    create table gazetteer_sources (
        id uuid constraint pk_gazetteer_sources primary key,
        number bigint generated always as identity,
        kind text not null constraint ck_gazetteer_sources_kind check (kind in (
            'osm', 'lines', 'places', 'posts', 'records', 'base')),
        file_name text not null,
        sha256 text not null,
        datum text,
        crs integer,
        counts jsonb not null default '{}',
        added_by text not null,
        added_at timestamptz not null,
        in_version integer,
        removed_by text not null default '',
        removed_at timestamptz,
        out_version integer
    )
    """,
    """
    create table gazetteer_edits (
        id uuid constraint pk_gazetteer_edits primary key,
        number bigint generated always as identity,
        kind text not null constraint ck_gazetteer_edits_kind check (kind in (
            'line', 'place', 'post', 'alias', 'hide', 'rename')),
        entry_class text not null default '',
        name text not null default '',
        other_names jsonb not null default '[]',
        replaces jsonb not null default '[]',
        gives jsonb not null default '[]',
        chainage_m double precision,
        width_m double precision,
        note text not null default '',
        shape geometry(Geometry, {srid}),
        created_by text not null,
        created_at timestamptz not null,
        in_version integer,
        removed_by text not null default '',
        removed_at timestamptz,
        out_version integer
    )
    """,
    """
    create table gazetteer_checks (
        id uuid constraint pk_gazetteer_checks primary key,
        number bigint generated always as identity,
        state text not null constraint ck_gazetteer_checks_state check (state in (
            'running', 'waiting', 'accepted', 'discarded', 'failed', 'undone')),
        base_version integer not null,
        content jsonb not null,
        progress jsonb not null default '{}',
        report jsonb not null default '{}',
        file text not null default '',
        snapshot bytea,
        problem text not null default '',
        started_by text not null,
        started_at timestamptz not null,
        finished_at timestamptz,
        decided_by text not null default '',
        decided_at timestamptz,
        version integer not null default 1
    )
    """,
    """
    create table gazetteer_check_items (
        id bigint generated always as identity constraint pk_gazetteer_check_items primary key,
        check_id uuid not null constraint fk_gazetteer_check_items_check_id
            references gazetteer_checks (id) on delete cascade,
        record_kind text not null constraint ck_gazetteer_check_items_record_kind check (
            record_kind in ('case', 'place')),
        record_id uuid not null,
        record_version integer not null,
        change text not null constraint ck_gazetteer_check_items_change check (change in (
            'moved', 'found', 'lost', 'status', 'zone')),
        distance_m double precision,
        before jsonb not null,
        after jsonb not null,
        before_shape geometry(Geometry, {srid}),
        after_shape geometry(Geometry, {srid}),
        outcome text not null default '' constraint ck_gazetteer_check_items_outcome check (outcome in (
            '', 'moved', 'kept', 'back')),
        move_id uuid,
        constraint uq_gazetteer_check_items_check_id_record_id unique (check_id, record_kind, record_id)
    )
    """,
)
_DOWN = (
    "drop table gazetteer_check_items",
    "drop table gazetteer_checks",
    "drop table gazetteer_edits",
    "drop table gazetteer_sources",
    "drop table gazetteer_versions",
)


def upgrade() -> None:
    """Add the tables; the gazetteer of before becomes the office's first source when it next starts."""
    srid = int(context.config.attributes["srid"])
    for statement in _UP:
        op.execute(statement.replace("{srid}", str(srid)))


def downgrade() -> None:
    """Drop the tables; the first gazetteer file counts again, edits are lost."""
    for statement in _DOWN:
        op.execute(statement)
