"""Line protocol read back by its published grammar, not by our own rules; for tests."""

from typing import NamedTuple


class Point(NamedTuple):
    """One line."""

    measurement: str
    tags: dict[str, str]
    fields: dict[str, object]
    time_ns: int


def parse(line: str) -> Point:
    """Read one line; raises ValueError."""
    head, rest = _until(line, " ", quoted=False)
    fields, time = _until(rest, " ", quoted=True)
    measurement, *tags = _split(head, ",", quoted=False)
    pairs = [_split(tag, "=", quoted=False) for tag in tags]
    return Point(
        _plain(measurement),
        {_plain(name): _plain(value) for name, value in pairs},
        {name: _field(value) for name, value in (field.split("=", 1) for field in _split(fields, ",", quoted=True))},
        int(time),
    )


def _split(text: str, at: str, *, quoted: bool) -> list[str]:
    parts = []
    while True:
        part, text = _until(text, at, quoted=quoted)
        parts.append(part)
        if not text:
            return parts


def _until(text: str, sign: str, *, quoted: bool) -> tuple[str, str]:
    """Return what is before the sign, escaped or (where that counts) quoted ones aside, and what is after it."""
    place, inside = 0, False
    while place < len(text):
        if text[place] == "\\":
            place += 1
        elif quoted and text[place] == '"':
            inside = not inside
        elif text[place] == sign and not inside:
            return text[:place], text[place + 1 :]
        place += 1
    return text, ""


def _plain(name: str) -> str:
    for escaped in ("\\,", "\\=", "\\ "):
        name = name.replace(escaped, escaped[1])
    return name


def _field(text: str) -> object:
    if text.startswith('"'):
        if not text.endswith('"') or len(text) < 2:
            raise ValueError(text)
        return text[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    if text in ("true", "false"):
        return text == "true"
    return int(text[:-1]) if text.endswith("i") else float(text)
