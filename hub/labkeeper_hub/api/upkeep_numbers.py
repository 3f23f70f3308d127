"""The journal's upkeep in numbers, for Prometheus."""

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from labkeeper_hub.status import UpkeepStatus

REASONS = ("age", "bytes", "rule_bytes")
LEVELS = {0: "raw", 60_000: "1m", 900_000: "15m", 3_600_000: "1h"}


def upkeep_families(upkeep: UpkeepStatus) -> Iterator[Metric]:
    """Return what upkeep did, how long it took, and what waits."""
    counter, gauge = CounterMetricFamily, GaugeMetricFamily
    yield counter("labkeeper_journal_compactions", "Times the log became chunks.", upkeep.compactions)
    yield counter("labkeeper_journal_compacted_readings", "Readings that went into chunks.", upkeep.compacted)
    yield counter(
        "labkeeper_journal_compaction_pieces",
        "Transactions that took: a commit waits for one of them at most.",
        upkeep.compaction_pieces,
    )
    yield gauge(
        "labkeeper_journal_compaction_piece_longest_seconds",
        "The longest of them since the start, waiting for the writer included.",
        upkeep.longest_piece_s,
    )
    yield counter("labkeeper_journal_rolled_readings", "Readings that went into roll-ups.", upkeep.rolled)
    yield gauge("labkeeper_journal_unrolled_chunks", "Chunks waiting for their roll-up.", upkeep.unrolled_chunks)
    yield counter("labkeeper_journal_pages_given_back", "Free pages given back to the disk.", upkeep.pages_given_back)
    yield gauge("labkeeper_journal_file_bytes", "The journal's file, as of the last look.", upkeep.file_bytes)
    yield gauge("labkeeper_journal_free_bytes", "Of it, free pages.", upkeep.free_bytes)
    yield gauge("labkeeper_journal_upkeep_failing", "1 while upkeep cannot go on.", bool(upkeep.failing))
    yield _seconds(upkeep)
    yield from _retired(upkeep)
    yield from _rules(upkeep)


def _seconds(upkeep: UpkeepStatus) -> Metric:
    family = CounterMetricFamily(
        "labkeeper_journal_upkeep_seconds", "Time upkeep took, by job; waiting for the writer included.", labels=["job"]
    )
    family.add_metric(["compaction"], upkeep.compaction_s)
    family.add_metric(["roll_up"], upkeep.roll_s)
    family.add_metric(["retention"], upkeep.retire_s)
    family.add_metric(["vacuum"], upkeep.vacuum_s)
    return family


def _rules(upkeep: UpkeepStatus) -> Iterator[Metric]:
    used = GaugeMetricFamily(
        "labkeeper_journal_rule_bytes",
        "What the points of a retention rule with a limit take, as of the last look.",
        labels=["match"],
    )
    limit = GaugeMetricFamily("labkeeper_journal_rule_max_bytes", "What they may take.", labels=["match"])
    for one in upkeep.rules:
        used.add_metric([one.match], one.used_bytes)
        limit.add_metric([one.match], one.max_bytes)
    yield from (used, limit)


def _retired(upkeep: UpkeepStatus) -> Iterator[Metric]:
    labels = ["reason", "level"]
    chunks = CounterMetricFamily("labkeeper_journal_retired_chunks", "Chunks that retention deleted.", labels=labels)
    rows = CounterMetricFamily(
        "labkeeper_journal_retired_rows", "Readings (raw) or buckets that retention deleted.", labels=labels
    )
    size = CounterMetricFamily("labkeeper_journal_retired_bytes", "Bytes that retention deleted.", labels=labels)
    counts = {(one.reason, one.level): (one.chunks, one.rows, one.bytes) for one in upkeep.retired}
    for reason in REASONS:
        for level, name in LEVELS.items():
            for family, count in zip((chunks, rows, size), counts.get((reason, level), (0, 0, 0)), strict=True):
                family.add_metric([reason, name], count)
    yield from (chunks, rows, size)
