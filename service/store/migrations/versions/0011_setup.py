"""Borders corrected on the day they began: the corrected version stays for reports, its successor begins that day."""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_UP = (
    "alter table zones drop constraint uq_zones_level_code_valid_from",
    """
    create unique index ux_zones_level_code_valid_from on zones (level, code, valid_from)
        where valid_to is null or valid_to > valid_from
    """,
    "drop index uq_border_changes_valid_from",
    "create unique index uq_border_changes_valid_from on border_changes (valid_from) where state = 'accepted'",
)
_DOWN = (
    "drop index uq_border_changes_valid_from",
    """
    delete from border_changes o using border_changes n where o.state = 'applied' and n.state = 'applied'
        and o.valid_from = n.valid_from and o.applied_at < n.applied_at
    """,
    """
    create unique index uq_border_changes_valid_from on border_changes (valid_from)
        where state in ('accepted', 'applied')
    """,
    "delete from zones where valid_to <= valid_from",
    "drop index ux_zones_level_code_valid_from",
    "alter table zones add constraint uq_zones_level_code_valid_from unique (level, code, valid_from)",
)


def upgrade() -> None:
    """Let a version that ended on its first day have a successor of that day."""
    for statement in _UP:
        op.execute(statement)


def downgrade() -> None:
    """Forget versions that were corrected on their first day, and the changes that made them."""
    for statement in _DOWN:
        op.execute(statement)
