"""How long to wait before trying again. Pure."""

from dataclasses import dataclass

FIRST_S, LONGEST_S = 0.5, 30.0


@dataclass(slots=True)
class Backoff:
    """Doubles from half a second to half a minute; a success begins anew."""

    failures: int = 0

    def failed(self, luck: float, asked_s: float | None = None) -> float:
        """Return the seconds to wait: between half and all of the step by `luck` (0 to 1), what the server asked for
        at least.
        """
        step_s = min(LONGEST_S, FIRST_S * 2.0 ** min(self.failures, 16))
        self.failures += 1
        return max(step_s * (0.5 + luck / 2), asked_s or 0.0)

    def worked(self) -> None:
        """Begin anew."""
        self.failures = 0
