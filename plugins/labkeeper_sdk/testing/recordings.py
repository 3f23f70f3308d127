r"""What went over a wire, as a file: JSON lines, a header first, then frames and what the driver made of them.

`{"labkeeper": "recording", "version": 1, "driver": …, "wire": "stream|datagram|message|mqtt",
"source": "hardware|published|software|documented|simulated", "reason": …, "address": …, "altered": …,
"device": {"make": …, "model": …, "firmware": …}, "settings": {…}}`
`{"t": 12, "to": "device", "text": "t\n"}`        a frame, `hex` where it is not printable text, `t` in milliseconds
`{"t": 15, "to": "driver", "topic": "a/b", "text": "1", "retain": true}`      an MQTT message
`{"expect": {"device": …, "point": …, "value": …}}`                           a reading the driver made of it
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from labkeeper_sdk.testing.wires import Direction
from labkeeper_sdk.values import Value

REDACTED = "REDACTED"
WEB = re.compile(r"https://\S+$")
SELDOM = ("settings", "address", "altered")  # of a header: left out of the file where they are empty


class BadRecording(Exception):
    """A file is not a recording; the text names the file and the line."""


class Source(StrEnum):
    """Where a recording comes from, which is how far it can be trusted."""

    HARDWARE = "hardware"  # recorded by us, or by who gave it to us
    PUBLISHED = "published"  # sent by a real device, recorded and published by its owner at `address`
    SOFTWARE = (
        "software"  # sent by a program that schools run, too, with no device behind it; `reason` says what fed it
    )
    DOCUMENTED = "documented"  # written from the maker's documents; `reason` says which
    SIMULATED = "simulated"


class About(BaseModel):
    """The device that was recorded."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    make: str = ""
    model: str = ""
    firmware: str = ""


class Header(BaseModel):
    """The first line."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    labkeeper: Literal["recording"] = "recording"
    version: Literal[1] = 1
    driver: str
    wire: Literal["stream", "datagram", "message", "mqtt"]
    source: Source
    reason: str = ""
    address: str = ""  # of `published`: where everybody can read it
    altered: str = ""  # of `published`: what is not as it stands there
    device: About = About()
    settings: dict[str, Any] = {}  # the driver's at the time, but for where the device was and for secrets


@dataclass(frozen=True, slots=True)
class Frame:
    """One piece that went over the wire, `at_ms` after the recording began."""

    at_ms: int
    to: Direction
    payload: bytes
    topic: str = ""
    retain: bool = False


@dataclass(frozen=True, slots=True)
class Expected:
    """A reading the driver is to make of the recording."""

    device: str
    point: str
    value: Value | None


@dataclass(frozen=True, slots=True)
class Recording:
    """A whole recording."""

    header: Header
    frames: tuple[Frame, ...]
    expected: tuple[Expected, ...] = ()

    @property
    def trusted(self) -> bool:
        """Whether it is from hardware, or names its device and address, its program and version, or its documents."""
        said = self.header
        match said.source:
            case Source.PUBLISHED:
                return bool(WEB.match(said.address) and said.device.model)
            case Source.SOFTWARE:
                return bool(said.device.model and said.device.firmware and said.reason)
            case Source.DOCUMENTED:
                return bool(said.reason)
        return said.source is Source.HARDWARE

    def settings(self, otherwise: Mapping[str, Any] = {}) -> dict[str, Any]:
        """Return the driver's settings at the time, `otherwise` where they were not written down."""
        return dict(self.header.settings or otherwise)


def read_recording(path: Path) -> Recording:
    """Read a recording; raises BadRecording naming the file and the line."""
    lines = path.read_text(encoding="utf-8").splitlines()
    frames: list[Frame] = []
    expected: list[Expected] = []
    try:
        header = Header.model_validate_json(lines[0] if lines else "")
    except ValidationError as error:
        raise BadRecording(f"{path}:1: {error.errors()[0]['msg']}") from error
    for number, line in enumerate(lines[1:], 2):
        try:
            said = json.loads(line)
            if "expect" in said:
                expected.append(Expected(**said["expect"]))
            else:
                frames.append(_frame(said))
        except (ValueError, TypeError, KeyError) as error:
            raise BadRecording(f"{path}:{number}: {error}") from error
    return Recording(header, tuple(frames), tuple(expected))


def write_recording(path: Path, recording: Recording, secrets: Iterable[str] = ()) -> None:
    """Write a recording; every occurrence of a secret is replaced by REDACTED."""
    empty = {name for name in SELDOM if not getattr(recording.header, name)}
    lines = [recording.header.model_dump(mode="json", exclude=empty)]
    frames = joined(recording.frames) if recording.header.wire == "stream" else recording.frames
    lines += [_line(frame) for frame in redacted(frames, secrets)]
    lines += [{"expect": {"device": it.device, "point": it.point, "value": it.value}} for it in recording.expected]
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    path.write_text(text, encoding="utf-8")


def joined(frames: Sequence[Frame]) -> list[Frame]:
    """Return frames of a stream with neighbours of one direction and one moment made one."""
    made: list[Frame] = []
    for frame in frames:
        last = made[-1] if made else None
        if last is not None and not frame.topic and (last.to, last.at_ms, last.topic) == (frame.to, frame.at_ms, ""):
            made[-1] = Frame(last.at_ms, last.to, last.payload + frame.payload)
        else:
            made.append(frame)
    return made


def redacted(frames: Iterable[Frame], secrets: Iterable[str]) -> list[Frame]:
    """Return the frames without the secrets."""
    hidden = [secret.encode() for secret in secrets if secret]
    return [_without(frame, hidden) for frame in frames]


def _without(frame: Frame, hidden: Sequence[bytes]) -> Frame:
    payload, topic = frame.payload, frame.topic
    for secret in hidden:
        payload = payload.replace(secret, REDACTED.encode())
        topic = topic.replace(secret.decode(), REDACTED)
    return Frame(frame.at_ms, frame.to, payload, topic, frame.retain)


def _frame(said: dict[str, Any]) -> Frame:
    payload = said["text"].encode() if "text" in said else bytes.fromhex(said["hex"])
    if said["to"] not in ("device", "driver"):
        raise ValueError(f"to: {said['to']!r}")
    return Frame(int(said["t"]), said["to"], payload, said.get("topic", ""), bool(said.get("retain", False)))


def _line(frame: Frame) -> dict[str, Any]:
    line: dict[str, Any] = {"t": frame.at_ms, "to": frame.to}
    if frame.topic:
        line |= {"topic": frame.topic, "retain": frame.retain}
    try:
        text = frame.payload.decode()
    except UnicodeDecodeError:
        return line | {"hex": frame.payload.hex(" ")}
    return line | ({"text": text} if _is_text(text) else {"hex": frame.payload.hex(" ")})


def _is_text(text: str) -> bool:
    return all(letter.isprintable() or letter in "\r\n\t" for letter in text)
