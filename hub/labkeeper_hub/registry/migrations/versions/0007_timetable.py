"""The timetable: schools' years and slots, bookings, openings, what was taught, calendar links."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def _words(*names: str) -> tuple[sa.Column[str], ...]:
    return tuple(sa.Column(name, sa.String, nullable=False) for name in names)


def _times(*names: str) -> tuple[sa.Column[int], ...]:
    return tuple(sa.Column(name, sa.BigInteger, nullable=False) for name in names)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "timetables",
        sa.Column("school", sa.String, primary_key=True),
        sa.Column("timetable", sa.JSON, nullable=False),
    )
    op.create_table(
        "bookings",
        sa.Column("id", sa.String(36), primary_key=True),
        *_words("school", "lab"),
        *_times("start_ms", "end_ms"),
        *_words("class_name", "course", "teacher", "title", "guest"),
    )
    op.create_index("bookings_by_time", "bookings", ["end_ms"])
    op.create_table(
        "openings",
        sa.Column("id", sa.String(36), primary_key=True),
        *_words("school", "lab"),
        *_times("start_ms", "end_ms"),
        sa.Column("schools", sa.JSON, nullable=False),
    )
    op.create_table(
        "taught_lessons",
        sa.Column("lesson", sa.String(36), primary_key=True),
        *_words("school", "lab", "class_name", "course", "teacher"),
        sa.Column("started_ms", sa.BigInteger, nullable=False),
        sa.Column("ended_ms", sa.BigInteger, nullable=True),
        sa.Column("occurrence", sa.String, nullable=False),
    )
    op.create_index("taught_lessons_by_time", "taught_lessons", ["school", "started_ms"])
    op.create_table(
        "calendar_links",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("digest", sa.String, nullable=False, unique=True),
        *_words("school", "lab", "teacher", "made_by"),
        sa.Column("made_ms", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    """Drop them."""
    for table in ("calendar_links", "taught_lessons", "openings", "bookings", "timetables"):
        op.drop_table(table)
