"""Which of the installed driver packages this node imports, which it leaves to a process, and which it refuses."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import MappingProxyType

from labkeeper_edge.settings import AllowSettings
from labkeeper_edge.supervision.services import Counts
from labkeeper_sdk.allowing import BadList, CannotHash, digest_of, distribution_name, read_list, sources_only
from labkeeper_sdk.plugins import DRIVER_GROUP, Broken, Loaded, Source, load_drivers

log = logging.getLogger(__name__)

OURS = "labkeeper"  # who could change these files could change the node that asks about them


@dataclass(slots=True)
class Survey:
    """What becomes of each entry point."""

    read: list[EntryPoint] = field(default_factory=list)
    digests: dict[str, str] = field(default_factory=dict)  # of those that are read
    apart: dict[str, Source] = field(default_factory=dict)
    broken: list[Broken] = field(default_factory=list)


def load_allowed(
    allow: AllowSettings,
    counts: Counts,
    points: Iterable[EntryPoint] | None = None,
    now: datetime | None = None,
    imported: Mapping[str, str] = MappingProxyType({}),
) -> Loaded:
    """Import the drivers that may run in this process; hashes are compared before a line of them runs.

    `imported` are the hashes of what this process has imported, by driver. Python imports a module once: a package
    that is another one since is left to a process, where its new code runs.
    """
    listed = _listed(allow, counts, now or datetime.now(UTC))
    survey = Survey()
    for point in entry_points(group=DRIVER_GROUP) if points is None else points:
        _judge(survey, point, allow, listed, counts)
    _leave_upgraded(survey, imported)
    with sources_only():
        listed_drivers = load_drivers([it for it in survey.read if it.name in survey.digests])
    ours = load_drivers([it for it in survey.read if it.name not in survey.digests])
    return _joined(ours, listed_drivers, survey)


def _judge(
    survey: Survey, point: EntryPoint, allow: AllowSettings, listed: Mapping[str, set[str]], counts: Counts
) -> None:
    name = "" if point.dist is None else distribution_name(point.dist.name)
    if name == OURS:
        survey.read.append(point)
    elif point.dist is not None and name in listed:
        try:
            digest = digest_of(point.dist)
        except CannotHash as cannot:
            digest = str(cannot)
        if digest in listed[name]:
            survey.read.append(point)
            survey.digests[point.name] = digest
        else:
            counts.count("driver_changed", point.name, digest)
            survey.broken.append(Broken(point.name, f"the files of {name} are not the allowed ones: {digest}"))
    elif allow.unlisted == "process":
        survey.apart[point.name] = Source(point.name, point.value)
    else:
        counts.count("driver_not_allowed", point.name, name)
        survey.broken.append(Broken(point.name, f"{name or 'its distribution'} is not on the allow-list"))


def _leave_upgraded(survey: Survey, imported: Mapping[str, str]) -> None:
    for point in [*survey.read]:
        digest = survey.digests.get(point.name, "")
        if digest and imported.get(point.name, digest) != digest:
            survey.read.remove(point)
            survey.apart[point.name] = Source(point.name, point.value)
            log.warning("driver %s: upgraded; in a process of its own until the node's next start", point.name)


def imported_by(loaded: Loaded) -> dict[str, str]:
    """Return the hashes of the drivers this process has imported, "" of ours."""
    return {name: loaded.sources[name].digest for name in loaded.drivers if name in loaded.sources}


def _joined(ours: Loaded, listed: Loaded, survey: Survey) -> Loaded:
    """Ours come first: nobody else takes the name of one of them."""
    drivers = {**listed.drivers, **ours.drivers}
    sources = {
        name: Source(it.name, it.module, survey.digests.get(it.name, ""))
        for name, it in {**survey.apart, **listed.sources, **ours.sources}.items()
    }
    broken = {it.name: it for it in (*survey.broken, *listed.broken, *ours.broken) if it.name not in drivers}
    for name in broken:
        sources.pop(name, None)
    return Loaded(drivers, tuple(broken.values()), sources)


def _listed(allow: AllowSettings, counts: Counts, now: datetime) -> dict[str, set[str]]:
    """Return the allowed hashes by distribution; a list that is not to be believed is counted and left out."""
    listed = {distribution_name(name): {digest} for name, digest in allow.distributions.items()}
    for path in allow.lists:
        try:
            found = read_list(_text(path), allow.keys, now)
        except BadList as bad:
            counts.count("allow_list_refused", str(path), str(bad))
            continue
        for entry in found.drivers:
            listed.setdefault(entry.distribution, set()).add(entry.digest)
    return listed


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadList(str(error)) from error
