"""`labkeeper tap`: decoded traffic in the terminal, the first thing to reach for when a lab misbehaves."""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Iterator
from fnmatch import fnmatchcase

from labkeeper_wire.codec import MalformedPayload, decode
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.mqtt import Address, Message, MqttError, connect
from labkeeper_wire.payload import Metric
from labkeeper_wire.topics import NAMESPACE, BadTopic, Kind, parse

LONGEST_VALUE = 300
EPILOG = """\
examples:
  labkeeper tap                              everything Sparkplug says, a line per metric
  labkeeper tap --all                        and what the devices say themselves
  labkeeper tap --only DDATA,DCMD            data and commands
  labkeeper tap --match '*robot*motor*'      one kind of line (shell pattern over the whole line)
  labkeeper tap --count 20                   the first twenty messages, then end
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the tap's options."""
    parser.description = "Print what passes the broker, decoded."
    parser.epilog = EPILOG
    parser.add_argument("--broker", default="mqtt://127.0.0.1:1883", metavar="URL", help="mqtt://[user:pw@]host[:port]")
    parser.add_argument("--topic", action="append", metavar="FILTER", help="MQTT filter instead of spBv1.0/#")
    parser.add_argument("--all", action="store_true", help="every topic of the broker")
    parser.add_argument("--only", type=_kinds, default=frozenset(Kind), metavar="KINDS", help="e.g. NBIRTH,DDATA")
    parser.add_argument("--match", metavar="PATTERN", help="only lines that fit this shell pattern")
    parser.add_argument("--count", type=int, default=0, metavar="N", help="end after N messages")


def run(options: argparse.Namespace) -> int:
    """Print until Ctrl-C or the count is reached; returns 1 when there is no broker."""
    try:
        asyncio.run(_tap(options))
    except MqttError as error:
        print(f"labkeeper tap: {error}", file=sys.stderr)
        print("Is the broker running? `labkeeper demo` prints its address; give it with --broker.", file=sys.stderr)
        return 1
    except BrokenPipeError:
        sys.stderr.close()
    return 0


async def _tap(options: argparse.Namespace) -> None:
    filters = ["#"] if options.all else options.topic or [f"{NAMESPACE}/#"]
    seen = 0
    async with connect(Address.parse(options.broker), f"labkeeper-tap-{time.time_ns()}") as link:
        await link.subscribe(*((name, 0) for name in filters))
        async for message in link.messages():
            lines = [line for line in lines_of(message, options.only) if fits(line, options.match)]
            if not lines:
                continue
            print("\n".join(lines), flush=True)
            seen += 1
            if seen == options.count:
                return


def fits(line: str, pattern: str | None) -> bool:
    """Whether a line is asked for: the pattern may stand anywhere in it."""
    return pattern is None or fnmatchcase(line, f"*{pattern}*")


def lines_of(message: Message, kinds: frozenset[Kind] = frozenset(Kind)) -> Iterator[str]:
    """A message as lines for people; a foreign or broken one is shown as it is, with the reason."""
    clock = time.strftime("%H:%M:%S")
    try:
        topic = parse(message.topic)
    except BadTopic:
        yield f"{clock} {message.topic} {_text(message.payload)}{' (retained)' if message.retain else ''}"
        return
    if topic.kind not in kinds:
        return
    head = f"{clock} {topic.kind:6} {'/'.join(filter(None, (topic.group, topic.node, topic.device)))}"
    if topic.kind is Kind.STATE:
        yield f"{head} {_text(message.payload)}"
        return
    try:
        payload = decode(message.payload)
    except MalformedPayload as bad:
        yield f"{head} MALFORMED {bad.reason}, {len(message.payload)} bytes: {message.payload[:40].hex(' ')}"
        return
    yield f"{head} seq={payload.seq} {len(payload.metrics)} metrics {len(message.payload)} bytes"
    yield from (f"{head}   {line}" for line in map(_metric, payload.metrics))


def _metric(metric: Metric) -> str:
    name = metric.name if metric.name is not None else f"alias {metric.alias}"
    kind = DataType(metric.datatype).name.lower() if metric.datatype else ""
    marks = [word for word, on in (("historical", metric.historical), ("transient", metric.transient)) if on]
    moment = "" if metric.time_ms is None else _moment(metric.time_ms)
    return " ".join(filter(None, (f"{name} = {_value(metric.value)}", kind, moment, *marks)))


def _moment(time_ms: int) -> str:
    seconds, milliseconds = divmod(time_ms, 1000)  # the codec lets no time beyond the year 9999 through
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{milliseconds:03}Z"


def _value(value: object) -> str:
    text = "null" if value is None else f"{len(value)} bytes" if isinstance(value, bytes) else repr(value)
    return text if len(text) <= LONGEST_VALUE else text[:LONGEST_VALUE] + " …"


def _text(payload: bytes) -> str:
    try:
        text = payload.decode()
        return _value(json.loads(text)) if text[:1] in ("{", "[") else text[:LONGEST_VALUE]
    except (ValueError, RecursionError):
        return f"{len(payload)} bytes: {payload[:40].hex(' ')}"


def _kinds(text: str) -> frozenset[Kind]:
    try:
        return frozenset(Kind(word.strip().upper()) for word in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}; kinds are {', '.join(Kind)}") from None
