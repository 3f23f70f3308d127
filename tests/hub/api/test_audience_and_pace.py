import asyncio

import pytest

from labkeeper_hub.accounts import EVERYWHERE, Scope
from labkeeper_hub.api.live.audience import MOST_KEPT, Audience, View
from labkeeper_hub.api.live.pace import BURST, PER_S, Pace
from labkeeper_hub.api.loop_lag import BEAT_S, SILENT_S, LoopLag
from labkeeper_hub.api.metrics import Metrics
from labkeeper_hub.api.sight import Sight
from labkeeper_hub.model import Changes

from .doubles import SmallHub, latest


def _view(hub: SmallHub | None = None) -> View:
    parts = (hub or SmallHub()).parts()
    return View(Sight(frozenset({EVERYWHERE}), parts.registry), parts, Metrics(parts))


def test_one_step_of_the_stream_is_encoded_once() -> None:
    audience, changes = _view(), Changes(1, (latest(),))
    assert audience.changes(0, changes) is audience.changes(0, changes)
    assert audience.changes(0, Changes(1, (latest(),))) is audience.changes(0, changes)


def test_another_step_has_an_encoding_of_its_own() -> None:
    audience = _view()
    assert '"value":1.0' in audience.changes(0, Changes(2, (latest(1.0),)))
    assert '"value":2.0' in audience.changes(1, Changes(2, (latest(2.0),)))


def test_only_a_few_encodings_are_kept() -> None:
    audience, first = _view(), Changes(1, (latest(),))
    text = audience.changes(0, first)
    for at in range(2, MOST_KEPT + 2):
        audience.changes(at - 1, Changes(at, ()))
    again = audience.changes(0, first)
    assert (again == text, again is text) == (True, False)


async def test_a_snapshot_is_made_once_per_place() -> None:
    hub = SmallHub()
    audience = _view(hub)
    assert await audience.snapshot() is await audience.snapshot()
    hub.bus.at = 1
    assert (await audience.snapshot())[0] == 1
    assert hub.inventory.asked == 2


async def test_a_snapshot_is_made_once_for_all_who_ask_while_it_is_made() -> None:
    hub = SmallHub()
    audience = _view(hub)
    gone, waiting = (asyncio.create_task(audience.snapshot()) for _ in range(2))
    await asyncio.sleep(0)  # both ask
    hub.bus.at = 1
    gone.cancel()
    assert (await waiting)[0] == 0, "what changed since is told after it"
    assert hub.inventory.asked == 1


async def test_a_snapshot_that_failed_is_made_anew() -> None:
    hub = SmallHub()
    audience = _view(hub)
    hub.inventory.broken = True
    with pytest.raises(RuntimeError):
        await audience.snapshot()
    hub.inventory.broken = False
    assert (await audience.snapshot())[0] == 0


def test_clients_are_counted_while_they_are_here_and_share_with_those_who_see_the_same() -> None:
    parts = SmallHub().parts()
    audience = Audience(parts, Metrics(parts))
    everything, lab = (Sight(frozenset({one}), parts.registry) for one in (EVERYWHERE, Scope("demo", "lab-301")))
    with audience.one_more(everything) as one, audience.one_more(everything) as same, audience.one_more(lab) as other:
        assert audience.clients == 3
        assert one is same
        assert one is not other
    assert audience.clients == 0
    assert audience.views == {}


def test_a_burst_is_heard_at_once_then_each_message_waits_its_turn() -> None:
    now_s = [100.0]
    pace = Pace(clock=lambda: now_s[0])
    assert [pace.take() for _ in range(int(BURST))] == [0.0] * int(BURST)
    assert pace.take() == 1 / PER_S
    assert pace.take() == 2 / PER_S
    now_s[0] += 3 / PER_S
    assert pace.take() == 0.0


def test_a_long_silence_fills_the_bucket_and_no_more() -> None:
    now_s = [100.0]
    pace = Pace(clock=lambda: now_s[0])
    now_s[0] += 1e6
    assert pace.take() == 0.0
    assert pace.left == BURST - 1


async def test_the_loops_lag_is_observed_and_a_silent_loop_is_dead() -> None:
    now_s, observed = [100.0], asyncio.Queue[float]()
    lag = LoopLag(observed.put_nowait, clock=lambda: now_s[0])
    assert not lag.beating
    beating = asyncio.create_task(lag.beat())
    await asyncio.sleep(0)
    assert lag.beating
    now_s[0] += BEAT_S + 0.125
    assert abs(await observed.get() - 0.125) < 1e-9
    beating.cancel()
    now_s[0] += SILENT_S
    assert not lag.beating
