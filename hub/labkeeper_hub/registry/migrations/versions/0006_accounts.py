"""Accounts: second factors, and tokens for programs."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "second_factors",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("sealed", sa.Text, nullable=False),
        sa.Column("on", sa.Boolean, nullable=False),
        sa.Column("step", sa.BigInteger, nullable=False),
        sa.Column("recovery", sa.JSON, nullable=False),
    )
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("number", sa.Integer, nullable=False, unique=True),
        sa.Column("holder", sa.String, nullable=False),
        sa.Column("title", sa.String, nullable=False),
        sa.Column("actions", sa.JSON, nullable=False),
        sa.Column("labs", sa.JSON, nullable=False),
        sa.Column("digest", sa.String(64), nullable=True),
        sa.Column("created_ms", sa.BigInteger, nullable=False),
        sa.Column("expires_ms", sa.BigInteger, nullable=False),
        sa.Column("used_ms", sa.BigInteger, nullable=True),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("api_tokens")
    op.drop_table("second_factors")
