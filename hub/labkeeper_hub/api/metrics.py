"""The hub in numbers, for Prometheus; `docs/reference/metrics.md` is made from these declarations."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from labkeeper_hub.api.hub_numbers import HubNumbers
from labkeeper_hub.oidc.reasons import Reason
from labkeeper_hub.ports import Parts

LAG_BUCKETS_S = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


class Metrics:
    """What the API counts itself, in a registry of its own, with the hub's numbers beside it."""

    def __init__(self, parts: Parts | None = None) -> None:
        self.registry = CollectorRegistry()
        registry = self.registry
        self.answers = Counter(
            "labkeeper_http_answers", "HTTP answers by class of status (2xx, 3xx, …).", ["status"], registry=registry
        )
        self.sign_ins = Counter(
            "labkeeper_sign_ins", "Sign-ins by outcome (ok, refused, throttled).", ["outcome"], registry=registry
        )
        self.oidc = Counter(
            "labkeeper_oidc_attempts",
            "Sign-ins and links with the school's accounts, by how they ended.",
            ["outcome"],
            registry=registry,
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
        self._begin_at_zero()
        if parts is not None:
            registry.register(HubNumbers(parts))

    def count_answer(self, status: int) -> None:
        """Count one HTTP answer."""
        self.answers.labels(f"{status // 100}xx").inc()

    def _begin_at_zero(self) -> None:
        """A rate needs a first sample: what never happened is 0, not absent."""
        for status in ("2xx", "3xx", "4xx", "5xx"):
            self.answers.labels(status)
        for outcome in ("ok", "refused", "throttled"):
            self.sign_ins.labels(outcome)
        for end in Reason:
            self.oidc.labels(end.value)
        for reason in ("session_ended", "rights_changed", "too_slow", "resume_first", "said_nothing"):
            self.dropped.labels(reason)
        self.refused.labels("invalid")
