"""Readings asked of InfluxDB: as they came, or one number per bucket, with the journal's own rules."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, NamedTuple

from labkeeper_hub.influx import influxql
from labkeeper_hub.influx.http import open_http, send
from labkeeper_hub.influx.influxql import FIELDS, NoAnswer
from labkeeper_hub.influx.line import LAST_NS, NS_IN_MS
from labkeeper_hub.influx.settings import InfluxSettings, read_secrets
from labkeeper_hub.influx.sinks import SinkUnreachable
from labkeeper_hub.influx.verdict import reason_of
from labkeeper_hub.model import Aggregate, PointKey, ReadingsQuery, Row
from labkeeper_hub.timeseries.buckets import PICKING, buckets_of, rows_of
from labkeeper_hub.timeseries.columns import QUALITY_MARKS, kind_of
from labkeeper_hub.timeseries.group import Group
from labkeeper_sdk import BadConfiguration, Quality, Value

ASK_S = 10.0  # for everything one question needs
MOST_BYTES = 64 << 20
LONGEST_SIGN = 4  # bytes of UTF-8
PAGE_ROWS = 20_000
MOST_ROWS = 500_000  # that are aggregated here, where InfluxDB cannot do it by our rules
TOO_MUCH = "too_much"
NUMBERS = {"value", "value_int"}


class HistoryUnavailable(Exception):
    """InfluxDB cannot say what it has; `reason` is short and stable."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason


class Told(NamedTuple):
    """A reading as InfluxDB gives it back."""

    time_ns: int
    value: Value | None
    quality: int

    @property
    def row(self) -> Row:
        return Row(self.time_ns // NS_IN_MS, self.value)


@dataclass(frozen=True, slots=True)
class InfluxHistory:
    """Asks over the 1.x-compatible endpoint, anew each time; `whole` tells whether a point's values are integers."""

    settings: InfluxSettings
    whole: Callable[[PointKey], bool]
    most_bytes: int = MOST_BYTES

    async def raw(self, key: PointKey, times: tuple[int, int], limit: int, offset: int) -> list[Row]:
        """Return readings with first <= time_ms < end, at most `limit` after the first `offset`.

        Raises HistoryUnavailable.
        """
        async with _patience():
            rows = await self._ask(influxql.raw(key, *ns(times), limit, offset))
            return [told.row for told in self._told(key, rows)]

    async def told(self, key: PointKey, times_ns: tuple[int, int], most: int) -> list[Told]:
        """Return the first readings with first <= time_ns < end, at most so many; raises HistoryUnavailable."""
        async with _patience():
            return self._told(key, await self._ask(influxql.raw(key, *times_ns, most, 0)))

    async def count(self, key: PointKey, times_ns: tuple[int, int]) -> int:
        """Return how many there are at most: a value that is not good counts twice. Raises HistoryUnavailable."""
        async with _patience():
            (found,) = await self._ask(influxql.kinds(key, *times_ns)) or [{}]
        return sum(found.get(one) or 0 for one in (*FIELDS, "quality"))

    async def aggregated(self, query: ReadingsQuery, times: tuple[int, int], limit: int) -> list[Row]:
        """Return at most `limit` buckets; raises HistoryUnavailable, and ValueError as the journal does."""
        async with _patience():
            (told,) = await self._ask(influxql.kinds(query.key, *ns(times))) or [{}]
            kinds = [field for field in FIELDS if told.get(field)]
            if "value_text" in kinds and query.aggregate not in PICKING and not self.whole(query.key):
                raise ValueError(f"texts have no {query.aggregate}")
            if not kinds:
                return []
            if len(kinds) > 1 or told.get("quality") or kinds[0] not in NUMBERS:
                return (await self._here(query, times))[:limit]
            return await self._there(query, times, kinds[0], limit)

    async def _there(self, query: ReadingsQuery, times: tuple[int, int], field: str, limit: int) -> list[Row]:
        """Let InfluxDB reckon: all readings are good numbers of one kind."""
        every_ms = query.every_ms or 1
        statement = influxql.buckets(query.key, *ns(times), field, query.aggregate, every_ms, limit)
        rows = await self._ask(statement)
        return [
            Row(row["time"] // NS_IN_MS, _number(row[query.aggregate.value], field, query.aggregate)) for row in rows
        ]

    async def _here(self, query: ReadingsQuery, times: tuple[int, int]) -> list[Row]:
        """Reckon here what InfluxDB has no rules for: bad quality, truth values, texts, changed datatypes."""
        group, count, (start, end) = Group(), 0, ns(times)
        while True:
            rows = await self._ask(influxql.raw(query.key, start, end, PAGE_ROWS, 0))
            for told in self._told(query.key, rows):
                mark = QUALITY_MARKS[Quality(told.quality)] | kind_of(told.value)
                group.add(0, told.time_ns // NS_IN_MS, mark, told.value)
            count += len(rows)
            if len(rows) < PAGE_ROWS:
                buckets = await asyncio.to_thread(buckets_of, group.columns(), query.every_ms or 1)
                return rows_of(buckets, query.aggregate)
            if count >= MOST_ROWS:
                raise HistoryUnavailable(TOO_MUCH, f"more than {MOST_ROWS} readings to aggregate here")
            start = int(rows[-1]["time"]) + 1

    def _told(self, key: PointKey, rows: Sequence[dict[str, Any]]) -> list[Told]:
        whole = self.whole(key)
        return [Told(int(row["time"]), _value(row, whole=whole), _quality(row.get("quality"))) for row in rows]

    async def _ask(self, statement: str) -> list[dict[str, Any]]:
        params = {"db": self.settings.database, "epoch": "ns", "q": statement}
        try:
            async with open_http(self.settings, read_secrets(self.settings)) as client:
                request = client.build_request("GET", "/query", params=params)
                answer = await send(client, request, self.most_bytes)
            if answer.status != HTTPStatus.OK:
                raise HistoryUnavailable("influx_refuses", reason_of(answer))
        except SinkUnreachable as error:
            raise HistoryUnavailable(f"influx_{error.code}", error.reason) from error
        except BadConfiguration as error:
            raise HistoryUnavailable("influx_refuses", str(error)) from error
        return await self._rows(answer.body)

    async def _rows(self, body: str) -> list[dict[str, Any]]:
        try:
            return await asyncio.to_thread(influxql.rows_of, body)
        except NoAnswer as error:
            cut_short = len(body) * LONGEST_SIGN >= self.most_bytes
            raise HistoryUnavailable(TOO_MUCH if cut_short else "influx_refuses", str(error)) from error


@asynccontextmanager
async def _patience() -> AsyncIterator[None]:
    """Give a question its time; raises HistoryUnavailable when it is over."""
    try:
        async with asyncio.timeout(ASK_S):
            yield
    except TimeoutError as late:
        raise HistoryUnavailable("influx_timeout", f"no answer in {ASK_S:.0f} s") from late


def ns(times: tuple[int, int]) -> tuple[int, int]:
    """Return times in ms as InfluxDB has them, within what it can hold."""
    first, end = (max(-LAST_NS, min(LAST_NS, time_ms * NS_IN_MS)) for time_ms in times)
    return first, end


def _quality(told: int | None) -> int:
    return int(told) if told in (Quality.STALE, Quality.BAD) else int(Quality.GOOD)


def _value(row: dict[str, Any], *, whole: bool) -> Value | None:
    """Return the value as it was stored in the journal, type and all."""
    if row.get("value") is not None:
        return float(row["value"])
    text: str | None = row.get("value_text")
    if text is not None:
        return int(text) if whole and text.isdigit() else text
    found: Value | None = row.get("value_int")
    return row.get("value_bool") if found is None else found


def _number(told: float, field: str, aggregate: Aggregate) -> Value:
    if aggregate is Aggregate.COUNT:
        return int(told)
    exact = field == "value_int" and aggregate not in (Aggregate.MEAN, Aggregate.SUM)
    return int(told) if exact else float(told)
