"""What can be done with a hub, and what each role may do at most."""

from collections.abc import Mapping
from enum import StrEnum


class Role(StrEnum):
    """What somebody is in a place; the owner may do everything."""

    OWNER = "owner"
    MANAGER = "facility_manager"
    TEACHER = "teacher"
    TECHNICIAN = "vendor_technician"
    PUPILS = "pupil_group"
    READER = "reader"


class Action(StrEnum):
    """What a route or a message of the live WebSocket needs; there is nothing else to be allowed."""

    BE_SIGNED_IN = "be_signed_in"
    READ_PLACES = "read_places"
    READ_READINGS = "read_readings"
    EXPORT_READINGS = "export_readings"
    RECORD = "record"
    OTHERS_LESSONS = "others_lessons"
    READ_COMMANDS = "read_commands"
    COMMAND = "command"
    LEASE = "lease"
    STOP = "stop"
    RELEASE_STOP = "release_stop"
    READ_ALARMS = "read_alarms"
    SEE_WALL = "see_wall"
    TEND_ALARMS = "tend_alarms"
    SET_LIMITS = "set_limits"
    READ_HEALTH = "read_health"
    MANAGE_PEOPLE = "manage_people"
    CHANGE_INTERLOCKS = "change_interlocks"
    MANAGE_TELLING = "manage_telling"
    RECOMPUTE_DERIVED = "recompute_derived"
    AUTOMATE = "automate"
    TEACH_PE = "teach_pe"
    READ_TIMETABLE = "read_timetable"
    BOOK = "book"
    MANAGE_TIMETABLE = "manage_timetable"
    CONFIGURE_DRIVERS = "configure_drivers"
    READ_STAFF = "read_staff"


WHOLE_HUB = frozenset(
    {
        Action.READ_HEALTH,
        Action.MANAGE_PEOPLE,
        Action.CHANGE_INTERLOCKS,
        Action.MANAGE_TELLING,
        Action.RECOMPUTE_DERIVED,
        Action.CONFIGURE_DRIVERS,
    }
)
"""Actions that are not about a place: only a right to the whole hub allows them."""

NO_TOKEN = frozenset({Action.TEACH_PE, Action.READ_STAFF})
"""Actions that no program may do with a token, whatever its limit says: they show what speaks of people."""

_LOOK = frozenset(
    {
        Action.BE_SIGNED_IN,
        Action.READ_PLACES,
        Action.READ_READINGS,
        Action.READ_COMMANDS,
        Action.READ_ALARMS,
        Action.SEE_WALL,
    }
)
_WORK = _LOOK | {Action.COMMAND, Action.STOP}
_LEAD = _WORK | {Action.LEASE, Action.RELEASE_STOP, Action.TEND_ALARMS, Action.RECORD}
_PLAN = frozenset({Action.READ_TIMETABLE, Action.BOOK, Action.MANAGE_TIMETABLE})

ROLES: Mapping[Role, frozenset[Action]] = {
    Role.OWNER: frozenset(Action),
    Role.MANAGER: _LEAD
    | {Action.EXPORT_READINGS, Action.READ_HEALTH, Action.CHANGE_INTERLOCKS, Action.MANAGE_TELLING}
    | {Action.AUTOMATE, Action.RECOMPUTE_DERIVED, Action.READ_STAFF, Action.SET_LIMITS, Action.OTHERS_LESSONS}
    | _PLAN,
    Role.TEACHER: _LEAD | {Action.EXPORT_READINGS, Action.TEACH_PE, Action.READ_TIMETABLE, Action.BOOK},
    Role.TECHNICIAN: _WORK | {Action.LEASE, Action.READ_HEALTH},
    Role.PUPILS: _WORK,
    Role.READER: _LOOK | {Action.EXPORT_READINGS, Action.READ_TIMETABLE},
}
