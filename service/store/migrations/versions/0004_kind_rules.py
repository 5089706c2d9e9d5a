"""Kinds read from words: the office's own rules, how sure a case's kind is, several cases of one row."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_UP = (
    """
    create table kind_rules (
        id uuid constraint pk_kind_rules primary key,
        kind text not null default '',
        words jsonb not null,
        unless jsonb not null default '[]',
        beside jsonb not null default '[]',
        means text not null default '',
        example text not null default '',
        sure text not null default 'certain'
            constraint ck_kind_rules_sure check (sure in ('certain', 'likely')),
        active boolean not null default true,
        created_by text not null,
        created_at timestamptz not null,
        changed_by text not null,
        changed_at timestamptz not null,
        version integer not null default 1
    )
    """,
    """
    create table command_rules (
        id uuid constraint pk_command_rules primary key,
        rank integer not null,
        kind text not null default '',
        place_class text not null default '',
        command text not null,
        changed_by text not null,
        changed_at timestamptz not null,
        constraint uq_command_rules_kind_place_class unique (kind, place_class)
    )
    """,
    """
    alter table cases
        add column kind_sure text not null default 'stated' constraint ck_cases_kind_sure
            check (kind_sure in ('stated', 'certain', 'likely', 'none', 'person')),
        add column kind_options jsonb not null default '[]',
        add column place_class text not null default '',
        add column place_name text not null default '',
        add column sibling_of uuid constraint fk_cases_sibling_of references cases (id) on delete set null
    """,
    # What a kind found before rested on was not kept; only what has none waits for one.
    "update cases set kind_sure = 'none' where kind = ''",
    "create index ix_cases_sibling_of on cases (sibling_of) where sibling_of is not null",
    "create index ix_cases_kind_sure on cases (kind_sure) where kind_sure in ('none', 'likely')",
    """
    alter table imports
        add column cases integer not null default 0,
        add column undecided integer not null default 0
    """,
    "update imports set cases = imported where list_kind = 'problems'",
)
_DOWN = (
    "alter table imports drop column cases, drop column undecided",
    "alter table cases drop column kind_sure, drop column kind_options, drop column place_class, drop column place_name, drop column sibling_of",
    "drop table command_rules",
    "drop table kind_rules",
)


def upgrade() -> None:
    """Add the tables and columns."""
    for statement in _UP:
        op.execute(statement)


def downgrade() -> None:
    """Drop them; the office's own rules are lost, the kinds of cases stay."""
    for statement in _DOWN:
        op.execute(statement)
