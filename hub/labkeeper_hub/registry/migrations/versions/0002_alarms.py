"""Alarms as they stand, and their history."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SOURCE = ("rule", "school", "node", "device", "point")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "alarms",
        *(sa.Column(name, sa.String, primary_key=True) for name in SOURCE),
        *(sa.Column(name, sa.String, nullable=False) for name in ("lab", "level")),
        sa.Column("core", sa.String(13), nullable=False),
        sa.Column("priority", sa.Integer, nullable=False),
        *(sa.Column(name, sa.Boolean, nullable=False) for name in ("latch", "safety")),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("since_ms", "raised_ms")),
        sa.Column("value", sa.Float, nullable=True),
        sa.Column("shelf", sa.JSON, nullable=True),
        sa.Column("design", sa.String, nullable=False),
        sa.Column("service", sa.JSON, nullable=True),
        sa.Column("version", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "alarm_entries",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        *(sa.Column(name, sa.String, nullable=False) for name in (*SOURCE, "lab")),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("level", sa.String, nullable=False),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("time_ms", "at_ms")),
        sa.Column("value", sa.Float, nullable=True),
        *(sa.Column(name, sa.String, nullable=False) for name in ("who", "why")),
        sa.Column("late", sa.Boolean, nullable=False),
    )
    op.create_index("alarm_entries_by_time", "alarm_entries", ["at_ms"])
    op.create_index("alarm_entries_by_source", "alarm_entries", [*SOURCE[1:], "at_ms"])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("alarm_entries")
    op.drop_table("alarms")
