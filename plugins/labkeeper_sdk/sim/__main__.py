"""`labkeeper sim`: a lab of simulated devices, and faults for them."""

import argparse
import asyncio
import json
import logging
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from labkeeper_sdk.sim.control import NoAnswer, ask
from labkeeper_sdk.sim.faults import Fault
from labkeeper_sdk.sim.lab import DeviceNote, open_lab
from labkeeper_sdk.sim.neighbours import NEIGHBOURS, open_neighbours
from labkeeper_sdk.sim.settings import BadSettings, LabSettings, change, parse_broker, read_settings

DEFAULT_BROKER = "mqtt://127.0.0.1:1883"
FAULTS = """\
Make a device of a running lab misbehave. silent: it says nothing; stuck: the same values for ever; garbage: what nobody
can read; reboot: it loses its power and comes back; slow: it answers late; leak, open: gas or water, a door or a lid,
around a healthy device; none: it is well again.
"""
EPILOG = """\
examples:
  labkeeper sim                                          the whole lab against a broker on this machine
  labkeeper sim --only air --only plug --rate 5          two devices, five times as often
  labkeeper sim --only counter --counter-rate 200        a counter for finding lost readings
  labkeeper sim fault bench1/plug silent --for 30        the plug falls silent for half a minute
  labkeeper sim fault robot-kit reboot                   the robot kit loses power and comes back
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the simulator's options and its `fault` command."""
    parser.description = "A lab of simulated devices: Zigbee2MQTT and Homie 5 over MQTT, as the real ones speak them."
    parser.epilog = EPILOG
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--broker", default=DEFAULT_BROKER, metavar="URL", help="mqtt://[user:password@]host[:port]")
    parser.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="TOML: clocks, cadences, the lab's day (docs/reference/simulated-lab.md)",
    )
    parser.add_argument(
        "--witness", type=Path, metavar="FILE", help="append every acknowledged reading and every command"
    )
    parser.add_argument("--seed", type=int, help="the same seed gives the same values (default 1)")
    parser.add_argument("--rate", type=float, help="how many times as often devices report (default 1)")
    parser.add_argument("--only", action="append", metavar="DEVICE", help="a kind, id or title; may be repeated")
    parser.add_argument(
        "--full",
        action="store_true",
        default=None,
        help="gas, leak, door, air, heart-rate bands; Tasmota, Shelly, Frigate … too",
    )
    parser.add_argument("--counter-rate", type=float, metavar="R", help="add the witness counter, R readings a second")
    parser.add_argument(
        "--listen",
        action="append",
        default=[],
        type=_place,
        metavar="KIND=WHERE",
        help=f"a device of another wire, at a port or a path: {', '.join(NEIGHBOURS)}",
    )
    actions = parser.add_subparsers(dest="action", metavar="")
    fault = actions.add_parser(
        "fault",
        help="make a device of a running lab misbehave",
        description=FAULTS,
        formatter_class=parser.formatter_class,
    )
    fault.add_argument("device", help="its id or its title")
    fault.add_argument("fault", choices=[fault.value for fault in Fault], help="what is to be wrong with it")
    fault.add_argument("--for", dest="for_s", type=float, metavar="SECONDS", help="how long; otherwise until `none`")
    fault.add_argument("--broker", default=argparse.SUPPRESS, metavar="URL", help=f"default {DEFAULT_BROKER}")


def run(options: argparse.Namespace) -> int:
    """Run the lab until Ctrl-C or SIGTERM, or ask a running one for a fault; return the exit status."""
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    try:
        if options.action == "fault":
            asyncio.run(ask(parse_broker(options.broker), options.device, Fault(options.fault), options.for_s))
        else:
            asyncio.run(_simulate(options.broker, _settings(options), options.witness, dict(options.listen)))
    except BadSettings as error:
        print(f"labkeeper sim: {error}", file=sys.stderr)
        return 2
    except NoAnswer as error:
        print(f"labkeeper sim: {error}", file=sys.stderr)
        return 1
    return 0


def main() -> int:
    """Run as `python -m labkeeper_sdk.sim`."""
    parser = argparse.ArgumentParser(prog="labkeeper sim")
    configure(parser)
    return run(parser.parse_args())


async def _simulate(broker_url: str, settings: LabSettings, witness: Path | None, places: Mapping[str, str]) -> None:
    life = asyncio.create_task(_live(broker_url, settings, witness, places), name="lab")
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, life.cancel)
    with suppress(asyncio.CancelledError):
        await life


async def _live(broker_url: str, settings: LabSettings, witness: Path | None, places: Mapping[str, str]) -> None:
    async with open_neighbours(places), open_lab(broker_url, settings=settings, witness=witness) as lab:
        near = [NEIGHBOURS[kind] for kind in places]
        notes = [*lab.devices, *(DeviceNote(it.id, it.title, it.driver, tuple(it.settable)) for it in near)]
        ready = {"ready": "sim", "devices": [asdict(note) for note in notes]}
        print(json.dumps(ready, ensure_ascii=False), flush=True)
        await lab.over.wait()


def _place(text: str) -> tuple[str, str]:
    kind, _, where = text.partition("=")
    if kind not in NEIGHBOURS or not where:
        raise argparse.ArgumentTypeError(f"expected KIND=WHERE, got {text!r}; kinds are {', '.join(NEIGHBOURS)}")
    return kind, where


def _settings(options: argparse.Namespace) -> LabSettings:
    from_file = read_settings(options.config) if options.config else LabSettings()
    told = {
        "seed": options.seed,
        "rate": options.rate,
        "only": tuple(options.only) if options.only else None,
        "full": options.full,
        "counter_rate": options.counter_rate,
    }
    return change(from_file, {key: value for key, value in told.items() if value is not None})


if __name__ == "__main__":
    sys.exit(main())
