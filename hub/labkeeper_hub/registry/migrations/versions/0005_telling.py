"""Telling people: channels, the plan, and messages."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "telling_channels",
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("sealed", sa.Text, nullable=False),
        sa.Column("made_ms", sa.BigInteger, nullable=False),
        sa.Column("made_by", sa.String, nullable=False),
    )
    op.create_table(
        "telling",
        sa.Column("name", sa.String(8), primary_key=True),
        sa.Column("value", sa.JSON, nullable=False),
    )
    op.create_table(
        "telling_messages",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("channel", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("title", "text", "link")),
        sa.Column("safety", sa.Boolean, nullable=False),
        sa.Column("made_ms", sa.BigInteger, nullable=False),
        sa.Column("fate", sa.String(8), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("ended_ms", sa.BigInteger, nullable=True),
        sa.Column("error", sa.String, nullable=False),
    )
    op.create_index("telling_messages_by_time", "telling_messages", ["made_ms"])
    op.create_index("telling_messages_by_fate", "telling_messages", ["fate"])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("telling_messages")
    op.drop_table("telling")
    op.drop_table("telling_channels")
