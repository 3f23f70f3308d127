"""What finds each broken variant of the reference firmware, and what it says."""

from collections.abc import Sequence

from labkeeper_firmware.findings import Finding
from labkeeper_firmware.report import Report
from labkeeper_sdk.conformance.outcomes import Outcome

Faults = dict[str, tuple[str, str]]  # variant: (check that finds it, what it says)
EVERYWHERE: Faults = {
    "NoState": ("announces", "there is no $state"),
    "StaysInInit": ("announces", "$state stays 'init'"),
    "CommaForPoint": ("schema", "is not of datatype float"),
    "CrashesOnNonsense": ("bad_payloads", "broke it: $state became 'lost'"),
    "TakesWhatIsOutOfRange": ("bad_payloads", "motor/speed/set b'-2' is not legal and was taken"),
    "NeverSafe": ("link_loss", "at all when the link is lost"),
    "LateSafe": ("link_loss", "becomes safe too late"),
    "AnswersFirst": ("answers", "before it does it"),
    "AnswersSlowly": ("answers", "relay/power = true: no answer within 1 s"),
    "Forgets": ("reboot", "climate/interval was set to 750 and is 500 after a power cut: forgotten"),
    "ComesBackOn": ("reboot", "relay/power is not safe (false) after the power came back"),
    "TooSlow": ("cadence", "too slow"),
    "TooFast": ("cadence", "is too fast: every 0."),
    "Chatters": ("restraint", "speaks of climate/raw, which it has not declared"),
    "Floods": ("restraint", "messages a second when nobody asks"),
    "DiesInAFlood": ("flood", "400 commands broke it: $state became 'lost'"),
}
AT_A_BROKER: Faults = EVERYWHERE | {
    "NoWill": ("will", "no will"),
    "ObeysRetained": ("retained_command", "relay/power obeys a retained command"),
    "LocalTime": ("clock", "local time stamped as UTC?"),
    "AsksOnce": ("clock_jump", "does not follow"),
    "KeepsSession": ("stale_command", "relay/power obeys a command from before it came back"),
    "GivesUp": ("broker_restart", "after the broker is back"),
    "TiresOut": ("long_run", "were due"),
}
ON_A_LINE: Faults = EVERYWHERE | {
    "TellsOnce": ("announces", "climate/interval is declared and is not said when the device is asked (?)"),
    "HangsOnNonsense": ("bad_payloads", "broke it: it answers no more"),
}


def is_named(finding: Finding, says: str) -> bool:
    """Whether a finding is a failure that names its fault, in both languages."""
    return finding.outcome is Outcome.FAILED and says in finding.seen.en and bool(finding.seen.zh)


def passes(findings: Sequence[Finding]) -> bool:
    """Whether a device passes with nothing left untried."""
    return Report("reference", findings, strict=True).passed
