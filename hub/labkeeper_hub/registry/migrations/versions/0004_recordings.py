"""Recordings."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "recordings",
        sa.Column("id", sa.String(36), primary_key=True),
        *(sa.Column(name, sa.String, nullable=False) for name in ("school", "lab")),
        sa.Column("started_ms", sa.BigInteger, nullable=False),
        sa.Column("started_by", sa.String, nullable=False),
        sa.Column("stopped_ms", sa.BigInteger, nullable=True),
        sa.Column("stopped_by", sa.String, nullable=False),
        *(sa.Column(name, sa.JSON, nullable=False) for name in ("plan", "marks")),
        sa.Column("seal", sa.JSON, nullable=True),
        sa.Column("record", sa.Text, nullable=True),
    )
    op.create_index("recordings_by_lab", "recordings", ["school", "lab", "started_ms"])


def downgrade() -> None:
    """Drop it."""
    op.drop_table("recordings")
