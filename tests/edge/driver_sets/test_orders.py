"""A running node and what a hub wants of it: tried, applied, kept over a restart, taken back; nonsense is counted."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from labkeeper_edge.driver_sets.kept import Kept
from labkeeper_edge.driver_sets.store import FILE, KEY_FILE, node_key, read_kept
from labkeeper_edge.uplink.births import DRIVER, REFUSED
from labkeeper_sdk.testing import Broker
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.driver_sets import ORDER, STANDING, Answer, Instance, Order, Standing, packed_order, read_standing
from labkeeper_wire.payload import Metric
from tests.edge.conftest import StartEdge
from tests.edge.tiny_host import TinyHost, open_host

OPEN = "drivers_from_hub = true"
MINE = '[drivers.bench]\ndriver = "bench"\n'


def instance(**configuration: Any) -> Instance:  # noqa: ANN401 -- JSON
    return Instance(driver="bench", configuration={"prefix": "other", "devices": ["d2"], **configuration})


def standing(host: TinyHost) -> Standing:
    return read_standing(host.node_metric(STANDING))


def give(host: TinyHost, packed: bytes) -> None:
    host.write_node(Metric(ORDER, packed, DataType.BYTES))


def refused(host: TinyHost, reason: str, times: int = 1) -> bool:
    return host.node_metric(REFUSED + reason) == times


async def order(host: TinyHost, name: str, do: str, number: int = 0, **instances: Instance) -> Answer:
    said = Order.model_validate({"id": name, "do": do, "number": number, "by": "p-1", "instances": instances})
    give(host, packed_order(said))
    return await host.until(lambda: found if (found := standing(host).answer) and found.order == name else None)


async def test_a_set_is_tried_applied_kept_over_a_restart_and_taken_back(
    broker: Broker, start_edge: StartEdge, tmp_path: Path
) -> None:
    async with open_host(broker.url) as host:
        async with start_edge(MINE, OPEN) as process:
            await host.born("d1")
            tried = await order(host, "o-1", "try", more=instance(confirm_s="soon"), bench=instance())
            assert [one.pointer for one in tried.mistakes] == ["/more/configuration/confirm_s", "/bench"]
            assert (await order(host, "o-2", "apply", 1, more=instance())).taken
            await host.born("d2")
            assert not (await order(host, "o-3", "apply", 1, more=instance())).taken
            assert await host.until(lambda: refused(host, "old_driver_set"))
            process.kill()
        since = len(host.heard)
        async with start_edge(MINE, OPEN):
            await host.born("d2", since)
            assert (standing(host).number, standing(host).former) == (1, True)
            assert (await order(host, "o-4", "back", 2)).taken
            await host.died("d2", since)
    assert json.loads((tmp_path / "edge" / FILE).read_text())["number"] == 2
    assert (tmp_path / "node.toml").read_text().endswith(MINE)


async def test_what_is_cut_too_much_or_said_twice_is_counted_by_name_and_does_nothing(
    broker: Broker, start_edge: StartEdge
) -> None:
    async with open_host(broker.url) as host, start_edge(MINE, OPEN):
        await host.born("d1")
        said = Order(id="o-1", do="apply", number=1, by="p-1", instances={"more": instance()})
        give(host, packed_order(said)[:-1])
        assert await host.until(lambda: refused(host, "bad_driver_set"))
        give(host, packed_order(said))
        await host.born("d2")
        give(host, packed_order(said))
        assert await host.until(lambda: refused(host, "repeated_driver_set"))
        assert await host.until(lambda: standing(host).again == 1)
        for number in range(2, 40):
            give(host, packed_order(said.model_copy(update={"id": f"o-{number}", "do": "try"})))
        await host.until(lambda: host.node_metric(REFUSED + "bad_driver_set") != 1 or standing(host).answer)
        assert (standing(host).number, host.node_metric(DRIVER + "more")) == (1, "connected")


async def test_a_node_whose_file_does_not_let_the_hub_says_nothing_and_takes_nothing(
    broker: Broker, start_edge: StartEdge, tmp_path: Path
) -> None:
    async with open_host(broker.url) as host, start_edge(MINE):
        await host.born("d1")
        give(host, packed_order(Order(id="o-1", do="apply", number=1, by="p-1")))
        assert await host.until(lambda: refused(host, "bad_driver_set"))
        assert host.node_metric(STANDING) is None
    assert read_kept(tmp_path / "edge") == Kept()


def test_a_damaged_file_locks_nobody_out_and_the_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("{")
    assert read_kept(tmp_path) == Kept()
    assert [path.name for path in tmp_path.iterdir()] == ["drivers-from-hub.damaged"]
    made = node_key(tmp_path).public_key()
    assert node_key(tmp_path).public_key() == made
    assert (tmp_path / KEY_FILE).stat().st_mode & 0o777 == 0o600


async def test_a_person_has_the_node_read_its_file_again_and_is_told_what_changed(
    start_edge: StartEdge, tmp_path: Path
) -> None:
    async def reload() -> tuple[int | None, str, str]:
        command = ("-m", "labkeeper_edge", "reload", "--data", str(tmp_path / "edge"))
        asked = await asyncio.create_subprocess_exec(
            sys.executable, *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        out, err = await asked.communicate()
        return asked.returncode, out.decode(), err.decode()

    assert (await reload())[0] == 1
    config = tmp_path / "node.toml"
    async with start_edge(MINE):
        config.write_text(config.read_text() + MINE.replace("bench]", "other]") + 'devices = ["d2"]\n')
        status, out, _ = await reload()
        told = json.loads(out)
        assert (status, told["began"], told["ended"]) == (0, ["other"], [])
        config.write_text(config.read_text() + "nonsense = 1\n")
        status, _, err = await reload()
        assert (status, "drivers.other.nonsense" in err) == (2, True)
