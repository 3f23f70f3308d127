"""Telling people, in numbers."""

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from labkeeper_hub.telling.letters import Numbers


def telling_families(numbers: Numbers) -> Iterator[Metric]:
    """Return every number about telling."""
    attempts = CounterMetricFamily(
        "labkeeper_telling_attempts",
        "Attempts to send a message, by outcome (sent, failed; given_up counts messages).",
        labels=["outcome"],
    )
    for outcome, count in numbers.attempts.items():
        attempts.add_metric([outcome], count)
    yield attempts
    yield GaugeMetricFamily("labkeeper_telling_waiting", "Messages that are not sent yet.", numbers.waiting)
    yield GaugeMetricFamily(
        "labkeeper_telling_channels_failing", "Channels that failed three times or more in a row.", numbers.failing
    )
