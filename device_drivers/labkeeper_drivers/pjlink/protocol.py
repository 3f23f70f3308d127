"""PJLink's lines, without a socket. Source: "PJLink Specifications" version 2.10 (JBMIA, 2022), chapters 2 to 5."""

import hashlib
import re
from collections.abc import Callable, Mapping

from labkeeper_sdk import About, DeviceUnreachable, Title, Value

CONDITIONS = {"0": "standby", "1": "on", "2": "cooling", "3": "warming"}
SUPPLIED = ("on", "warming")  # what a person calls on
PARTS = ("fan", "lamp", "temperature", "cover", "filter", "other")  # of ERST, in its order
HEALTH = {"0": "ok", "1": "warning", "2": "error"}
INPUTS = {"1": "rgb", "2": "video", "3": "digital", "4": "storage", "5": "network", "6": "internal"}
MUTED = {"11": True, "21": True, "31": True, "10": False, "20": False, "30": False}
MOST_DIGITS = 5  # hours are at most 99999 (4.9)
LONGEST_TEXT = 128  # letters; no name of a projector needs more
SIGNAL = re.compile(r"\d{1,5}x\d{1,5}")
NO_SIGNAL = {"-": "none", "*": "unknown"}
ERRORS = {
    "ERR1": "it does not know this command",
    "ERR2": "it has no such choice",
    "ERR3": "not at this time",
    "ERR4": "it reports a failure",
}


class Refused(Exception):
    """The projector answered ERR1 to ERR4; `code` says which."""

    def __init__(self, code: str) -> None:
        super().__init__(ERRORS[code])
        self.code = code


def prefix(greeting: str, password: str) -> str:
    """Return what goes before the first command: the digest of the projector's random number and the password.

    Raises DeviceUnreachable where the projector wants a password and none is set, or does not speak PJLink.
    """
    words = greeting.upper().split()
    if words[:1] != ["PJLINK"]:
        raise DeviceUnreachable(f"speaks no PJLink: {greeting[:40]!r}")
    if words[1:] == ["0"]:
        return ""
    if len(words) != 3 or words[1] != "1":  # noqa: PLR2004 -- PJLINK 1 random
        raise DeviceUnreachable("the password is wrong" if "ERRA" in words else f"speaks no PJLink: {greeting[:40]!r}")
    if not password:
        raise DeviceUnreachable("the projector wants a password")
    random = greeting.split()[2]
    return hashlib.md5((random + password).encode(), usedforsecurity=False).hexdigest()


def answered(line: str, head: str) -> str | None:
    """Return what the projector answers to `head` (%1POWR), None for an answer to something else.

    Raises Refused for ERR1 to ERR4, DeviceUnreachable for a wrong password.
    """
    if line.upper().startswith("PJLINK"):
        raise DeviceUnreachable("the password is wrong" if "ERRA" in line.upper() else "began anew")
    name, found, said = line.partition("=")
    if not found or name.upper() != head:
        return None
    if said.upper() in ERRORS:
        raise Refused(said.upper())
    return said


def input_name(code: str) -> str:
    """Return an input's name: kind and number, `digital-1` for 31; one of an unknown kind keeps its code."""
    kind = INPUTS.get(code[:1])
    return f"{kind}-{code[1:]}" if kind and len(code) > 1 else code


def inputs(said: str) -> Mapping[str, str]:
    """Return the inputs a projector has, by name: their codes."""
    return {input_name(code): code for code in said.split() if code.isalnum()}


def text(said: str) -> str:
    """Return what may be shown of an answer in words: without control characters, LONGEST_TEXT at most."""
    return "".join(letter for letter in said if letter.isprintable()).strip()[:LONGEST_TEXT]


def about(said: Mapping[str, str]) -> About:
    """Return what a projector is, by its answers: its name, its maker, its model and its software."""
    name = said.get("NAME", "")
    return About(
        title=Title(zh=name, en=name),
        make=said.get("INF1", ""),
        model=said.get("INF2", ""),
        firmware=said.get("SVER", ""),
    )


def readings_of(command: str, said: str) -> Mapping[str, Value]:
    """Return what an answer says; nothing for what makes no sense."""
    understand = UNDERSTAND.get(command)
    return {} if understand is None else understand(said)


def _power(said: str) -> Mapping[str, Value]:
    condition = CONDITIONS.get(said)
    return {} if condition is None else {"condition": condition, "power": condition in SUPPLIED}


def _health(said: str) -> Mapping[str, Value]:
    health = [HEALTH.get(digit) for digit in said]
    if len(health) != len(PARTS) or None in health:
        return {}
    return {f"health/{part}": str(it) for part, it in zip(PARTS, health, strict=True)}


def _hours(name: str, said: str) -> Mapping[str, Value]:
    word = said.split(maxsplit=1)[0] if said.split() else ""
    known = word.isascii() and word.isdigit() and len(word) <= MOST_DIGITS
    return {name: int(word)} if known else {}


def _signal(said: str) -> Mapping[str, Value]:
    known = NO_SIGNAL.get(said) or (said if SIGNAL.fullmatch(said) else None)
    return {} if known is None else {"signal": known}


UNDERSTAND: Mapping[str, Callable[[str], Mapping[str, Value]]] = {
    "POWR": _power,
    "AVMT": lambda said: {"mute": MUTED[said]} if said in MUTED else {},
    "FREZ": lambda said: {"freeze": said == "1"} if said in ("0", "1") else {},
    "ERST": _health,
    "IRES": _signal,
    "LAMP": lambda said: _hours("lamp-hours", said),
    "FILT": lambda said: _hours("filter-hours", said),
}
