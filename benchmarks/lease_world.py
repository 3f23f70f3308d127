"""A hub, a node and a bad network between them, made of the real pure cores and a clock that is only a number.

What the shells do is written here once more, in the fewest words: the node keeps its number and its results on a disk
that may be behind, loses everything else when it restarts, and asks the leases again before each write.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from uuid import UUID

from labkeeper_edge.command_rules import Answer, Execute, HubClock, Met, Receipt, Write, decide
from labkeeper_edge.commands.authority import Authority, aims
from labkeeper_edge.refusals import Refusals
from labkeeper_sdk import Switch
from labkeeper_wire.commands import CommandRequest, CommandResult, CommandState, Target
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.leases import book as rules
from labkeeper_wire.leases.book import Book, LeaseRefused, Room, Scope
from labkeeper_wire.leases.tenure import Refusal

ROOM = Room("school", "lab")
NODE, DEVICE, BENCH = "pi", "robot", "1"
SCOPES = (Scope(ROOM), Scope(ROOM, BENCH), Scope(ROOM, BENCH, NODE, DEVICE))
PEOPLE = ("anna", "ben", "cleo")
POINTS = {"on": Switch("on", risk=Switch("x").risk)}
LONG_MS = 600_000
LATELY = 6


@dataclass(frozen=True, slots=True)
class Executed:
    """A write that reached the device."""

    id: str
    fence: int


@dataclass(slots=True)
class Node:
    """The node: `disk` survives a restart, nothing else does. `reckless`: it does not look at leases at all;
    `forgetful`: after a restart it knows neither what it was asked before nor that it was restarted.
    """

    now_s: Callable[[], float]
    reckless: bool = False
    forgetful: bool = False
    disk_fence: int = 0
    disk_results: dict[str, CommandResult] = field(default_factory=dict)
    executed: list[Executed] = field(default_factory=list)
    run: int = 0
    authority: Authority = field(init=False)
    clock: HubClock = field(init=False)
    results: dict[str, CommandResult] = field(init=False)
    queue: list[Execute] = field(init=False)
    waiting: list[Execute] = field(init=False)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Die and come back: what was accepted and not ended is unknown."""
        self.run += 0 if self.forgetful and self.run else 1
        self.authority = Authority(Refusals(), clock=self.now_s)
        self.authority.recall(self.disk_fence)
        for number, result in self.disk_results.items():
            if result.state is CommandState.ACCEPTED:
                self.disk_results[number] = CommandResult(number, CommandState.UNKNOWN)
        recalled = {} if self.forgetful else dict(self.disk_results)
        self.clock, self.results, self.queue, self.waiting = HubClock(), recalled, [], []

    def told(self, text: str, sent_ms: int) -> None:
        """Hear a table of leases."""
        self.authority.told(text, self.clock.age_ms(self._ms(), sent_ms))

    def asked(self, request: CommandRequest, sent_ms: int) -> None:
        """Hear a command."""
        receipt = Receipt(self.now_s(), self.clock.age_ms(self._ms(), sent_ms), str(self.run))
        met = Met(online=True, points=POINTS, unfinished=len(self.queue) + len(self.waiting), refusal=self._refusal)
        decision = decide(request, receipt, met, self.results.get(request.id), self.now_s())
        if isinstance(decision, Answer):
            self.results[request.id] = decision.result
            return
        self.results[decision.id] = CommandResult(decision.id, CommandState.ACCEPTED)
        fast = decision.at_once and self.authority.durable and not self.waiting
        (self.queue if fast else self.waiting).append(decision)

    def save(self) -> None:
        """Put on disk what happened; what waited for that may be executed."""
        self.disk_fence = self.authority.on_disk = self.authority.tenure.fence
        self.disk_results.update(self.results)
        self.queue += self.waiting
        self.waiting = []

    def execute(self) -> None:
        """Write to the device what is first in its queue, if it still may be."""
        if not self.queue:
            return
        first = self.queue.pop(0)
        if self.now_s() < first.deadline_s and self._refusal(first.fence, first.writes) is None:
            self.executed.append(Executed(first.id, first.fence))
        self.results[first.id] = CommandResult(first.id, CommandState.DONE)

    def _refusal(self, fence: int, writes: tuple[Write, ...]) -> Refusal | None:
        if self.reckless:
            return None
        wanted = aims(POINTS, {one.point: one.value for one in writes})
        return self.authority.refusal(DEVICE, BENCH, fence, wanted)

    def _ms(self) -> int:
        return round(self.now_s() * 1000)


@dataclass(slots=True)
class World:
    """One interleaving: `step` after `step`, each chosen by `random` and reproduced by its seed."""

    random: Random
    reckless: bool = False
    forgetful: bool = False
    now_ms: int = 1_000_000
    book: Book = field(default_factory=Book)
    renewal: int = 0
    run_known: int = 1
    cut: bool = False
    on_their_way: list[tuple[int, Callable[[], None]]] = field(default_factory=list)
    over: dict[int, int] = field(default_factory=dict)  # a lease's fence: the table from which on it is over
    sent: list[CommandRequest] = field(default_factory=list)
    wrong: list[Executed] = field(default_factory=list)
    node: Node = field(init=False)

    def __post_init__(self) -> None:
        self.node = Node(lambda: self.now_ms / 1000, reckless=self.reckless, forgetful=self.forgetful)

    def steps(self, count: int) -> "World":
        """Let so many things happen."""
        weights = {
            self.command: 6,
            self.deliver: 9,
            self.work: 6,
            self.node.save: 4,
            self.wish: 2,
            self.renew: 2,
            self.heal: 2,
            self.pass_time: 2,
            self.repeat: 3,
            self.late: 1,
            self.partition: 1,
            self.restart: 1,
        }
        for deed in self.random.choices([*weights], [*weights.values()], k=count):
            deed()
        return self

    # --- what the hub does ------------------------------------------------------------------------------------------
    def wish(self) -> None:
        """Somebody takes, takes over or releases; the node is told."""
        who, scope = self.random.choice(PEOPLE), self.random.choice(SCOPES)
        before = self.book
        try:
            self.book = self._wished(who, scope)
        except LeaseRefused:
            return
        for gone in {one.fence for one in before.held} - {one.fence for one in self.book.held}:
            self.over[gone] = self.book.fence
        self.renew()

    def renew(self) -> None:
        """Tell the newest table again."""
        if self.book.fence:
            self.renewal += 1
            text = rules.table(self.book, ROOM, NODE, self.renewal, self.now_ms).to_text()
            sent_ms = self.now_ms
            self._send(lambda: self.node.told(text, sent_ms))

    def command(self) -> None:
        """Somebody commands under any lease there ever was, or under none."""
        fences = [0, *([one.fence for one in self.book.held] * 3), *[*self.over][-3:]]
        aim = (Target("on", self.random.random() < 0.5, DataType.BOOLEAN),)
        run = str(self.run_known) if self.random.random() < 0.8 else ""
        number = str(UUID(int=self.random.getrandbits(128)))
        self.sent.append(
            CommandRequest(number, self.random.choice((500, 60_000)), self.random.choice(fences), aim, run)
        )
        self._send_command(self.sent[-1])

    def repeat(self) -> None:
        """Send one of the last commands again, as if nobody had answered."""
        if self.sent:
            self._send_command(self.random.choice(self.sent[-LATELY:]))

    # --- what goes wrong --------------------------------------------------------------------------------------------
    def partition(self) -> None:
        """Cut the link: what is sent from now on is lost, what is under way may still arrive."""
        self.cut = True

    def heal(self) -> None:
        """Join it again; the node's birth tells its run."""
        self.cut, self.run_known = False, self.node.run

    def restart(self) -> None:
        """The node loses its power for a moment."""
        self.node.restart()

    def pass_time(self) -> None:
        """Some time passes, now and then a lot."""
        self.now_ms += self.random.choices((1, 50, 700, 6000, LONG_MS), (30, 30, 8, 2, 1))[0]

    def late(self) -> None:
        """Deliver what is under way in any order."""
        self.random.shuffle(self.on_their_way)

    def deliver(self) -> None:
        """Deliver one message, now and then twice."""
        if self.on_their_way:
            _, arrive = self.on_their_way[0] if self.random.random() < 0.2 else self.on_their_way.pop(0)
            arrive()

    def work(self) -> None:
        """Let the node's device have its next command, and look whether it should have had it."""
        before = len(self.node.executed)
        self.node.execute()
        for done in self.node.executed[before:]:
            over = self.over.get(done.fence)
            if over is not None and self.node.disk_fence >= over:
                self.wrong.append(done)

    @property
    def twice(self) -> int:
        """How many commands were executed more than once."""
        numbers = [one.id for one in self.node.executed]
        return len(numbers) - len(set(numbers))

    # --- inside -----------------------------------------------------------------------------------------------------
    def _wished(self, who: str, scope: Scope) -> Book:
        kind = self.random.random()
        if kind < 0.6:
            return rules.take_over(self.book, who, scope, self.now_ms, LONG_MS)
        if kind < 0.8 or not self.book.held:
            return rules.take(self.book, who, scope, self.now_ms, 5000)
        return rules.release(self.book, self.random.choice(self.book.held).fence, who, self.now_ms)

    def _send_command(self, request: CommandRequest) -> None:
        sent_ms = self.now_ms
        self._send(lambda: self.node.asked(request, sent_ms))

    def _send(self, arrive: Callable[[], None]) -> None:
        if not self.cut and self.random.random() < 0.9:
            self.on_their_way.append((self.now_ms, arrive))
