"""Borders drawn by hand: working copies, their steps, the pictures traced over, and who signed."""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_UP = (
    """
    alter table border_changes
        add column drawn_by text not null default '',
        add column signed_by text not null default '',
        add column signed_on date
    """,
    """
    create table drawings (
        id uuid constraint pk_drawings primary key,
        name text not null,
        origin jsonb not null,
        state bytea not null,
        summary jsonb not null,
        "position" integer not null default 0,
        created_by text not null,
        created_at timestamptz not null,
        updated_by text not null,
        updated_at timestamptz not null,
        drawn_by text not null default '',
        signed_by text not null default '',
        signed_on date,
        change_id uuid constraint fk_drawings_change_id references border_changes (id) on delete set null,
        version integer not null default 1
    )
    """,
    """
    create table drawing_steps (
        drawing_id uuid not null constraint fk_drawing_steps_drawing_id references drawings (id) on delete cascade,
        number integer not null,
        request_id uuid not null,
        action jsonb not null,
        words text not null,
        delta bytea not null,
        actor text not null,
        at timestamptz not null,
        constraint pk_drawing_steps primary key (drawing_id, number),
        constraint uq_drawing_steps_drawing_id_request_id unique (drawing_id, request_id)
    )
    """,
    """
    create table drawing_pictures (
        id uuid constraint pk_drawing_pictures primary key,
        drawing_id uuid not null constraint fk_drawing_pictures_drawing_id
            references drawings (id) on delete cascade,
        name text not null,
        sha256 text not null,
        width_px integer not null,
        height_px integer not null,
        content bytea not null,
        kind text not null default 'affine' constraint ck_drawing_pictures_kind check (kind in (
            'affine', 'projective')),
        points jsonb not null default '[]',
        added_by text not null,
        added_at timestamptz not null,
        version integer not null default 1
    )
    """,
    "create index ix_drawing_pictures_drawing_id on drawing_pictures (drawing_id)",
)
_DOWN = (
    "drop table drawing_pictures",
    "drop table drawing_steps",
    "drop table drawings",
    "alter table border_changes drop column drawn_by, drop column signed_by, drop column signed_on",
)


def upgrade() -> None:
    """Add the tables; proposals of before were not signed."""
    for statement in _UP:
        op.execute(statement)


def downgrade() -> None:
    """Drop the tables; what was drawn and not proposed is lost."""
    for statement in _DOWN:
        op.execute(statement)
