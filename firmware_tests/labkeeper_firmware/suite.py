"""Make the checks one after the other; each begins with a device that is ready and safe."""

from collections.abc import AsyncIterator, Collection

from labkeeper_firmware.bench import Bench
from labkeeper_firmware.checks import CHECKS
from labkeeper_firmware.drivers.power import PowerFailed
from labkeeper_firmware.findings import Check, Finding
from labkeeper_firmware.untried import NotTried
from labkeeper_sdk import Title
from labkeeper_sdk.conformance.outcomes import Fault, Outcome
from labkeeper_sdk.testing import BrokerUnavailable

FIRST = "announces"


async def examine(bench: Bench, only: Collection[str] = ()) -> AsyncIterator[Finding]:
    """Yield a finding for each check, those of `only` where it names any."""
    for check in CHECKS:
        if not only or check.name in only:
            yield await _made(check, bench)


async def _made(check: Check, bench: Bench) -> Finding:
    began_s = bench.now_s()
    outcome, seen = Outcome.PASSED, Title()
    try:
        if check.name != FIRST:  # which asks for just that
            await bench.settle()
        await check.run(bench)
    except Fault as fault:
        outcome, seen = Outcome.FAILED, _and(fault.seen, bench.ended())
    except NotTried as reason:
        outcome, seen = reason.outcome, reason.seen
    except (PowerFailed, BrokerUnavailable) as error:
        outcome, seen = Outcome.UNTRIED, Title(str(error), str(error))
    await bench.wire.restore()
    return Finding(check, outcome, seen, bench.now_s() - began_s)


def _and(seen: Title, ended: Title) -> Title:
    return Title(zh=f"{seen.zh}；{ended.zh}", en=f"{seen.en}; {ended.en}") if ended.en else seen
