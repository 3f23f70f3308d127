"""What one NBIRTH or DBIRTH declared: the host's only way to read the data that follows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labkeeper_wire.codec import resolve
from labkeeper_wire.delivery import BATCH
from labkeeper_wire.payload import Metric
from labkeeper_wire.scalars import RULES

if TYPE_CHECKING:
    from collections.abc import Callable

    from labkeeper_wire.payload import Payload


class UnusableBirth(Exception):
    """A birth leaves a name or datatype out, or gives an alias twice; `reason` is a short code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class UnknownMetric(Exception):
    """Data names what the birth did not declare, or not so; `reason` is a short code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Birth:
    """The names, aliases and datatypes of one birth, and when the node sent it."""

    __slots__ = ("_aliases", "_rules", "born_ms")

    def __init__(self, metrics: tuple[Metric, ...], born_ms: int) -> None:
        self.born_ms = born_ms
        self._rules: dict[str, tuple[int, str, Callable[[Any], Any] | None]] = {}
        self._aliases: dict[int | None, str] = {}
        for metric in metrics:
            self._declare(metric)

    def datatype(self, name: str) -> int | None:
        """Return the datatype of a metric, None if the birth does not have it."""
        rule = self._rules.get(name)
        return None if rule is None else rule[0]

    def read(self, payload: Payload, sent_ms: int, *, in_step: bool) -> tuple[tuple[Metric, ...], int | None]:
        """Return a data message's metrics, every one named, typed and timed, and its Delivery/Batch apart from them.

        An alias alone is only believed while no birth can have been missed (`in_step`) and if it was sent after this
        birth: it might mean another metric by now. Raises UnknownMetric, or MalformedPayload for a value that does not
        fit. Every message of every node passes here, hence the one flat loop.
        """
        aliases = self._aliases if in_step and sent_ms >= self.born_ms else {}
        rules = self._rules
        batch: int | None = None
        metrics: list[Metric] = []
        for metric in payload.metrics:
            name, value, datatype, time_ms, alias, historical, transient, properties, metadata, raw_field = metric
            if name is None:
                name = aliases.get(alias, "")
            if name == BATCH:
                batch = _batch(value)
                continue
            if name not in rules:
                raise UnknownMetric("unknown_metric" if name else "unknown_alias")
            declared, field, convert = rules[name]
            if datatype is None:
                if raw_field != field:
                    value = resolve(metric, declared).value
                elif convert is not None:
                    value = convert(value)
            elif datatype != declared:
                raise UnknownMetric("datatype_changed")
            if time_ms is None:
                time_ms = sent_ms
            found = (name, value, declared, time_ms, alias, historical, transient, properties, metadata, None)
            metrics.append(tuple.__new__(Metric, found))
        return tuple(metrics), batch

    def _declare(self, metric: Metric) -> None:
        name, datatype = metric.name, metric.datatype
        if name is None:
            raise UnusableBirth("birth_name_missing")
        if datatype is None:
            raise UnusableBirth("birth_datatype_missing")
        if name in self._rules:
            raise UnusableBirth("birth_name_twice")
        if metric.alias is not None and self._aliases.setdefault(metric.alias, name) != name:
            raise UnusableBirth("birth_alias_twice")
        rule = RULES.get(datatype)
        self._rules[name] = (datatype, "", None) if rule is None else (datatype, rule.field, rule.read)


def timed(metrics: tuple[Metric, ...], sent_ms: int) -> tuple[Metric, ...]:
    """Return the metrics of a birth, those without a time of their own at the message's."""
    return tuple(metric if metric.time_ms is not None else metric._replace(time_ms=sent_ms) for metric in metrics)


def _batch(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
