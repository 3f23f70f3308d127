"""Bronze: it loads, explains itself, leaks nothing and blocks nobody."""

import asyncio
import gc
import re
import threading
import time
import tracemalloc
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from labkeeper_sdk.configuration import schema, secrets, tables
from labkeeper_sdk.conformance.levels import Check, Level
from labkeeper_sdk.conformance.meter import Block
from labkeeper_sdk.conformance.outcomes import Fault, Spared
from labkeeper_sdk.conformance.trial import Trial, another
from labkeeper_sdk.errors import CommandFailed, CommandRejected
from labkeeper_sdk.points import Title
from labkeeper_sdk.testing.benches import Stand

NAME = re.compile(r"[a-z][a-z0-9]*([_-][a-z0-9]+)*")
SECRET = re.compile(r"(^|_)(password|passwd|secret|token|api_?key|credential)s?($|_)", re.IGNORECASE)
FDS = Path("/proc/self/fd")
SETTLE_S = 2.0
LEAKED_BYTES = 2_000  # for each opening: a connection's objects that stay are more, noise is less
NOISE_BYTES = 200_000  # what the simulated device in this process may gather meanwhile
SHORTEST_PAGE = 200  # characters
LOOK_EVERY_S = 0.05
TURNS = 20  # of the loop: a connection's end goes from the driver to the wire, and on to the simulated device
ENOUGH_ALIKE = 3
SWEEP_EVERY = 10  # looks
LEAST_VAIN, MOST_VAIN, VAIN_S = 3, 20, 2.0  # attempts to a device that is away, and how long one goes on
MOST_OF_THREE = 2
LEAKS = {"task": "任务", "file descriptor": "文件描述符", "thread": "线程"}


async def manifest(trial: Trial) -> None:
    """The package says what it is."""
    driver = trial.driver
    if driver.name != trial.name:
        raise Fault(
            f"the entry point is called {trial.name}, the driver {driver.name}",
            f"入口点叫 {trial.name}，驱动却叫 {driver.name}",
        )
    if not NAME.fullmatch(driver.name):
        raise Fault(
            f"the name {driver.name!r} is not small letters, digits and hyphens", f"名称 {driver.name!r} 不合规范"
        )
    if not driver.title:
        raise Fault("the driver has no title", "驱动没有标题")


async def configured(trial: Trial) -> None:
    """Its settings can be shown as a form and hold no secret by default."""
    made = schema(trial.driver)
    for at, model in tables(trial.driver.configuration):
        _closed(at, model)
    for name, field in trial.driver.configuration.model_fields.items():
        if not field.description:
            raise Fault(f"the setting {name} has no description", f"设置 {name} 没有说明")
    if not isinstance(made.get("properties", {}), dict):
        raise Fault("the JSON Schema has no properties", "JSON Schema 没有属性")


def _closed(at: str, model: type[BaseModel]) -> None:
    if model.model_config.get("extra") == "allow":
        where, wo = (f"the table {at}", f"表 {at}") if at else ("the configuration", "配置")
        raise Fault(f"{where} accepts keys it does not know", f"{wo}接受未知的键")
    hidden = secrets(model)
    for key, field in model.model_fields.items():
        name = f"{at}.{key}" if at else key
        if SECRET.search(key) and key not in hidden:
            raise Fault(f"{name} looks like a secret and is not a SecretStr", f"{name} 像是密钥，却不是 SecretStr")
        if key in hidden and field.get_default(call_default_factory=True, validated_data={}):
            raise Fault(f"the secret {name} has a default value", f"密钥 {name} 带有默认值")


async def documented(trial: Trial) -> None:
    """A page tells people about it and each of its settings."""
    page = trial.bench.docs
    if not page.is_file():
        raise Fault(f"there is no documentation page {page.name}", f"没有文档页 {page.name}")
    text = page.read_text(encoding="utf-8")
    if len(text) < SHORTEST_PAGE:
        raise Fault(f"the documentation page {page.name} says nothing", f"文档页 {page.name} 没有内容")
    missing = [name for name in trial.driver.configuration.model_fields if f"`{name}`" not in text]
    if missing:
        raise Fault(f"{page.name} does not describe {', '.join(missing)}", f"{page.name} 没有说明 {', '.join(missing)}")


async def opens(trial: Trial) -> None:
    """It opens and closes a hundred times and leaves nothing behind, nor where its device is away."""
    async with trial.bench.open() as stand:
        times = 2 * trial.pace.opens // 5
        await _open(trial, stand, times // 2)
        before = await _settled()
        tracemalloc.start()
        try:
            await _open(trial, stand, times)
            middle = await _settled()
            await _open(trial, stand, times)
            after = await _left_of(before, times, trial.pace.settle_s)
        finally:
            tracemalloc.stop()
        _compare(before, middle, after, times)
        await _in_vain(trial, stand)


async def _in_vain(trial: Trial, stand: Stand) -> None:
    """Open to a device that is away, as a platform does for hours: what is begun by then has to end, too."""
    await stand.wire.cut()
    await _vain(trial, stand)  # whatever is made once is there now
    before, times = await _settled(), 0
    began_s = time.monotonic()
    while times < LEAST_VAIN or (times < MOST_VAIN and time.monotonic() - began_s < VAIN_S):
        await _vain(trial, stand)
        times += 1
    after = await _left_of(before, times, trial.pace.settle_s)
    if what := _many(before, after, times):
        raise Fault(
            f"leaks a {what} at each vain attempt to open{_example(what, after)[0]}",
            f"设备不在时，每次尝试打开都遗留一个{LEAKS[what]}{_example(what, after)[1]}",
        )


async def _vain(trial: Trial, stand: Stand) -> None:
    """Try to open once; what it raises is looked at for silver."""
    with suppress(Exception):
        async with asyncio.timeout(trial.bench.notice_s):
            await _open(trial, stand, 1)


async def loop_free(trial: Trial) -> None:
    """It never holds up the loop for more than 50 ms; what is seen in one of three tries was the machine."""
    blocks: list[Block] = []
    rounds = {True: 0, False: 0}  # by whether something held up the loop
    async with trial.bench.open() as stand:
        while max(rounds.values()) < MOST_OF_THREE:
            trial.meter.blocks.clear()
            with trial.meter.watching():
                await _exercise(trial, stand)
            rounds[bool(trial.meter.blocks)] += 1
            blocks += trial.meter.blocks
    if rounds[False] == MOST_OF_THREE:
        return
    worst = max(blocks, key=lambda block: block.lasted_s)
    raise Fault(
        f"the event loop was blocked for {worst.lasted_s * 1000:.0f} ms at {worst.where}",
        f"事件循环被阻塞 {worst.lasted_s * 1000:.0f} 毫秒：{worst.where}",
    )


# --- what stays behind ----------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Holdings:
    """What the process holds."""

    files: int
    tasks: frozenset["asyncio.Task[Any]"]
    threads: int
    memory: int


async def _open(trial: Trial, stand: Stand, times: int) -> None:
    """Open and close so often."""
    for _ in range(times):
        async with trial.driver.connect(_configuration(trial, stand), trial.services(stand)):
            pass


async def _settled() -> Holdings:
    """Count once three looks agree: the simulator in this process needs a moment to see that we hung up."""
    gc.collect()
    last = [_count()]
    for _ in range(_looks(SETTLE_S)):
        last = [*last[-2:], await _look()]
        if len({(it.files, it.tasks, it.threads) for it in last}) == 1 and len(last) == ENOUGH_ALIKE:
            break
    gc.collect()
    return _count()


async def _left_of(before: Holdings, times: int, within_s: float) -> Holdings:
    """Count, as tasks only those that stay: wait for the rest to end, one leaked at each opening never does."""
    left = _count()
    for number in range(_looks(within_s)):
        if number % SWEEP_EVERY == 0:
            gc.collect()  # a library's cycles keep their sockets until then, also what has closed meanwhile
        now = await _look()
        left = replace(now, tasks=(left.tasks & now.tasks) - before.tasks)
        if not _many(before, left, times):
            break
    gc.collect()
    return replace(_count(), tasks=left.tasks - before.tasks)


def _looks(within_s: float) -> int:
    """Return how often one looks within that time. A machine that lets us wait takes longer, and is looked at as often:
    what hung up needs turns of the loop to end, not seconds.
    """
    return round(within_s / LOOK_EVERY_S)


async def _look() -> Holdings:
    """Let a moment pass, and the loop turn so often that one end leads to the next, before counting."""
    await asyncio.sleep(LOOK_EVERY_S)
    for _ in range(TURNS):
        await asyncio.sleep(0)
    return _count()


def _count() -> Holdings:
    files = len([*FDS.iterdir()]) if FDS.is_dir() else 0
    memory = tracemalloc.get_traced_memory()[0] if tracemalloc.is_tracing() else 0
    return Holdings(files, frozenset(asyncio.all_tasks()), threading.active_count(), memory)


def _many(before: Holdings, now: Holdings, times: int) -> str:
    """Return what there is more of, by one for each opening, "" for nothing."""
    more = {
        "task": len(now.tasks - before.tasks),
        "file descriptor": now.files - before.files,
        "thread": now.threads - before.threads,
    }
    return next((what for what, count in more.items() if count >= times), "")


def _compare(before: Holdings, middle: Holdings, after: Holdings, times: int) -> None:
    what = _many(before, after, times)
    if what:
        en, zh = _example(what, after)
        raise Fault(f"leaks a {what} at each opening{en}", f"每次打开都遗留一个{LEAKS[what]}{zh}")
    grown = after.memory - middle.memory
    least = max(LEAKED_BYTES * times, NOISE_BYTES)
    if middle.memory > least and grown > least:
        raise Fault(
            f"memory grows by {grown // times} bytes at each opening", f"每次打开内存增长 {grown // times} 字节"
        )


def _example(what: str, after: Holdings) -> tuple[str, str]:
    """Return the words in English and Chinese that name one of what is left, where it has a name."""
    name = _most_common(task.get_name() for task in after.tasks)
    return (f", e.g. {name!r}", f"，例如 {name!r}") if what == "task" else ("", "")


def _most_common(names: Iterable[str]) -> str:
    """Return the name most of them have: what is left over besides, of the simulator's, has one of its own each."""
    counted = Counter(names).most_common(1)
    return counted[0][0] if counted else ""


def _configuration(trial: Trial, stand: Stand) -> BaseModel:
    return trial.driver.configuration.model_validate(dict(stand.settings))


async def _exercise(trial: Trial, stand: Stand) -> None:
    """Open, hear a few readings, command something, close."""
    async with trial.watch(stand) as watched:
        heard = len(watched.readings())
        with suppress(TimeoutError):  # a device that tells may have nothing to tell
            await watched.until(lambda: len(watched.readings()) >= heard + 3, 1.0)
        try:
            pairs = await trial.settable(watched, stand)
        except (Spared, Fault):
            return
        for device, point in pairs:
            now = None if stand.truth is None else stand.truth(device, point.name)
            try:
                await asyncio.wait_for(watched.write(device, point.name, another(point, now)), point.confirm_s + 1)
            except (CommandFailed, CommandRejected, TimeoutError):
                continue  # silver looks at that


CHECKS = (
    Check(
        "manifest", Level.BRONZE, Title("清单", "The manifest"),
        Title(
            "在 labkeeper_driver 与入口点中使用同一个小写名称，并给出标题",
            "Use one lower-case name in labkeeper_driver and in the entry point, and give it a title",
        ),
        manifest,
    ),
    Check(
        "schema", Level.BRONZE, Title("配置", "The configuration"),
        Title(
            "每个字段写 description；密钥用 SecretStr 且无默认值",
            "Give each field a description; make secrets SecretStr without a default",
        ),
        configured,
    ),
    Check(
        "docs", Level.BRONZE, Title("文档页", "The documentation page"),
        Title(
            "写一页文档，列出每个设置",
            "Write a page that names every setting in `code` letters, and point Bench.docs at it",
        ),
        documented,
    ),
    Check(
        "opens", Level.BRONZE, Title("打开关闭一百次", "Opens and closes 100 times"),
        Title(
            "在 connect 的 finally 中关闭所打开的一切",
            "Close in connect's `finally` what it opened; run tasks in a TaskGroup inside it",
        ),
        opens, within_s=180,
    ),
    Check(
        "loop", Level.BRONZE, Title("不阻塞事件循环", "Never blocks the loop"),
        Title("改用 await，或放进 asyncio.to_thread", "Await instead, or put it into asyncio.to_thread"),
        loop_free,
    ),
)  # fmt: skip
