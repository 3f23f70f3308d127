"""The reference page of the metrics, out of their declarations; in Chinese with the sentences of `metrics.zh.toml`."""

import tomllib
from collections.abc import Callable
from importlib.resources import files

from prometheus_client.metrics_core import Metric

from labkeeper_hub.api import hub_numbers
from labkeeper_hub.api.hub_numbers import REFUSED, Inventory
from labkeeper_hub.api.metrics import Metrics
from labkeeper_hub.api.telling_numbers import telling_families
from labkeeper_hub.model import Latest, LedgerEntry, NodeKey, PointKey, State
from labkeeper_hub.status import InfluxStatus, JournalStatus, RuleSize, Status, UpkeepStatus
from labkeeper_hub.telling.letters import Numbers

INTRODUCTION = """# Metrics

[中文](metrics.zh-CN.md)

Made by `{command}`; do not edit.

`GET /metrics` in Prometheus' text format; it needs credentials like everything else (`authorization` with
`credentials_file` in Prometheus' configuration). Counters count since the hub's start; a node's ledger does not.

| metric | type | labels | what |
|---|---|---|---|
"""
INTRODUCTION_ZH = """# 指标

[English](metrics.md)

由 `{command}` 生成；请勿手工修改。

`GET /metrics`，Prometheus 的文本格式；和其他请求一样需要凭据（在 Prometheus 的配置里用 `authorization`，其中写
`credentials_file`）。计数从主机启动算起；节点的账目不在此列。
类型：counter 是只增的计数，gauge 是当前值，histogram 是分布。

| 指标 | 类型 | 标签 | 含义 |
|---|---|---|---|
"""
JOURNAL = JournalStatus(0, 0, 0, 0.0, 0, 0, "", UpkeepStatus(rules=(RuleSize("", 0, 0),)))
INFLUX = InfluxStatus(
    waiting=0,
    lag_s=0.0,
    late=False,
    history=0,
    forwarded=0,
    beyond_retention=0,
    quarantined=0,
    missed=0,
    retries={"unreachable": 0},
    failing="unreachable",
    detail="",
)
NOTHING = Status(0, broker_connected=False, messages=0, refusals={"": 0}, journal=JOURNAL, hanging=("",), influx=INFLUX)
NOBODY = LedgerEntry(NodeKey("", ""), epoch=None, taken=0, stored=0, gaps=0, duplicates=0, backlog=0, missing=0)
INVENTORY = Inventory((), (), (State.SENT,), of_nodes=(Latest(PointKey("", "", "", REFUSED), 1, 0, 192, stale=False),))
UNTOLD = Numbers({"sent": 0}, waiting=0, failing=0)


def metrics_page(command: str) -> str:
    """Return docs/reference/metrics.md."""
    return INTRODUCTION.format(command=command) + _table(lambda told: told)


def metrics_page_in_chinese(command: str) -> str:
    """Return docs/reference/metrics.zh-CN.md; raises KeyError for a metric whose sentence has no Chinese one."""
    return INTRODUCTION_ZH.format(command=command) + _table(chinese_sentences().__getitem__)


def chinese_sentences() -> dict[str, str]:
    """Return what metrics say of themselves, in Chinese by the English sentence."""
    return tomllib.loads((files("labkeeper_hub.api") / "metrics.zh.toml").read_text(encoding="utf-8"))


def all_families() -> list[Metric]:
    """Return every metric the hub can tell."""
    parts = hub_numbers.families(NOTHING, INVENTORY, (NOBODY,))
    return [*Metrics().registry.collect(), *parts, *telling_families(UNTOLD)]


def told_name(family: Metric) -> str:
    """Return the name Prometheus shows."""
    return f"{family.name}_total" if family.type == "counter" else family.name


def _table(say: Callable[[str], str]) -> str:
    return "".join(sorted(_row(family, say) for family in all_families()))


def _row(family: Metric, say: Callable[[str], str]) -> str:
    labels = sorted({label for sample in family.samples for label in sample.labels} - {"le"})
    told = ", ".join(f"`{label}`" for label in labels)
    return f"| `{told_name(family)}` | {family.type} | {told} | {say(family.documentation)} |\n"
