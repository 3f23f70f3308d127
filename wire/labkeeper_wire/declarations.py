"""What a node and its devices have declared, with the values of now: the memory every birth is made from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from labkeeper_wire.codec import CannotEncode, encode, resolve
from labkeeper_wire.datatypes import METRIC_TYPES
from labkeeper_wire.payload import Metric, Payload, PropertySet, Template
from labkeeper_wire.templates import BadTemplate, check_instances, completed, definitions

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

BD_SEQ = "bdSeq"
"""The session's number; in the will and in every NBIRTH of a connection."""

REBIRTH = "Node Control/Rebirth"
"""Written true by a host that wants all births again; never aliased."""


class BadDeclaration(Exception):
    """A birth would break Sparkplug's rules; `reason` is a short code."""

    def __init__(self, reason: str, name: str) -> None:
        super().__init__(f"{reason}: {name}")
        self.reason = reason


class NotDeclared(Exception):
    """Data named a device or metric that no birth declared; declare it first."""


class UnresolvedCommand(Exception):
    """A command named a device or an alias that nobody declared; `reason` is a short code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Declarations:
    """The metrics of a node (device None) and its devices; aliases, if wanted, are unique over all of them."""

    def __init__(self, *, aliases: bool) -> None:
        self._wants_aliases = aliases
        self._births: dict[str | None, dict[str, Metric]] = {None: {}}
        self._current: dict[str | None, dict[str, Metric]] = {None: {}}
        self._definitions: dict[str, Template] = {}
        self._aliases: dict[tuple[str | None, str], int] = {}
        self._aliased: dict[int, tuple[str | None, str]] = {}

    def declare(self, device: str | None, metrics: Sequence[Metric]) -> None:
        """Take over the metrics of a birth, current values included; raises BadDeclaration and then changes nothing."""
        if device is not None:
            self._check_device(device)
        check_metrics(metrics)
        self._check_templates(device, metrics)
        named = {metric.name: metric for metric in metrics if metric.name is not None}
        self._births[device] = named
        self._current[device] = dict(named)
        if self._wants_aliases:
            for name in named:
                self._give_alias(device, name)

    def forget(self, device: str) -> bool:
        """Leave a lost device out of the births to come; False if it was not declared."""
        self._births.pop(device, None)
        return self._current.pop(device, None) is not None

    def devices(self) -> Iterator[str]:
        """Yield the declared devices in the order of declaration."""
        return (device for device in self._births if device is not None)

    def birth(self, device: str | None, now_ms: int, extra: Sequence[Metric] = ()) -> list[Metric]:
        """Return all metrics of one birth and the session's own, with the values of now, ordered by time."""
        metrics = [
            metric._replace(alias=self._aliases.get((device, metric.name or "")), time_ms=_or(metric.time_ms, now_ms))
            for metric in (*self._current[device].values(), *extra)
        ]
        return sorted(metrics, key=_time)

    def data(self, device: str | None, metrics: Sequence[Metric], now_ms: int) -> list[Metric]:
        """Return the metrics as a data message carries them, in the order of their times.

        Raises NotDeclared or BadTemplate.
        """
        births = self._births.get(device)
        if births is None:
            raise NotDeclared(f"device {device}")
        check_instances(metrics, self._definitions, whole=False)
        return sorted((self._bare(device, births, metric, now_ms) for metric in metrics), key=_time)

    def remember(self, device: str | None, metrics: Sequence[Metric]) -> None:
        """Keep live values for the births to come; historical and transient ones never become a current value."""
        births, current = self._births[device], self._current[device]
        for metric in metrics:
            if metric.name is not None and not (metric.historical or metric.transient):
                born = births[metric.name]
                value = completed(current[metric.name].value, metric.value)
                properties = _merged(born.properties, metric.properties)
                current[metric.name] = born._replace(value=value, time_ms=metric.time_ms, properties=properties)

    def resolve(self, device: str | None, metrics: Sequence[Metric]) -> tuple[Metric, ...]:
        """Return a command's metrics by name, typed as declared where no type came.

        Raises UnresolvedCommand or MalformedPayload.
        """
        births = self._births.get(device)
        if births is None:
            raise UnresolvedCommand("unknown_device")
        return tuple(self._resolved(device, births, metric) for metric in metrics)

    def _resolved(self, device: str | None, births: dict[str, Metric], metric: Metric) -> Metric:
        name = metric.name
        if name is None:
            owner, name = self._aliased.get(_or(metric.alias, -1), (None, ""))
            if owner != device or name not in births:
                raise UnresolvedCommand("unknown_alias")
        born = births.get(name)
        if metric.datatype is not None or born is None or born.datatype is None:
            return metric._replace(name=name, alias=None)
        return resolve(metric, born.datatype)._replace(name=name, alias=None)

    def _bare(self, device: str | None, births: dict[str, Metric], metric: Metric, now_ms: int) -> Metric:
        born = births.get(metric.name or "")
        if born is None:
            raise NotDeclared(f"metric {metric.name} of {device or 'the node'}")
        alias = self._aliases.get((device, born.name or ""))
        return metric._replace(
            name=born.name if alias is None else None,
            alias=alias,
            datatype=born.datatype,
            time_ms=_or(metric.time_ms, now_ms),
        )

    def _check_device(self, device: str) -> None:
        folded = device.casefold()
        if any(other != device and other.casefold() == folded for other in self.devices()):
            raise BadDeclaration("device_collision", device)

    def _check_templates(self, device: str | None, metrics: Sequence[Metric]) -> None:
        try:
            known = definitions(metrics) if device is None else self._definitions
            outside = (metric for metric in metrics if device is not None or metric.name not in known)
            check_instances(outside, known, whole=True)
        except BadTemplate as bad:
            raise BadDeclaration(bad.reason, device or "the node") from bad
        self._definitions = known

    def _give_alias(self, device: str | None, name: str) -> None:
        key = (device, name)
        if key not in self._aliases:
            alias = len(self._aliases) + 1
            self._aliases[key] = alias
            self._aliased[alias] = key


def check_metrics(metrics: Sequence[Metric]) -> None:
    """Check that a birth names and types every metric, and that no two names collide; raises BadDeclaration."""
    seen: set[str] = set()
    for metric in metrics:
        name = metric.name or ""
        if not name:
            raise BadDeclaration("name_missing", repr(metric))
        if name in (BD_SEQ, REBIRTH):
            raise BadDeclaration("reserved_name", name)
        if metric.datatype not in METRIC_TYPES:
            raise BadDeclaration("datatype_missing", name)
        if not _fully_typed(metric.properties or {}):
            raise BadDeclaration("property_type_missing", name)
        if name.casefold() in seen:
            raise BadDeclaration("name_collision", name)
        seen.add(name.casefold())
    try:
        encode(Payload(tuple(metrics)))
    except CannotEncode as error:
        raise BadDeclaration("value_misfit", str(error)) from error


def _fully_typed(properties: PropertySet) -> bool:
    """Tell whether every property, in sets within sets too, says its datatype."""
    for item in properties.values():
        inner = item.value if isinstance(item.value, tuple) else (item.value,)
        if not item.datatype or not all(_fully_typed(each) for each in inner if isinstance(each, Mapping)):
            return False
    return True


def _merged(born: PropertySet | None, new: PropertySet | None) -> PropertySet | None:
    """Keep a birth's descriptor and add what the newest value says, its Quality for one."""
    return born if new is None else {**(born or {}), **new}


def _or(value: int | None, fallback: int) -> int:
    return fallback if value is None else value


def _time(metric: Metric) -> int:
    return metric.time_ms or 0
