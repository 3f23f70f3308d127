"""Automations: what each did, and why."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "automation_runs",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("automation", sa.String(32), nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("outcome", sa.String(8), nullable=False),
        sa.Column("why", sa.String(16), nullable=False),
        sa.Column("parts", sa.JSON, nullable=False),
        sa.Column("results", sa.JSON, nullable=False),
    )
    op.create_index("automation_runs_by_time", "automation_runs", ["at_ms"])
    op.create_index("automation_runs_by_automation", "automation_runs", ["automation", "at_ms"])


def downgrade() -> None:
    """Drop it."""
    op.drop_table("automation_runs")
