"""Sparkplug's rules for templates: defined once, in NBIRTH, and every instance no more than its definition."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labkeeper_wire.payload import Template

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from labkeeper_wire.payload import Metric, MetricValue


class BadTemplate(Exception):
    """A template breaks the rules; `reason` is a short code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def definitions(metrics: Iterable[Metric]) -> dict[str, Template]:
    """Return the template definitions among an NBIRTH's metrics, by name; raises BadTemplate."""
    found = {
        metric.name: metric.value
        for metric in metrics
        if metric.name is not None and isinstance(metric.value, Template) and metric.value.is_definition
    }
    for definition in found.values():
        _check_parameters(definition)
    return found


def check_instances(metrics: Iterable[Metric], known: Mapping[str, Template], *, whole: bool) -> None:
    """Check every template among the metrics against its definition, all members there if `whole`; raises BadTemplate.

    A definition among them is out of place: those of NBIRTH are kept apart by the caller.
    """
    for metric in metrics:
        if isinstance(metric.value, Template):
            _check_instance(metric.value, known, whole=whole)


def completed(current: MetricValue, new: MetricValue) -> MetricValue:
    """Return the new value; of a template instance, with the members and parameters that only the current one has."""
    if not (isinstance(current, Template) and isinstance(new, Template)):
        return new
    metrics = {metric.name: metric for metric in (*current.metrics, *new.metrics)}
    parameters = {item.name: item for item in (*current.parameters, *new.parameters)}
    return new._replace(metrics=tuple(metrics.values()), parameters=tuple(parameters.values()))


def _check_instance(instance: Template, known: Mapping[str, Template], *, whole: bool) -> None:
    if instance.is_definition:
        raise BadTemplate("template_definition_outside_nbirth")
    definition = known.get(instance.template_ref or "")
    if definition is None:
        raise BadTemplate("template_undefined")
    members, defined = _names(instance.metrics), _names(definition.metrics)
    if not members <= defined or (whole and members != defined):
        raise BadTemplate("template_members")
    if whole:
        _check_parameters(instance)
    if not {item.name for item in instance.parameters} <= {item.name for item in definition.parameters}:
        raise BadTemplate("template_parameters")
    check_instances(instance.metrics, known, whole=whole)


def _check_parameters(template: Template) -> None:
    if not all(parameter.datatype for parameter in template.parameters):
        raise BadTemplate("template_parameter_type_missing")


def _names(metrics: Iterable[Metric]) -> set[str | None]:
    return {metric.name for metric in metrics}
