"""Forwarding to InfluxDB in numbers; absent where nothing is forwarded."""

from collections.abc import Iterator, Mapping

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from labkeeper_hub.status import InfluxStatus


def influx_families(influx: InfluxStatus) -> Iterator[Metric]:
    """Return every number about it."""
    yield GaugeMetricFamily(
        "labkeeper_influx_lag_seconds", "Age of the oldest reading not yet in InfluxDB.", influx.lag_s
    )
    yield GaugeMetricFamily(
        "labkeeper_influx_waiting_readings", "Readings committed and not yet in InfluxDB.", influx.waiting
    )
    yield GaugeMetricFamily(
        "labkeeper_influx_late",
        "1 while InfluxDB lags more than influx.late_after_s: something to alarm on.",
        influx.late,
    )
    yield GaugeMetricFamily(
        "labkeeper_influx_history_chunks",
        "Chunks up to this number, from before InfluxDB was configured, are still to go.",
        influx.history,
    )
    yield CounterMetricFamily("labkeeper_influx_forwarded_readings", "Readings InfluxDB took.", influx.forwarded)
    yield CounterMetricFamily(
        "labkeeper_influx_beyond_retention_readings",
        "Readings InfluxDB threw away as older than it keeps.",
        influx.beyond_retention,
    )
    yield CounterMetricFamily(
        "labkeeper_influx_quarantined_readings",
        "Readings refused and quarantined since InfluxDB was configured.",
        influx.quarantined,
    )
    yield CounterMetricFamily(
        "labkeeper_influx_missed_readings",
        "Readings that a limit in bytes removed before they were sent, since InfluxDB was configured.",
        influx.missed,
    )
    yield _by_reason(
        CounterMetricFamily("labkeeper_influx_retries", "Attempts that failed, by reason.", labels=["reason"]),
        influx.retries,
    )
    yield _by_reason(
        GaugeMetricFamily(
            "labkeeper_influx_failing", "1 for the reason of the last failure, if it lasts.", labels=["reason"]
        ),
        {reason: reason == influx.failing for reason in influx.retries},
    )


def _by_reason(family: CounterMetricFamily | GaugeMetricFamily, counts: Mapping[str, int]) -> Metric:
    for reason, count in sorted(counts.items()):
        family.add_metric([reason], count)
    return family
