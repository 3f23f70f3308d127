"""`python -m benchmarks.exposes`: points from every device definition that Zigbee2MQTT ships."""

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.harness import Figures, measure, options
from benchmarks.npm import install
from labkeeper_drivers.zigbee2mqtt.exposes import derive

FOLDER = Path(__file__).parent / "zigbee"
WALK_S = 120


def definitions() -> Iterator[dict[str, Any]]:
    """Yield every definition of npm's zigbee-herdsman-converters: model, vendor, and exposes or the error instead."""
    install(FOLDER)
    walk = subprocess.run(["node", "exposes.js"], cwd=FOLDER, timeout=WALK_S, capture_output=True, check=True)
    yield from map(json.loads, walk.stdout.splitlines())


def walk() -> Figures:
    """Derive the points of every definition; whatever is raised counts as a crash and is named."""
    figures: dict[str, Any] = {"definitions": 0, "derived": 0, "crashed": 0, "points": 0, "without_exposes": 0}
    crashes: list[str] = []
    began_s = time.process_time()
    for definition in definitions():
        figures["definitions"] += 1
        try:
            found = len(derive(definition["exposes"]).bindings)
        except Exception as error:  # noqa: BLE001 -- a crash of any kind is what is counted here
            crashes.append(f"{definition['vendor']} {definition['model']}: {error!r}")
            continue
        figures["points"] += found
        figures["derived"] += found > 0
        figures["without_exposes"] += not definition["exposes"]
    return {**figures, "crashed": len(crashes), "crashes": crashes, "cpu_s": round(time.process_time() - began_s, 1)}


async def bench(_: Path) -> Figures:
    """Walk once: nothing here is random."""
    return walk()


def main() -> None:
    """Read the options and walk."""
    measure(options(__doc__ or ""), bench)


if __name__ == "__main__":
    main()
