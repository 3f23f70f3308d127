"""What people set otherwise than the catalogue, for a school or a lab: what may be set, and what holds then. Pure."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise

from labkeeper_hub.alarms.catalogue import Catalogue, OverrideEntry, looser_levels, unknown_levels
from labkeeper_hub.alarms.rules import Level, Rule

MOST = 500  # of a hub


class LimitRefused(Exception):
    """Nothing was changed: `code` is unknown_rule, unknown_limit, unknown_level, nothing_changed, safety_off,
    safety_looser, levels_order, too_many_limits or hub_disk; `where` names what is wrong (limits, on_delay_ms,
    off_delay_ms, deadband) and of which level.
    """

    def __init__(self, code: str, message: str, where: tuple[str, str] | None = None) -> None:
        super().__init__(message)
        self.code, self.where = code, where


class SetOverride(OverrideEntry):
    """An override that somebody set while the hub ran, and when; those without a time are in the file."""

    at_ms: int


def with_set(base: Catalogue, kept: Iterable[SetOverride]) -> Catalogue:
    """Return the catalogue with what people set, which goes before what the file says of the same place. What is about
    a rule or a level that is no more, or too loose by now, changes nothing.
    """
    fitting = (one for one in kept if one.rule in base.rules and _fits(base.rules[one.rule], one))
    return replace(base, overrides=(*base.overrides, *fitting))


def _fits(rule: Rule, one: OverrideEntry) -> bool:
    return not (unknown_levels(rule, one) or looser_levels(rule, one) or (one.off and rule.safety))


def check(catalogue: Catalogue, entry: OverrideEntry) -> None:
    """Raise LimitRefused for what may not be set; `catalogue` is what holds so far."""
    rule = catalogue.rules.get(entry.rule)
    if rule is None:
        raise LimitRefused("unknown_rule", "There is no such rule")
    if entry.off is bool(entry.changes):
        raise LimitRefused("nothing_changed", "Say other limits, delays or deadbands, or that it is off")
    if entry.off and rule.safety:
        raise LimitRefused("safety_off", "A rule of the safety class cannot be switched off")
    if unknown := unknown_levels(rule, entry):
        raise LimitRefused("unknown_level", "The rule has no such level", unknown[0])
    if looser := looser_levels(rule, entry):
        raise LimitRefused("safety_looser", "A rule of the safety class is not made looser", looser[0])
    both = replace(catalogue, overrides=(*catalogue.overrides, entry))
    after = both.rule_for(entry.rule, entry.school, entry.lab or "")
    if after is not None and (late := _out_of_order(after)):
        raise LimitRefused("levels_order", "A worse level would come before a milder one", ("limits", late))


def _out_of_order(rule: Rule) -> str:
    """Return the first level that is passed before a milder one that is computed the same way, "" for none."""
    both = pairwise(rule.levels)
    return next((worse.name for milder, worse in both if _alike(milder, worse) and worse.looser(milder.limit)), "")


def _alike(milder: Level, worse: Level) -> bool:
    return (milder.kind, milder.side, milder.window_ms) == (worse.kind, worse.side, worse.window_ms)
