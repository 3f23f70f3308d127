"""A recording on one page: what, when, by whom; curves with markers; commands and alarms."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from labkeeper_hub.export.order import OrderedPoint
from labkeeper_hub.model import Command, PointKey
from labkeeper_hub.ports import Readings
from labkeeper_hub.recordings.lesson_record import Happened
from labkeeper_hub.recordings.recording import Recording
from labkeeper_hub.reports.document import Document, Fact, Language, Plot, Section, Table
from labkeeper_hub.reports.svg import number
from labkeeper_hub.reports.traces import Trace, trace_of
from labkeeper_hub.reports.words import duration, moment, point_word, say, sign, titled
from labkeeper_wire.interlock_refusal import CODE as INTERLOCK
from labkeeper_wire.interlock_refusal import Refusal

MOST_PLOTS = 8  # with these and so many rows in each table it is one page of A4
MOST_ROWS = 8
BESIDE = frozenset(("linkquality", "battery", "battery_low", "voltage", "rssi"))  # of the device, not of the room
STEPPED = frozenset({"bool"})


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads a report: in which language, how many minutes ahead of UTC, and as of when."""

    language: Language
    offset_min: int
    now_ms: int

    def say(self, key: str, **parts: object) -> str:
        """Return a sentence in their language."""
        return say(self.language, key, **parts)

    def moment(self, time_ms: int) -> str:
        """Return a time on their clock."""
        return moment(time_ms, self.offset_min)

    def who(self, name: str) -> str:
        """Return a pseudonym as it is; the owner has none, and is called so in their language."""
        return self.say("owner") if name == "owner" else name


@dataclass(frozen=True, slots=True)
class Told:
    """A recording with all that its report tells."""

    recording: Recording
    samples: int
    traces: Sequence[tuple[OrderedPoint, Trace]]
    happened: Happened


async def told(readings: Readings, recording: Recording, samples: int, happened: Happened, now_ms: int) -> Told:
    """Read what the curves need."""
    plan, end_ms = recording.plan, min(recording.end_ms, now_ms)
    numeric = sorted((one for one in plan.points if one.type != "str"), key=_rank)
    traces = await asyncio.gather(
        *(trace_of(readings, _key(one), recording.started_ms, end_ms) for one in numeric[:MOST_PLOTS])
    )
    return Told(recording, samples, list(zip(numeric, traces, strict=False)), happened)


def _rank(point: OrderedPoint) -> tuple[bool, bool]:
    """What is measured of the room comes first, and what the device says of itself last."""
    return point.kind != "measure", point.point.rsplit("/", 1)[-1] in BESIDE


def document(told: Told, lab: str, reader: Reader) -> Document:
    """Return the report."""
    recording = told.recording
    title = recording.plan.title or reader.say("recording")
    tables = (_marks(recording, reader), _commands(told, reader), _alarms(told, reader))
    return Document(
        language=reader.language,
        title=title,
        subtitle=f"{lab} · {reader.moment(recording.started_ms)}",
        facts=_facts(told, lab, reader),
        sections=(
            Section(title=reader.say("curves"), plots=_plots(told, reader), tables=_more(told, reader)),
            Section(title=reader.say("words"), tables=tables),
        ),
        foot=_sealed(recording, reader),
        print_word=reader.say("print"),
        offset_min=reader.offset_min,
    )


def _facts(told: Told, lab: str, reader: Reader) -> tuple[Fact, ...]:
    recording, say = told.recording, reader.say
    end_ms = min(recording.end_ms, reader.now_ms)
    every_ms = recording.plan.every_ms
    pairs = {
        "lab": lab,
        "from": reader.moment(recording.started_ms),
        "to": say("still_running") if recording.end is None else reader.moment(end_ms),
        "length": duration(end_ms - recording.started_ms),
        "samples": str(told.samples),
        "points": str(len(recording.plan.points)),
        "rate": say("every_reading") if every_ms is None else say("every", s=number(every_ms / 1000)),
        "started_by": reader.who(recording.by),
    }
    return tuple(Fact(name=say(name), value=value) for name, value in pairs.items())


def _plots(told: Told, reader: Reader) -> tuple[Plot, ...]:
    recording = told.recording
    marks = tuple((one.time_ms, str(at)) for at, one in enumerate(recording.marks, 1))
    window = {"from_ms": recording.started_ms, "to_ms": min(recording.end_ms, reader.now_ms)}
    return tuple(
        Plot(
            title=point_title(point, reader.language),
            summary=summary(point, trace, reader.language),
            line=trace.line(stepped=point.type in STEPPED),
            marks=marks,
            **window,
        )
        for point, trace in told.traces
    )


def _more(told: Told, reader: Reader) -> tuple[Table, ...]:
    left = len(told.recording.plan.points) - len(told.traces)
    return (Table(title="", header=(), rows=(), empty=reader.say("more_points", n=left)),) if left else ()


def point_title(point: OrderedPoint, language: Language) -> str:
    """Return device and point as people call them."""
    device = titled(language, point.device_title_zh, point.device_title_en, point.device or point.node)
    return f"{device} · {point_word(language, point.point, point.title_zh, point.title_en)}"


def summary(point: OrderedPoint, trace: Trace, language: Language) -> str:
    """Return lowest, mean and highest in words."""
    if not trace.times:
        return say(language, "no_readings")
    low, mean, high = (f"{one:.4g}" for one in (min(trace.low), trace.average, max(trace.high)))
    return say(language, "summary", low=low, mean=mean, high=high, unit=sign(point.unit)).strip()


def _marks(recording: Recording, reader: Reader) -> Table:
    rows = [
        (str(at), reader.moment(one.time_ms), one.text, reader.who(one.by)) for at, one in enumerate(recording.marks, 1)
    ]
    say = reader.say
    return _table(reader, "marks", ("#", say("time"), say("what"), say("who")), rows)


def _commands(told: Told, reader: Reader) -> Table:
    names = {_key(one): point_title(one, reader.language) for one in told.recording.plan.points}
    rows = [
        (
            reader.moment(one.order.created_ms),
            names.get(one.order.target) or f"{one.order.target.device} {one.order.target.point}",
            str(one.order.value),
            became(one, reader),
            reader.who(one.order.holder),
        )
        for one in told.happened.commands
    ]
    header = tuple(reader.say(name) for name in ("time", "where", "value", "state", "who"))
    return _table(reader, "commands", header, rows)


def became(command: Command, reader: Reader) -> str:
    """Return what became of a command and why; for an interlock's refusal in words, with the time since when."""
    state = reader.say(command.state.value)
    refusal = Refusal.from_text(command.message) if command.code == INTERLOCK else None
    if refusal is None:
        return reader.say("became", state=state, why=command.message) if command.message else state
    since_ms = round(datetime.fromisoformat(refusal.since).timestamp() * 1000)
    words = refusal.words.zh if reader.language == "zh" else refusal.words.en
    return reader.say("became", state=state, why=reader.say("since", why=words, time=reader.moment(since_ms)))


def _alarms(told: Told, reader: Reader) -> Table:
    rows = [
        (
            reader.moment(one.at_ms),
            one.key.rule,
            " ".join(part for part in one.key.source[2:] if part) or one.key.source.node,
            one.kind,
            "" if one.value is None else number(one.value),
            reader.who(one.who),
        )
        for one in told.happened.alarms
    ]
    header = tuple(reader.say(name) for name in ("time", "rule", "where", "kind", "value", "who"))
    return _table(reader, "alarms", header, rows)


def _table(reader: Reader, name: str, header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Table:
    more = len(rows) - MOST_ROWS
    shown = [*rows[:MOST_ROWS], *([(reader.say("and_more", n=more),)] if more > 0 else [])]
    return Table(title=reader.say(name), header=header, rows=tuple(shown), empty=reader.say(f"no_{name}"))


def _sealed(recording: Recording, reader: Reader) -> str:
    seal = recording.seal
    return (
        reader.say("unsealed")
        if seal is None
        else reader.say("sealed", time=reader.moment(seal.at_ms), digest=seal.digest)
    )


def _key(point: OrderedPoint) -> PointKey:
    return PointKey(point.school, point.node, point.device, point.point)
