"""Schools, labs, nodes, devices, points and commands."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    _places()
    _things()
    _commands()


def downgrade() -> None:
    """Drop them."""
    for table in ("commands", "points", "devices", "nodes", "labs", "schools"):
        op.drop_table(table)


def _places() -> None:
    op.create_table("schools", _key("school"))
    op.create_table("labs", _key("school"), _key("lab"), _text("title_zh"), _text("title_en"))


def _things() -> None:
    op.create_table(
        "nodes",
        _key("school"),
        _key("node"),
        _text("lab"),
        _text("title_zh"),
        _text("title_en"),
        sa.Column("epoch", sa.String, nullable=True),
        sa.Column("online", sa.Boolean, nullable=False),
        _number("since_ms"),
        _number("last_seen_ms"),
    )
    op.create_table(
        "devices",
        *(_key(name) for name in ("school", "node", "device")),
        sa.Column("description", sa.JSON, nullable=False),
        _number("since_ms"),
        sa.ForeignKeyConstraint(["school", "node"], ["nodes.school", "nodes.node"]),
    )
    device = ["school", "node", "device"]
    op.create_table(
        "points",
        *(_key(name) for name in (*device, "point")),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("description", sa.JSON, nullable=False),
        sa.ForeignKeyConstraint(device, [f"devices.{name}" for name in device]),
    )


def _commands() -> None:
    op.create_table(
        "commands",
        sa.Column("id", sa.String(36), primary_key=True),
        *(_text(name) for name in ("school", "node", "device", "point")),
        sa.Column("value", sa.JSON, nullable=False),
        _text("holder"),
        *(_number(name) for name in ("fence", "created_ms", "deadline_ms")),
        sa.Column("state", sa.String(8), nullable=False),
        _text("code"),
        _text("message"),
        _number("updated_ms"),
    )
    op.create_index("commands_by_time", "commands", ["created_ms"])
    op.create_index("commands_by_device", "commands", ["school", "node", "device", "created_ms"])
    op.create_index("commands_by_state", "commands", ["state"])


def _key(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String, primary_key=True)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String, nullable=False)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False)
