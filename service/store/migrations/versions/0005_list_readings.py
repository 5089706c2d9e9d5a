"""Lists: how each source is read, remembered whole, and how each import read its list."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_UP = (
    "alter table column_choices rename to list_readings",
    "alter table list_readings rename constraint pk_column_choices to pk_list_readings",
    "alter table list_readings rename column header_hash to source_hash",
    "alter table list_readings rename column columns to choices",
    "alter table list_readings add column header_hash bytea, add column stem text not null default ''",
    # Corrections so far were kept per header: they go on to serve every source with that header.
    "update list_readings set header_hash = source_hash, choices = jsonb_build_object('columns', choices)",
    "alter table list_readings alter column header_hash set not null",
    "create index ix_list_readings_header_hash on list_readings (header_hash)",
    "alter table imports add column reading jsonb not null default '{}'",
)
_DOWN = (
    "alter table imports drop column reading",
    "drop index ix_list_readings_header_hash",
    """
    delete from list_readings older using list_readings newer
    where older.header_hash = newer.header_hash
    and (newer.created_at, newer.source_hash) > (older.created_at, older.source_hash)
    """,
    """
    update list_readings set source_hash = header_hash, choices = coalesce(choices -> 'columns', '{}')
    """,
    "alter table list_readings drop column header_hash, drop column stem",
    "alter table list_readings rename column choices to columns",
    "alter table list_readings rename column source_hash to header_hash",
    "alter table list_readings rename constraint pk_list_readings to pk_column_choices",
    "alter table list_readings rename to column_choices",
)


def upgrade() -> None:
    """Keep the columns corrected so far as readings of their headers."""
    for statement in _UP:
        op.execute(statement)


def downgrade() -> None:
    """Keep the newest correction of each header; the rest of a reading is lost."""
    for statement in _DOWN:
        op.execute(statement)
