"""A simulated lab on its own broker, as a stand for the conformance kit."""

import json
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from labkeeper_sdk.sim.lab import Lab, open_lab
from labkeeper_sdk.sim.settings import LabSettings
from labkeeper_sdk.testing.benches import Stand
from labkeeper_sdk.testing.mqtt import open_mqtt_wire, publish_recording, saying_again
from labkeeper_sdk.testing.recordings import Recording
from labkeeper_sdk.values import Value

Overrides = Mapping[str, Mapping[str, Mapping[str, Value]]]
WORDS: Mapping[object, bool] = {"ON": True, "OFF": False}


@asynccontextmanager
async def stand_in_lab(topic: str, *only: str, overrides: Overrides | None = None) -> AsyncIterator[Stand]:
    """Run these devices of the simulated lab behind a private broker; `topic` is where they speak."""
    with tempfile.TemporaryDirectory(prefix="labkeeper-stand-") as folder:
        witness = Path(folder) / "witness.jsonl"
        settings = LabSettings(only=only, rate=5)
        async with open_mqtt_wire(topic) as wire, open_lab(wire.broker.url, settings=settings, witness=witness) as lab:
            yield Stand(
                settings={},
                wire=wire,
                broker=wire.url,
                truth=lambda device, point: _truth(lab, device, point),
                orders=lambda device, point: _orders(witness, device, point),
                overrides=overrides or {},
            )


@asynccontextmanager
async def stand_replayed(recording: Recording) -> AsyncIterator[Stand]:
    """Say on a private broker what was recorded: what is kept before the driver comes, the rest again and again."""
    async with open_mqtt_wire() as wire:
        kept = tuple(frame for frame in recording.frames if frame.retain)
        await publish_recording(wire.broker.url, replace(recording, frames=kept))
        async with saying_again(wire.broker.url, recording.frames):
            yield Stand(settings=recording.settings(), wire=wire, broker=wire.url)


def _truth(lab: Lab, device: str, point: str) -> Value | None:
    value = lab.value(device, point)
    if isinstance(value, str) and value in WORDS:
        return WORDS[value]
    return value if isinstance(value, bool | int | float | str) else None


def _orders(witness: Path, device: str, point: str) -> int:
    lines: list[dict[str, Any]] = [json.loads(line) for line in witness.read_text(encoding="utf-8").splitlines()]
    commands = [line["command"] for line in lines if "command" in line]
    return sum(it["device"] == device and it["property"] in (point, point.partition("/")[0]) for it in commands)
