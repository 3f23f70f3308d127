"""How wide a grant each route and message wants, and how far it then reaches: the places of the rights table.

The routes themselves refuse; this says of each what they do, is printed into the documentation, and is tried whole.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Width(StrEnum):
    """How wide a grant is, the widest first."""

    HUB = "hub"
    SCHOOL = "school"
    LAB = "lab"
    BENCH = "bench"
    NODE = "node"
    DEVICE = "device"
    POINT = "point"

    def holds(self, other: "Width") -> bool:
        """Tell whether one so wide may have a whole one of the other in it; a node is on several benches."""
        order = list(Width)
        return order.index(self) <= order.index(other) and (self, other) != (Width.BENCH, Width.NODE)


@dataclass(frozen=True, slots=True)
class Reach:
    """`narrowest`: the narrowest grant that opens it. `to`: whoever has it may do it in all of the one around it."""

    narrowest: Width
    to: Width | None = None

    def word(self, width: Width) -> str:
        """Return what a grant of this width reaches, in the word of the table."""
        if not width.holds(self.narrowest):
            return "–"
        return self.to.value if self.to is not None and self.to.holds(width) and self.to is not width else "own"


SCHOOL: Final = Reach(Width.SCHOOL)
LAB: Final = Reach(Width.LAB)
BENCH: Final = Reach(Width.BENCH)
DEVICE: Final = Reach(Width.DEVICE)
WITHIN: Final = Reach(Width.POINT)
AROUND_DEVICE: Final = Reach(Width.POINT, Width.DEVICE)
AROUND_NODE: Final = Reach(Width.POINT, Width.NODE)
AROUND_BENCH: Final = Reach(Width.POINT, Width.BENCH)
AROUND_LAB: Final = Reach(Width.POINT, Width.LAB)
AROUND_SCHOOL: Final = Reach(Width.POINT, Width.SCHOOL)

_RECORDINGS, _LAB, _ALARMS = "/api/v1/recordings", "/api/v1/labs/{school}/{lab}", "/api/v1/alarms"
_LESSON, _PE, _TIMETABLE = f"{_LAB}/lesson", f"{_LAB}/pe-class", "/api/v1/timetables/{school}"
_NAMES: Mapping[Reach, tuple[str, ...]] = {
    SCHOOL: (f"PUT {_TIMETABLE}", f"POST {_TIMETABLE}/import", "POST /api/v1/stop/release"),
    LAB: (
        *(f"{method} {_RECORDINGS}" for method in ("GET", "POST")),
        *(f"{method} {_RECORDINGS}/{{identity}}" for method in ("GET", "DELETE")),
        *(f"POST {_RECORDINGS}/{{identity}}/{what}" for what in ("marks", "stop", "seal")),
        *(
            f"GET {_RECORDINGS}/{{identity}}/{what}"
            for what in ("readings", "record", "verify", "report", "report.pdf")
        ),
        f"GET {_RECORDINGS}/{{identity}}/compare/{{other}}",
        *(f"GET {_LAB}/report{form}" for form in ("", ".pdf")),
        f"POST {_LESSON}",
        *(f"POST {_LESSON}/{what}" for what in ("take-over", "ask", "reply", "prolong", "end", "undo")),
        f"PUT {_LESSON}/class",
        f"GET {_PE}es",
        *(f"{method} {_PE}es/{{code}}" for method in ("PUT", "DELETE")),
        *(f"{method} {_PE}" for method in ("GET", "POST")),
        *(f"POST {_PE}/{what}" for what in ("end", "seen")),
        f"GET {_PE}/live",
        *(f"{method} {_LAB}/wall-link" for method in ("GET", "POST", "DELETE")),
        "GET /api/v1/wall",
        *(f"POST {_LAB}/{what}" for what in ("bookings", "openings")),
        "DELETE /api/v1/bookings/{name}",
        "DELETE /api/v1/openings/{identity}",
        "POST /api/v1/calendar-links",
        "POST /api/v1/automations/try",
        "PUT /api/v1/automations",
        "POST /api/v1/automations/{name}/switch",
        "DELETE /api/v1/automations/{name}",
        *(f"{method} {_ALARMS}/rules/{{rule}}/limits" for method in ("PUT", "DELETE")),
    ),
    BENCH: (
        "POST /api/v1/floors",
        *(f"{method} /api/v1/floors/{{name}}/points" for method in ("PUT", "DELETE")),
        "DELETE /api/v1/floors/{name}",
    ),
    Reach(Width.NODE): ("GET /api/v1/devices/{school}/{node}",),
    DEVICE: (
        *(f"POST /api/v1/leases{what}" for what in ("", "/take-over", "/{fence}/renew")),
        "DELETE /api/v1/leases/{fence}",
    ),
    WITHIN: (
        "GET /api/v1/devices",
        "GET /api/v1/devices/{school}/{node}/{device}",
        *(f"GET /api/v1/{what}" for what in ("points", "derived", "latest", "readings", "export", "catalogue")),
        "GET /api/v1/exports/{identity}",
        "GET /api/v1/staff",
        "POST /api/v1/commands",
        "GET /api/v1/commands",
        "GET /api/v1/commands/{command_id}",
        f"POST {_LAB}/scenes/{{name}}",
        "POST /api/v1/actions",
        "GET /api/v1/calendar-links",
        "DELETE /api/v1/calendar-links/{identity}",
        f"GET {_ALARMS}",
        *(f"GET {_ALARMS}/{what}" for what in ("history", "rules/{rule}/points", "kpis")),
        *(f"POST {_ALARMS}/{what}" for what in ("acknowledge", "reset", "shelve", "unshelve", "take-out", "put-back")),
        f"POST {_ALARMS}/try",
        "GET /api/v1/live",
        '{"type": "resume"}',
        '{"type": "command"}',
    ),
    AROUND_DEVICE: ("GET /api/v1/leases",),
    AROUND_NODE: ("GET /api/v1/nodes",),
    AROUND_BENCH: ("GET /api/v1/floors",),
    AROUND_LAB: (
        "GET /api/v1/labs",
        "GET /api/v1/lessons",
        *(f"GET {_LAB}/{what}" for what in ("scenes", "week", "now")),
        f"GET {_ALARMS}/rules",
        "GET /api/v1/automations",
        "GET /api/v1/automations/runs",
    ),
    AROUND_SCHOOL: (
        *(f"GET {_TIMETABLE}{what}" for what in ("", "/ledger", "/ledger/lessons", "/ledger.csv")),
        "GET /api/v1/openings",
        "GET /api/v1/colleagues",
        *(f"{method} /api/v1/stop" for method in ("GET", "POST")),
        '{"type": "stop"}',
    ),
    Reach(Width.POINT, Width.HUB): ("GET /api/v1/automations/supplied",),
}
REACH: Final[Mapping[str, Reach]] = {name: reach for reach, names in _NAMES.items() for name in names}
"""By route or message, as the rights table names them; what is about no place is not here."""
