"""Accounts: which of the school's own opens which of ours."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "school_accounts",
        sa.Column("mark", sa.String(64), primary_key=True),
        sa.Column("name", sa.String, nullable=False, unique=True),
        sa.Column("mapped", sa.Boolean, nullable=False),
        sa.Column("linked_ms", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("school_accounts")
