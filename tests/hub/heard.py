"""What was told to the record of acts, in memory."""

from dataclasses import dataclass, field


@dataclass
class Heard:
    """Notes as they were taken: who, what, about what, with what result."""

    notes: list[tuple[str, str, str, str]] = field(default_factory=list)

    def note(self, who: str, what: str, subject: str, result: str) -> None:
        self.notes.append((who, what, subject, result))

    async def save(self) -> None:
        """Nothing waits."""

    def of(self, what: str) -> list[tuple[str, str, str]]:
        """Return who, about what, and with what result, of each note of a kind."""
        return [(who, subject, result) for who, noted, subject, result in self.notes if noted == what]
