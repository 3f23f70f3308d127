"""One calendar: holidays and days worked instead move from the telling plan into the year of every school."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

ZONE = "Asia/Shanghai"
TELLING = sa.table("telling", sa.column("name", sa.String), sa.column("value", sa.JSON))
TIMETABLES = sa.table("timetables", sa.column("school", sa.String), sa.column("timetable", sa.JSON))
SCHOOLS = sa.table("schools", sa.column("school", sa.String))


def upgrade() -> None:
    """Move them. A day that a year already makes up for something stays as the year says."""
    link = op.get_bind()
    plan = link.execute(sa.select(TELLING.c.value).where(TELLING.c.name == "plan")).scalar()
    if not plan:
        return
    days = {key: plan.pop(key, empty) for key, empty in (("zone", ZONE), ("holidays", []), ("workdays", []))}
    link.execute(sa.update(TELLING).where(TELLING.c.name == "plan").values(value=plan))
    if days["holidays"] or days["workdays"] or days["zone"] != ZONE:
        _give(link, days)


def _give(link: sa.Connection, days: Mapping[str, Any]) -> None:
    found = {row.school: row.timetable for row in link.execute(sa.select(TIMETABLES))}
    for school in found.keys() | set(link.execute(sa.select(SCHOOLS.c.school)).scalars()):
        whole = dict(found.get(school, {}))
        year = dict(whole.get("year") or {"zone": days["zone"]})
        made_up = [list(one) for one in year.get("make_ups", [])]
        named = {day for day, _ in made_up}
        year["make_ups"] = [*made_up, *([day, None] for day in days["workdays"] if day not in named)]
        year["holidays"] = sorted({*year.get("holidays", []), *days["holidays"]})
        link.execute(sa.delete(TIMETABLES).where(TIMETABLES.c.school == school))
        link.execute(sa.insert(TIMETABLES).values(school=school, timetable=whole | {"year": year}))


def downgrade() -> None:
    """Leave the days where they are: a plan without any is a plan."""
