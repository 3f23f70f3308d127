"""The journal's readings with InfluxDB's before them: one answer, one order, one cursor."""

import logging
from dataclasses import dataclass, replace

from labkeeper_hub.influx.combining import combined, needed
from labkeeper_hub.influx.history import HistoryUnavailable, InfluxHistory
from labkeeper_hub.influx.settings import InfluxSettings
from labkeeper_hub.model import Cursor, Missing, Page, PointKey, ReadingsQuery, Row
from labkeeper_hub.ports import Readings
from labkeeper_hub.registry.registry import HubRegistry
from labkeeper_hub.timeseries.columns import INT
from labkeeper_hub.timeseries.horizon import Horizon
from labkeeper_hub.timeseries.journal import Journal

log = logging.getLogger(__name__)
Times = tuple[int, int]


@dataclass(frozen=True, slots=True)
class MergedReadings:
    """Asks InfluxDB only for what is older than the journal's horizon; says so when that cannot be had."""

    journal: Readings
    horizon: Horizon
    history: InfluxHistory

    async def page(self, query: ReadingsQuery) -> Page:
        """Answer as the journal does, further back."""
        horizon_ms = await self.horizon.complete_from(query.key, query.every_ms)
        limit_ms = query.to_ms if horizon_ms is None else horizon_ms
        start_ms = query.from_ms if query.after is None else max(query.from_ms, query.after.time_ms)
        if start_ms >= min(limit_ms, query.to_ms):
            return await self.journal.page(query)
        try:
            if query.every_ms:
                return await self._buckets(query, query.every_ms, start_ms, limit_ms)
            return await self._raw(query, start_ms, limit_ms)
        except ValueError as error:  # of a mean's sum and count, too
            raise ValueError(f"texts have no {query.aggregate}") from error
        except HistoryUnavailable as unavailable:
            log.info("history: %s", unavailable)
            rest = await self._rest(query, limit_ms, query.limit)
            return replace(rest, missing=(Missing(start_ms, min(limit_ms, query.to_ms), unavailable.reason),))

    async def _raw(self, query: ReadingsQuery, start_ms: int, limit_ms: int) -> Page:
        given = query.after.given if query.after is not None and query.after.time_ms == start_ms else 0
        end_ms = min(limit_ms, query.to_ms)
        found = await self.history.raw(query.key, (start_ms, end_ms), query.limit + 1, given)
        rows = tuple(found[: query.limit])
        if len(found) > query.limit:
            return Page(rows, _place_after(rows, start_ms, given))
        return _joined(rows, await self._rest(query, limit_ms, query.limit - len(rows)))

    async def _buckets(self, query: ReadingsQuery, every_ms: int, start_ms: int, limit_ms: int) -> Page:
        end_ms = min(limit_ms, query.to_ms)
        split_ms = end_ms - end_ms % every_ms if limit_ms < query.to_ms else end_ms
        rows: list[Row] = []
        if start_ms < split_ms:
            rows = await self.history.aggregated(query, (start_ms, split_ms), query.limit + 1)
        if len(rows) > query.limit:
            return Page(tuple(rows[: query.limit]), Cursor(rows[query.limit - 1].time_ms + every_ms, 0))
        after_ms = split_ms
        if split_ms < end_ms:
            after_ms = split_ms + every_ms
            rows += await self._straddling(
                query, (max(start_ms, split_ms), end_ms), (end_ms, min(after_ms, query.to_ms))
            )
        rest = await self._rest(query, after_ms, query.limit - len(rows))
        return _joined(tuple(rows), rest)

    async def _straddling(self, query: ReadingsQuery, older: Times, newer: Times) -> list[Row]:
        """Return the one bucket of which InfluxDB has the beginning and the journal the end."""
        before, after = list[Row](), list[Row]()
        for aggregate in needed(query.aggregate):
            part = replace(query, aggregate=aggregate, after=None, limit=1)
            before += (await self.history.aggregated(part, older, 1))[:1]
            after += (await self.journal.page(replace(part, from_ms=newer[0], to_ms=newer[1]))).rows
        return combined(query.aggregate, before, after)

    async def _rest(self, query: ReadingsQuery, from_ms: int, limit: int) -> Page:
        """Return what the journal has from there on."""
        if from_ms >= query.to_ms:
            return Page((), None)
        if limit <= 0:
            return Page((), Cursor(from_ms, 0))
        return await self.journal.page(replace(query, from_ms=from_ms, after=None, limit=limit))


def _joined(rows: tuple[Row, ...], rest: Page) -> Page:
    return Page((*rows, *rest.rows), rest.after)


def _place_after(rows: tuple[Row, ...], start_ms: int, given: int) -> Cursor:
    last_ms = rows[-1].time_ms
    count = sum(row.time_ms == last_ms for row in rows)
    return Cursor(last_ms, count + (given if last_ms == start_ms else 0))


def merged(settings: InfluxSettings, journal: Journal, registry: HubRegistry) -> Readings:
    """Return the journal with InfluxDB behind it."""

    def whole(key: PointKey) -> bool:
        point = registry.point(key)
        return point is not None and point.kind == INT

    return MergedReadings(journal, journal, InfluxHistory(settings, whole))
