"""Who did what, when, and what came of it: a record in which a changed or missing entry shows."""

from labkeeper_hub.audit.chain import Event
from labkeeper_hub.audit.record import Audit, Notes, Unheard, open_audit

__all__ = ["Audit", "Event", "Notes", "Unheard", "open_audit"]
