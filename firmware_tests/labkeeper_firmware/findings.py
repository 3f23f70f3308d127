"""The words of the suite: checks and what came of them."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from labkeeper_firmware.bench import Bench
from labkeeper_sdk import Title
from labkeeper_sdk.conformance.outcomes import Outcome


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that is tried. `tried` says what happens, `remedy` what the firmware's author can do."""

    name: str
    title: Title
    tried: Title
    remedy: Title
    run: Callable[[Bench], Awaitable[None]]
    needs: str = ""  # what must be there beside a broker, as the reference writes it


@dataclass(frozen=True, slots=True)
class Finding:
    """What came of a check. `seen` says what was seen where it failed, or why it was not tried."""

    check: Check
    outcome: Outcome
    seen: Title = Title()
    took_s: float = 0.0


def verdict(findings: Sequence[Finding], *, strict: bool = False) -> bool:
    """Whether the firmware passes: something was tried, nothing failed; `strict`: and nothing was left untried."""
    bad = (Outcome.FAILED, Outcome.UNTRIED) if strict else (Outcome.FAILED,)
    tried = any(it.outcome is Outcome.PASSED for it in findings)
    return tried and not any(it.outcome in bad for it in findings)
