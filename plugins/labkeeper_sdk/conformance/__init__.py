"""The conformance kit: what a driver can be relied on for, tried out and not asked. Needs the extra `[kit]`."""

from labkeeper_sdk.conformance.examination import CHECKS, NoBench, examine, prepare
from labkeeper_sdk.conformance.levels import Check, Finding, Level, reached
from labkeeper_sdk.conformance.outcomes import Fault, Outcome
from labkeeper_sdk.conformance.report import BADGE, Report, summary
from labkeeper_sdk.conformance.trial import Pace, Trial

__all__ = [
    "BADGE",
    "CHECKS",
    "Check",
    "Fault",
    "Finding",
    "Level",
    "NoBench",
    "Outcome",
    "Pace",
    "Report",
    "Trial",
    "examine",
    "prepare",
    "reached",
    "summary",
]
