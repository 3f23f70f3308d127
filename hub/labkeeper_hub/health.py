"""How the hub is doing, gathered from its parts."""

from dataclasses import dataclass

from labkeeper_hub.commands.desk import CommandDesk
from labkeeper_hub.influx.forwarder import Forwarder
from labkeeper_hub.ingest.host import Host
from labkeeper_hub.ingest.refusals import Refusals
from labkeeper_hub.pulse import CommitTimes, Pulse
from labkeeper_hub.status import Status
from labkeeper_hub.timeseries.journal import Journal


@dataclass(frozen=True, slots=True)
class HubHealth:
    """Reads counters; nothing waits."""

    started_ms: int
    host: Host
    refusals: Refusals
    journal: Journal
    desk: CommandDesk
    commit_times: CommitTimes
    pulses: tuple[Pulse, ...]
    forwarder: Forwarder | None = None

    def status(self) -> Status:
        """Return the present state."""
        return Status(
            self.started_ms,
            self.host.connected,
            self.host.messages,
            dict(self.refusals.counts),
            self.journal.status(),
            self.commit_times.durations(),
            dict(self.desk.ended),
            tuple(pulse.worker for pulse in self.pulses if pulse.hanging),
            self.host.id_taken,
            self.forwarder.progress.status() if self.forwarder else None,
        )
