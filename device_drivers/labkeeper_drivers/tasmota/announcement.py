"""What a Tasmota device announces in `<discovery>/<MAC>/config` (documentation: "MQTT", SetOption19 0); pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from labkeeper_drivers.documents import words
from labkeeper_drivers.topics import ours_or_wild
from labkeeper_sdk import BadReading

RELAY, LIGHT, SHUTTER = 1, 2, 3  # `rl`: what hangs on each output
DIMMABLE, WHITE, RGB, RGBW, RGBCCT = 1, 2, 3, 4, 5  # `lt_st`: how many channels a light has
MOST_OUTPUTS = 32
PREFIXES = 3


@dataclass(frozen=True, slots=True)
class Announcement:
    """A device as it describes itself. `commands`, `answers` and `reports` are how its topics begin."""

    mac: str
    name: str
    model: str
    firmware: str
    commands: str
    answers: str
    reports: str
    on: str
    off: str
    online: str
    offline: str
    outputs: tuple[int, ...]
    output_names: tuple[str, ...]
    light: int
    fan: bool
    buttons: tuple[int, ...]
    switches: tuple[int, ...]
    answers_by_name: bool  # SetOption4: the answer to POWER comes on stat/…/POWER and not on stat/…/RESULT

    @property
    def powers(self) -> tuple[int, ...]:
        """Return the outputs that are switched, by number from 1."""
        return tuple(number for number, kind in enumerate(self.outputs, 1) if kind in (RELAY, LIGHT))


def announced(mac: str, document: Mapping[str, object]) -> Announcement:
    """Return what a device announces; raises BadReading bad_description."""
    prefixes = document.get("tp")
    if not isinstance(prefixes, list) or len(prefixes) != PREFIXES or not all(isinstance(one, str) for one in prefixes):
        raise BadReading("bad_description", "tp is not three prefixes")
    commands, answers, reports = (_topic(document, mac, prefix) for prefix in prefixes)
    states = _texts(document.get("state"))
    off, on = states[:2] if len(states) >= 2 else ("OFF", "ON")  # noqa: PLR2004 -- off and on
    names = document.get("fn")
    return Announcement(
        mac=mac,
        name=words(document, "dn") or words(document, "hn") or mac,
        model=words(document, "md"),
        firmware=words(document, "sw"),
        commands=commands,
        answers=answers,
        reports=reports,
        on=on or "ON",
        off=off or "OFF",
        online=words(document, "onln") or "Online",
        offline=words(document, "ofln") or "Offline",
        outputs=_numbers(document.get("rl")),
        output_names=_texts(names),
        light=_number(document.get("lt_st")),
        fan=_number(document.get("if")) == 1,
        buttons=tuple(number for number, used in enumerate(_numbers(document.get("btn")), 1) if used),
        switches=tuple(number for number, mode in enumerate(_numbers(document.get("swc")), 1) if mode >= 0),
        answers_by_name=_answers_by_name(document.get("so")),
    )


def _topic(document: Mapping[str, object], mac: str, prefix: str) -> str:
    full = words(document, "ft") or "%prefix%/%topic%/"
    known = {
        "%prefix%": prefix,
        "%topic%": words(document, "t"),
        "%hostname%": words(document, "hn"),
        "%id%": mac[-6:],
    }
    for placeholder, value in known.items():
        full = full.replace(placeholder, value)
    topic = full if full.endswith("/") else f"{full}/"
    if "%" in topic or len(topic) < 2 or ours_or_wild(topic):  # noqa: PLR2004 -- more than the slash
        raise BadReading("bad_description", "its topics are none we may hear")
    return topic


def _texts(raw: object) -> tuple[str, ...]:
    return tuple(one if isinstance(one, str) else "" for one in raw[:MOST_OUTPUTS]) if isinstance(raw, list) else ()


def _numbers(raw: object) -> tuple[int, ...]:
    return tuple(map(_number, raw[:MOST_OUTPUTS])) if isinstance(raw, list) else ()


def _number(raw: object) -> int:
    return raw if isinstance(raw, int) and not isinstance(raw, bool) else 0


def _answers_by_name(options: object) -> bool:
    return isinstance(options, dict) and options.get("4") == 1
