"""How a table is made of several answers: without their times, joined by the tags they share, named for people."""

from collections.abc import Callable

from grafana_foundation_sdk.models.dashboard import DataTransformerConfig

from labkeeper_dashboards.model import Panel
from labkeeper_sdk import Title


def joined(panel: Panel, say: Callable[[Title], str]) -> list[DataTransformerConfig]:
    """Return the transformations: the newest row's time differs between answers and would keep them apart."""
    columns = panel.look.columns
    order = {column.name: place for place, column in enumerate(columns)}
    names = {column.name: say(column.title) for column in columns}
    steps = [_step("organize", {"excludeByName": {"Time": True, "time": True}, "indexByName": {}, "renameByName": {}})]
    steps.append(_step("merge", {}))
    if panel.look.needs:
        there = {"fieldName": panel.look.needs, "config": {"id": "isNotNull", "options": {}}}
        steps.append(_step("filterByValue", {"filters": [there], "type": "include", "match": "all"}))
    if panel.look.total_by:
        steps.append(_step("groupBy", {"fields": _totals(panel)}))
        names = {_total(panel, name): title for name, title in names.items()}
        order = {_total(panel, name): place for name, place in order.items()}
    steps.append(_step("organize", {"excludeByName": {}, "indexByName": order, "renameByName": names}))
    return steps


def _totals(panel: Panel) -> dict[str, object]:
    fields: dict[str, object] = {}
    for column in panel.look.columns:
        grouped = column.name in panel.look.total_by
        operation = {"operation": "groupby"} if grouped else {"operation": "aggregate", "aggregations": ["sum"]}
        fields[column.name] = {"aggregations": [], **operation}
    return fields


def _total(panel: Panel, name: str) -> str:
    return name if name in panel.look.total_by else f"{name} (sum)"


def _step(name: str, options: dict[str, object]) -> DataTransformerConfig:
    return DataTransformerConfig(id_val=name, options=options)
