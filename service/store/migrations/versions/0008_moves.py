"""Records that were moved: from where to where, by whom and why, and what the gazetteer learned of it."""

from __future__ import annotations

from alembic import context, op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_UP = (
    # One sequence for both tables: moves by borders and by people have one order, also under a still clock.
    """
    create table position_moves (
        id uuid constraint pk_position_moves primary key,
        number bigint not null default nextval('case_moves_id_seq'),
        case_id uuid constraint fk_position_moves_case_id references cases (id) on delete cascade,
        place_id uuid constraint fk_position_moves_place_id references places (id) on delete cascade,
        kind text not null generated always as (
            case when case_id is not null then 'case' else 'place' end) stored,
        version integer not null,
        at timestamptz not null,
        actor text not null,
        cause text not null constraint ck_position_moves_cause check (cause in ('person', 'gazetteer', 'undo')),
        reason text not null,
        batch uuid,
        undoes uuid constraint fk_position_moves_undoes references position_moves (id) on delete cascade,
        before jsonb not null,
        after jsonb not null,
        before_shape geometry(Geometry, {srid}),
        after_shape geometry(Geometry, {srid}),
        seen_by jsonb not null default '[]',
        constraint ck_position_moves_one_record check (num_nonnulls(case_id, place_id) = 1),
        constraint uq_position_moves_number unique (number)
    )
    """,
    "create index ix_position_moves_case_id_number on position_moves (case_id, number)",
    "create index ix_position_moves_place_id_number on position_moves (place_id, number)",
    "create index ix_position_moves_batch on position_moves (batch) where batch is not null",
    "create index ix_position_moves_undoes on position_moves (undoes) where undoes is not null",
    """
    create table move_aliases (
        move_id uuid not null constraint fk_move_aliases_move_id
            references position_moves (id) on delete cascade,
        text text not null,
        before jsonb,
        before_shape geometry(Geometry, {srid}),
        constraint pk_move_aliases primary key (move_id, text)
    )
    """,
    """
    alter table aliases add column move_id uuid constraint fk_aliases_move_id
        references position_moves (id) on delete set null
    """,
    "alter table places add column listed jsonb",
    """
    alter table place_versions drop constraint ck_place_versions_event,
        add constraint ck_place_versions_event check (event in (
            'created', 'changed', 'vanished', 'returned', 'reviewed', 'merged', 'moved'))
    """,
)
_DOWN = (
    "delete from place_versions where event = 'moved'",
    """
    alter table place_versions drop constraint ck_place_versions_event,
        add constraint ck_place_versions_event check (event in (
            'created', 'changed', 'vanished', 'returned', 'reviewed', 'merged'))
    """,
    "alter table places drop column listed",
    "alter table aliases drop column move_id",
    "drop table move_aliases",
    "drop table position_moves",
)


def upgrade() -> None:
    """Add the tables; what was placed so far counts as never moved."""
    srid = int(context.config.attributes["srid"])
    for statement in _UP:
        op.execute(statement.replace("{srid}", str(srid)))


def downgrade() -> None:
    """Drop the tables; records stay where they are now, their history is lost."""
    for statement in _DOWN:
        op.execute(statement)
