"""The hub in numbers, for Prometheus; `docs/reference/metrics.md` is made from these declarations."""

from collections import Counter as Tally
from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from labkeeper_hub.model import LedgerEntry, Status
from labkeeper_hub.ports import Parts

LAG_BUCKETS_S = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


class Metrics:
    """What the API counts itself, in a registry of its own, with the hub's numbers beside it."""

    def __init__(self, parts: Parts | None) -> None:
        self.registry = CollectorRegistry()
        registry = self.registry
        self.answers = Counter(
            "labkeeper_http_answers", "HTTP answers by class of status (2xx, 3xx, …).", ["status"], registry=registry
        )
        self.sign_ins = Counter(
            "labkeeper_sign_ins", "Sign-ins by outcome (ok, refused, throttled).", ["outcome"], registry=registry
        )
        self.clients = Gauge("labkeeper_websocket_clients", "Open live WebSockets.", registry=registry)
        self.dropped = Counter(
            "labkeeper_websocket_dropped", "Live WebSockets the hub closed, by reason.", ["reason"], registry=registry
        )
        self.refused = Counter(
            "labkeeper_websocket_refused",
            "Messages from live WebSockets that were refused, by code.",
            ["code"],
            registry=registry,
        )
        self.encodings = Counter(
            "labkeeper_websocket_encodings", "Times live changes were encoded, for however many.", registry=registry
        )
        self.sent = Counter("labkeeper_websocket_messages", "Messages sent to live WebSockets.", registry=registry)
        self.lag = Histogram(
            "labkeeper_event_loop_lag_seconds",
            "How late the event loop wakes up.",
            registry=registry,
            buckets=LAG_BUCKETS_S,
        )
        registry.register(_HubNumbers(parts))

    def count_answer(self, status: int) -> None:
        """Count one HTTP answer."""
        self.answers.labels(f"{status // 100}xx").inc()


class _HubNumbers(Collector):
    """Asks the parts when Prometheus asks us; nothing is counted twice."""

    def __init__(self, parts: Parts | None) -> None:
        self._parts = parts

    def describe(self) -> Iterable[Metric]:
        return ()  # prometheus-client would collect at registration otherwise

    def collect(self) -> Iterator[Metric]:
        if self._parts is None:
            return
        status = self._parts.health.status()
        yield from _journal(status)
        yield from _broker(status)
        yield from _inventory(self._parts)
        yield from _ledger(self._parts.ledger.ledger())


def _journal(status: Status) -> Iterator[Metric]:
    journal = status.journal
    yield CounterMetricFamily("labkeeper_readings_stored", "Readings committed to the journal.", journal.committed)
    yield CounterMetricFamily("labkeeper_journal_commits", "Transactions of the journal.", journal.commits)
    yield GaugeMetricFamily(
        "labkeeper_journal_last_commit_seconds", "How long the last commit took.", journal.last_commit_ms / 1000
    )
    yield GaugeMetricFamily("labkeeper_journal_queued_readings", "Readings waiting for their commit.", journal.queued)
    yield GaugeMetricFamily("labkeeper_journal_hot_readings", "Readings not yet compacted.", journal.hot)
    yield GaugeMetricFamily("labkeeper_journal_chunks", "Compacted chunks.", journal.chunks)
    yield GaugeMetricFamily("labkeeper_journal_failing", "1 while the journal cannot write.", bool(journal.failing))


def _broker(status: Status) -> Iterator[Metric]:
    yield GaugeMetricFamily("labkeeper_broker_connected", "1 while the broker is connected.", status.broker_connected)
    yield CounterMetricFamily("labkeeper_messages_received", "Sparkplug messages received.", status.messages)
    refusals = CounterMetricFamily(
        "labkeeper_refusals", "Input that was refused and not stored, by reason.", labels=["reason"]
    )
    for reason, count in sorted(status.refusals.items()):
        refusals.add_metric([reason], count)
    yield refusals
    yield GaugeMetricFamily("labkeeper_start_time_seconds", "When the hub started.", status.started_ms / 1000)


def _inventory(parts: Parts) -> Iterator[Metric]:
    yield _online("labkeeper_nodes", "Nodes by state.", [node.online for node in parts.registry.nodes()])
    yield _online("labkeeper_devices", "Devices by state.", [device.online for device in parts.registry.devices()])
    commands = GaugeMetricFamily(
        "labkeeper_commands", "Commands open or ended within 30 s, by state.", labels=["state"]
    )
    for state, count in sorted(Tally(command.state.value for command in parts.commands.open()).items()):
        commands.add_metric([state], count)
    yield commands


def _online(name: str, text: str, states: list[bool]) -> Metric:
    family = GaugeMetricFamily(name, text, labels=["state"])
    family.add_metric(["online"], sum(states))
    family.add_metric(["offline"], len(states) - sum(states))
    return family


def _ledger(entries: tuple[LedgerEntry, ...]) -> Iterator[Metric]:
    labels = ["school", "node", "epoch"]
    stored = CounterMetricFamily("labkeeper_node_stored_readings", "Readings of a node stored.", labels=labels)
    gaps = CounterMetricFamily("labkeeper_node_gap_readings", "Readings of a node given up as gaps.", labels=labels)
    again = CounterMetricFamily("labkeeper_node_duplicate_batches", "Batches that came again.", labels=labels)
    backlog = GaugeMetricFamily("labkeeper_node_backlog_batches", "Batches waiting at the node.", labels=labels)
    pending = GaugeMetricFamily("labkeeper_node_pending_readings", "Readings taken, not stored yet.", labels=labels)
    balanced = GaugeMetricFamily("labkeeper_node_balanced", "1 while the node's ledger balances.", labels=labels)
    for entry in entries:
        address = [entry.node.school, entry.node.node, entry.epoch or ""]
        stored.add_metric(address, entry.stored)
        gaps.add_metric(address, entry.gaps)
        again.add_metric(address, entry.duplicates)
        backlog.add_metric(address, entry.backlog)
        balanced.add_metric(address, entry.balanced)
        if entry.pending is not None:
            pending.add_metric(address, entry.pending)
    yield from (stored, gaps, again, backlog, pending, balanced)
