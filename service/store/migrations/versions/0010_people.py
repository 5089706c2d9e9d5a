"""People: telephone, a first password that must be changed, versions against clashes, last log-in."""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0007"
branch_labels = None
depends_on = None

_UP = """
    alter table users
        add column phone text not null default '',
        add column must_change boolean not null default false,
        add column last_login_at timestamptz,
        add column version integer not null default 1
"""
_DOWN = """
    alter table users
        drop column phone, drop column must_change, drop column last_login_at, drop column version
"""


def upgrade() -> None:
    """Add the columns; passwords of before stay as they are."""
    op.execute(_UP)


def downgrade() -> None:
    """Drop them; telephones are lost."""
    op.execute(_DOWN)
