"""What the hub's parts can tell in numbers, asked when Prometheus asks us; nothing is counted twice."""

from collections import Counter as Tally
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from labkeeper_hub.alarms.states import Priority
from labkeeper_hub.alarms.tallies import AlarmTallies
from labkeeper_hub.api.influx_numbers import influx_families
from labkeeper_hub.api.telling_numbers import telling_families
from labkeeper_hub.api.upkeep_numbers import upkeep_families
from labkeeper_hub.model import Latest, LedgerEntry, State
from labkeeper_hub.ports import Parts
from labkeeper_hub.status import DURATION_BOUNDS_S, Durations, Status

REFUSED = "Refused/"  # a node's own points that count what it refused; the rest of the name is the reason


@dataclass(frozen=True, slots=True)
class Inventory:
    """Which nodes and devices are online, where the open commands are, and what the nodes say of themselves."""

    nodes: Sequence[bool]
    devices: Sequence[bool]
    commands: Sequence[State]
    alarms: AlarmTallies = field(default_factory=AlarmTallies)
    of_nodes: Sequence[Latest] = ()


@dataclass(frozen=True, slots=True, eq=False)  # a collector is known by itself
class HubNumbers(Collector):
    """The parts, for Prometheus."""

    parts: Parts

    def describe(self) -> Iterable[Metric]:
        """Promise nothing, so that registering asks nothing yet."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Ask the parts."""
        parts = self.parts
        inventory = Inventory(
            [node.online for node in parts.registry.nodes()],
            [device.online for device in parts.registry.devices()],
            [command.state for command in parts.commands.open()],
            parts.alarms.tallies(),
            list(parts.latest.latest(device="")),
        )
        yield from telling_families(parts.telling.numbers())
        yield from families(parts.health.status(), inventory, parts.ledger.ledger())


def families(status: Status, inventory: Inventory, ledger: Sequence[LedgerEntry]) -> Iterator[Metric]:
    """Return every number about the hub."""
    yield from _journal(status)
    yield from upkeep_families(status.journal.upkeep)
    yield from _broker(status)
    yield from _inventory(inventory)
    yield from _ledger(ledger)
    if status.influx is not None:
        yield from influx_families(status.influx)


def _journal(status: Status) -> Iterator[Metric]:
    journal = status.journal
    yield CounterMetricFamily("labkeeper_readings_stored", "Readings committed to the journal.", journal.committed)
    yield CounterMetricFamily("labkeeper_journal_commits", "Transactions of the journal.", journal.commits)
    yield GaugeMetricFamily(
        "labkeeper_journal_last_commit_seconds", "How long the last commit took.", journal.last_commit_ms / 1000
    )
    yield _commits(status.commits)
    yield GaugeMetricFamily("labkeeper_journal_queued_readings", "Readings waiting for their commit.", journal.queued)
    yield GaugeMetricFamily("labkeeper_journal_hot_readings", "Readings not yet compacted.", journal.hot)
    yield GaugeMetricFamily("labkeeper_journal_chunks", "Compacted chunks.", journal.chunks)
    yield GaugeMetricFamily("labkeeper_journal_failing", "1 while the journal cannot write.", bool(journal.failing))


def _commits(commits: Durations) -> Metric:
    bounds = [*(str(bound) for bound in DURATION_BOUNDS_S), "+Inf"]
    counts = accumulate(commits.counts or [0] * len(bounds))
    return HistogramMetricFamily(
        "labkeeper_journal_commit_seconds",
        "How long commits took, waiting for the disk included.",
        buckets=list(zip(bounds, counts, strict=True)),
        sum_value=commits.sum_s,
    )


def _broker(status: Status) -> Iterator[Metric]:
    yield GaugeMetricFamily("labkeeper_broker_connected", "1 while the broker is connected.", status.broker_connected)
    yield CounterMetricFamily("labkeeper_messages_received", "Sparkplug messages received.", status.messages)
    refusals = CounterMetricFamily(
        "labkeeper_refusals", "Input that was refused and not stored, by reason.", labels=["reason"]
    )
    for reason, count in sorted(status.refusals.items()):
        refusals.add_metric([reason], count)
    yield refusals
    ended = CounterMetricFamily(
        "labkeeper_commands_ended",
        "Commands by the final state they reached; one that was unknown and is answered late counts as both.",
        labels=["state"],
    )
    for state in (state for state in State if state.final):
        ended.add_metric([state], status.commands_ended.get(state, 0))
    yield ended
    hanging = GaugeMetricFamily(
        "labkeeper_worker_hanging", "1 for a worker that does not come forward.", labels=["worker"]
    )
    for worker in status.hanging:
        hanging.add_metric([worker], 1)
    yield hanging
    yield GaugeMetricFamily(
        "labkeeper_host_id_taken", "1 while another hub uses this host id at the broker.", status.host_id_taken
    )
    yield GaugeMetricFamily("labkeeper_start_time_seconds", "When the hub started.", status.started_ms / 1000)


def _inventory(inventory: Inventory) -> Iterator[Metric]:
    yield _online("labkeeper_nodes", "Nodes by state.", inventory.nodes)
    yield _online("labkeeper_devices", "Devices by state.", inventory.devices)
    commands = GaugeMetricFamily(
        "labkeeper_commands", "Commands open or ended within 30 s, by state.", labels=["state"]
    )
    for state, count in Tally(inventory.commands).items():
        commands.add_metric([state], count)
    yield commands
    yield from _alarms(inventory.alarms)
    yield _refused_by_nodes(inventory.of_nodes)


def _alarms(tallies: AlarmTallies) -> Iterator[Metric]:
    states = GaugeMetricFamily(
        "labkeeper_alarms",
        "Alarms by state (standing, unacknowledged, shelved, out_of_service, stale, chattering), several at once.",
        labels=["state"],
    )
    for state in ("standing", "unacknowledged", "shelved", "out_of_service", "stale", "chattering"):
        states.add_metric([state], getattr(tallies, state))
    yield states
    raised = CounterMetricFamily("labkeeper_alarms_raised", "Alarms raised, by priority.", labels=["priority"])
    for priority in list(Priority)[1:]:
        raised.add_metric([priority.name.lower()], tallies.raised.get(priority, 0))
    yield raised
    notices = CounterMetricFamily(
        "labkeeper_alarm_notices", "Notices given: one an alarm, or one for many in a flood.", labels=["grouped"]
    )
    for grouped in (False, True):
        notices.add_metric([str(grouped).lower()], tallies.notices.get(grouped, 0))
    yield notices
    yield GaugeMetricFamily("labkeeper_alarm_flood", "1 while ten alarms came within ten minutes.", tallies.flood)


def _refused_by_nodes(said: Sequence[Latest]) -> Metric:
    family = CounterMetricFamily(
        "labkeeper_node_refusals",
        "What a node refused since it started, by reason, as it last said; reasons of which it counted any.",
        labels=["school", "node", "reason"],
    )
    for one in said:
        reason = one.key.point.removeprefix(REFUSED)
        if reason != one.key.point and isinstance(one.value, int) and one.value:
            family.add_metric([one.key.school, one.key.node, reason], one.value)
    return family


def _online(name: str, text: str, states: Sequence[bool]) -> Metric:
    family = GaugeMetricFamily(name, text, labels=["state"])
    family.add_metric(["online"], sum(states))
    family.add_metric(["offline"], len(states) - sum(states))
    return family


def _ledger(entries: Sequence[LedgerEntry]) -> Iterator[Metric]:
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
