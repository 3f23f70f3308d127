"""From what the parts say to readings: pure."""

from collections import Counter
from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import NamedTuple

from labkeeper_hub.alarms.rules import Role
from labkeeper_hub.alarms.states import Priority
from labkeeper_hub.alarms.tallies import AlarmTallies
from labkeeper_hub.figures import catalogue
from labkeeper_hub.figures.catalogue import Figure, node_about, refusal_figure
from labkeeper_hub.figures.loads import Load, loads_of_nodes, loads_of_roles
from labkeeper_hub.model import HUB_NODE, AlarmNow, Device, LedgerEntry, Node, NodeKey, PointKey, State
from labkeeper_hub.pe.shared import ClassMinute
from labkeeper_hub.status import Status


@dataclass(frozen=True, slots=True)
class Rooms:
    """What people do in labs at one moment: minutes of PE classes since the last look, schools that are stopped, labs
    (school, lab) that a person holds as a whole.
    """

    classes: Sequence[ClassMinute] = ()
    stopped: Collection[str] = frozenset()
    held: Collection[tuple[str, str]] = frozenset()


class Told(NamedTuple):
    """One figure of one moment; `about` is the node whose lab it belongs to, None for the hub itself."""

    key: PointKey
    figure: Figure
    value: float | str
    about: Node | None


@dataclass(frozen=True, slots=True)
class Seen:
    """What the parts said at one moment; `newest_ms` is the time of each node's newest reading, `roles` who responds to
    the alarms of a rule.
    """

    now_ms: int
    nodes: Sequence[Node]
    devices: Sequence[Device]
    ledger: Sequence[LedgerEntry]
    newest_ms: Mapping[NodeKey, int]
    returns: Mapping[Hashable, int]
    ends: Mapping[tuple[str, State], int]
    status: Status
    journal_bytes: int
    alarms: Sequence[AlarmNow] = ()
    tallies: AlarmTallies = field(default_factory=AlarmTallies)
    roles: Mapping[str, Role] = field(default_factory=dict)
    rooms: Rooms = field(default_factory=Rooms)


def figures(seen: Seen) -> Iterator[Told]:
    """Return every figure. What counts the whole hub is told under each school it serves: a school's dashboards
    read that school and nothing else.
    """
    nodes = {node.key: node for node in seen.nodes}
    of_nodes, of_roles = (
        loads_of_nodes(seen.alarms, seen.tallies),
        loads_of_roles(seen.alarms, seen.tallies, seen.roles),
    )
    for node in seen.nodes:
        yield from _presence(node.key, catalogue.NODE, node, node, seen)
        yield from _alarms_of(node, of_nodes.get(node.key, Load()), seen.now_ms)
        held = {"held": int((node.key.school, node.lab) in seen.rooms.held)}
        yield from _told(node.key, catalogue.LAB, catalogue.OF_LAB, held, node)
    for device in seen.devices:
        yield from _device(device, nodes[device.key.of_node], seen)
    for entry in seen.ledger:
        node_of = nodes.get(entry.node)
        if node_of is not None and entry.epoch == (node_of.outbox.epoch if node_of.outbox else None):
            yield from _ledger(entry, node_of, seen)
    for one in seen.rooms.classes:
        yield from _class(one, seen)
    for school in sorted({key.school for key in nodes}):
        yield from _hub(school, seen)
        for role in Role:
            yield from _alarms_of_role(school, role, of_roles, seen.now_ms)


def _presence(key: NodeKey, name: str, thing: Node | Device, about: Node, seen: Seen) -> Iterator[Told]:
    values = {"online": int(thing.online), "returns": seen.returns.get(thing.key, 0)}
    yield from _told(key, name, catalogue.OF_PRESENCE, values, about)


def _device(device: Device, about: Node, seen: Seen) -> Iterator[Told]:
    # what a foreign node says of itself is a device without a name
    key, name = device.key.of_node, device.key.device or catalogue.ITSELF
    yield from _presence(key, name, device, about, seen)
    said = device.description
    zh, en = said.title_zh or said.title_en, said.title_en or said.title_zh
    texts = {"title_zh": zh or name, "title_en": en or name, "bench": said.bench or None}
    yield from _told(key, name, catalogue.OF_DEVICE, texts, about)


def _ledger(entry: LedgerEntry, about: Node, seen: Seen) -> Iterator[Told]:
    newest_ms = seen.newest_ms.get(entry.node)
    values = {
        "taken": entry.taken,
        "stored": entry.stored,
        "gaps": entry.gaps,
        "pending": entry.pending,
        "missing": entry.unexplained,
        "duplicates": entry.duplicates,
        "backlog": entry.backlog,
        "age": None if newest_ms is None else max(0, seen.now_ms - newest_ms) / 1000,
    }
    yield from _told(entry.node, catalogue.LEDGER, catalogue.OF_LEDGER, values, about)


def _class(one: ClassMinute, seen: Seen) -> Iterator[Told]:
    """Tell a class under the first node of its lab, so that it is always the same one."""
    of_lab = [node for node in seen.nodes if (node.key.school, node.lab) == (one.school, one.lab)]
    values = {"bands": one.bands, "mean": one.mean, "moving": one.moving, **asdict(one.so_far)}
    for about in sorted(of_lab, key=lambda node: node.key)[:1]:
        yield from _told(about.key, catalogue.CLASS, catalogue.OF_CLASS, values, about)


def _told(
    node: NodeKey, device: str, known: Mapping[str, Figure], values: Mapping[str, float | str | None], about: Node
) -> Iterator[Told]:
    for name, value in values.items():
        if value is not None:
            yield Told(PointKey(node.school, node_about(node.node), device, name), known[name], value, about)


def _alarms_of(node: Node, load: Load, now_ms: int) -> Iterator[Told]:
    highest = max((state.priority for state in load.standing), default=0)
    values = {"highest": int(highest), **load.values(now_ms)}
    yield from _told(node.key, catalogue.ALARMS_OF_NODE, catalogue.OF_NODE_ALARMS, values, node)


def _alarms_of_role(
    school: str, role: Role, loads: Mapping[tuple[str, Role | None], Load], now_ms: int
) -> Iterator[Told]:
    """Tell a role's load in a school; what is the hub's own is every school's."""
    load = loads.get((school, role), Load()) + loads.get(("", role), Load())
    device = catalogue.alarms_of_role(role)
    for name, value in load.values(now_ms).items():
        if value is not None:
            yield Told(PointKey(school, HUB_NODE, device, name), catalogue.OF_ROLE_ALARMS[name], value, None)


def _alarm_values(tallies: AlarmTallies) -> Mapping[str, float | None]:
    return {
        **{name: getattr(tallies, name) for name in ("standing", "unacknowledged", "shelved", "stale", "chattering")},
        "raised_10min": tallies.raised_10min,
        "peak_hour": tallies.peak_hour,
        "flood": int(tallies.flood),
        **{f"raised_{priority.name.lower()}": tallies.raised.get(priority, 0) for priority in list(Priority)[1:]},
        "acknowledge": tallies.acknowledge_s,
    }


def _hub(school: str, seen: Seen) -> Iterator[Told]:
    for device, values in _hub_values(school, seen):
        for figure in catalogue.OF_HUB[device]:
            yield Told(PointKey(school, HUB_NODE, device, figure.name), figure, values[figure.name], None)
    for reason, count in sorted(seen.status.refusals.items()):
        key = PointKey(school, HUB_NODE, catalogue.REFUSALS, reason)
        yield Told(key, refusal_figure(reason), count, None)
    for name, value in _alarm_values(seen.tallies).items():
        if value is not None:
            yield Told(PointKey(school, HUB_NODE, catalogue.ALARMS, name), catalogue.OF_ALARMS[name], value, None)


def _hub_values(school: str, seen: Seen) -> Iterator[tuple[str, Mapping[str, float]]]:
    status, journal = seen.status, seen.status.journal
    yield (
        catalogue.JOURNAL,
        {
            "committed": journal.committed,
            "queued": journal.queued,
            "hot": journal.hot,
            "commit": journal.last_commit_ms,
            "size": seen.journal_bytes,
            "failing": int(bool(journal.failing)),
        },
    )
    yield catalogue.BROKER, {"connected": int(status.broker_connected), "messages": status.messages}
    yield (
        catalogue.PRESENCE,
        {
            **_online("nodes", [node.online for node in seen.nodes if node.key.school == school]),
            **_online("devices", [device.online for device in seen.devices if device.key.school == school]),
        },
    )
    yield catalogue.STOP, {"stopped": int(school in seen.rooms.stopped)}
    if status.influx is not None:
        influx = status.influx
        values = {"lag": influx.lag_s, "waiting": influx.waiting, "quarantined": influx.quarantined}
        yield catalogue.FORWARDER, values
    yield catalogue.COMMANDS, {state.value: seen.ends.get((school, state), 0) for state in State if state.final}


def _online(name: str, states: Sequence[bool]) -> Mapping[str, int]:
    return {name: len(states), f"{name}_online": Counter(states)[True]}
