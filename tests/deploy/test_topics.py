"""Who may say and hear what at the school's broker, family by family, as a real Mosquitto passes it on."""

import asyncio
from collections.abc import Iterable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from labkeeper_wire import mqtt

from .broker import connected, heard, shipped
from .conftest import NODE, OTHER, SCHOOL, init, script

FOREIGN, ELSEWHERE = "music-pi", "xuhui-1"
ACCOUNTS = ("hub", *(name for node in (NODE, OTHER, FOREIGN) for name in (node, f"{node}.devices")))
LAB = {NODE, f"{NODE}.devices"}
OF_NODE = ("NBIRTH/{}", "DBIRTH/{}/plug", "NDATA/{}", "DDATA/{}/plug", "NDEATH/{}", "DDEATH/{}/plug")
TO_NODE = ("NCMD/{}", "DCMD/{}/plug")


def sparkplug(kinds: Iterable[str], school: str, node: str) -> list[str]:
    return [f"spBv1.0/{school}/{kind.format(node)}" for kind in kinds]


FAMILIES: dict[str, tuple[set[str], set[str]]] = {
    **dict.fromkeys(sparkplug(OF_NODE, SCHOOL, NODE), ({NODE}, {"hub"})),
    **dict.fromkeys(sparkplug(OF_NODE, ELSEWHERE, NODE), (set(), {"hub"})),
    **dict.fromkeys(sparkplug(OF_NODE, SCHOOL, f"{NODE}.devices"), (set(), {"hub"})),
    **dict.fromkeys(sparkplug(TO_NODE, SCHOOL, NODE), ({"hub"}, {"hub", NODE})),
    **dict.fromkeys(sparkplug(TO_NODE, ELSEWHERE, NODE), ({"hub"}, {"hub"})),
    "spBv1.0/STATE/labkeeper": ({"hub"}, {"hub", NODE, OTHER, FOREIGN}),
    f"labkeeper/v1/{SCHOOL}/stop": ({"hub", NODE, OTHER}, {"hub", NODE, OTHER}),
    f"labkeeper/v1/{ELSEWHERE}/stop": ({"hub", FOREIGN}, {"hub", FOREIGN}),
    f"labkeeper/v1/{SCHOOL}/{NODE}/plug/power": (set(), set()),
    f"lab/{NODE}/zigbee2mqtt/plug/set": (LAB, LAB),
    f"{NODE}/5/robot/$state": (LAB, LAB),
    "lab/shared": (set(), set()),
}
"""Of each family one topic, and for each who may say it and who may hear it. Alarms and interlocks ride in data."""


@pytest.fixture
def two_schools(secrets: Path) -> Path:
    """Return the accounts of two schools at one broker."""
    assert script("--to", str(secrets), "--school", ELSEWHERE, "--node", FOREIGN).returncode == 0
    return secrets


async def test_an_account_says_what_is_its_own_and_nothing_else(two_schools: Path, tmp_path: Path) -> None:
    (two_schools / "acl.extra").write_text("user hub\ntopic read #\ntopic readwrite witness/#\n")
    assert init(tmp_path).returncode == 0  # the hub's account is the witness of this test: it hears everything
    async with shipped(two_schools, tmp_path) as broker, connected(broker.port, two_schools, "hub") as witness:
        await witness.subscribe(("#", 1))
        for user in ACCOUNTS:
            async with connected(broker.port, two_schools, user, name="speaker") as link:
                tried = ((topic, kept) for topic in FAMILIES for kept in (False, True))
                await asyncio.gather(*(link.publish(topic, b"x", qos=1, retain=kept) for topic, kept in tried))
            await witness.publish("witness/end", b"x", qos=1)
            said = (await heard(witness, "witness/end"))[:-1]
            assert said == [topic for topic, (writers, _) in FAMILIES.items() if user in writers for _ in "12"], user


async def test_an_account_hears_what_is_said_to_it_and_nothing_else(two_schools: Path, tmp_path: Path) -> None:
    async with shipped(two_schools, tmp_path) as broker, AsyncExitStack() as stack:
        links: dict[str, mqtt.Link] = {}
        for user in ACCOUNTS:
            links[user] = await stack.enter_async_context(connected(broker.port, two_schools, user))
            await links[user].subscribe(*((wish, 1) for wish in wishes(user)))
        for topic, (writers, _) in FAMILIES.items():
            for writer in sorted(writers):
                await links[writer].publish(topic, b"x", qos=1)
        for user in ACCOUNTS:
            await links[user].publish(end(user), b"x", qos=1)
            got = {*await heard(links[user], end(user))} - {*map(end, ACCOUNTS)}
            may = {topic for topic, (writers, readers) in FAMILIES.items() if writers and user in readers}
            assert got == may, user


def wishes(user: str) -> Iterable[str]:
    """Return all that somebody curious subscribes to: everything, by name, in a group, and what the broker tells."""
    shared = (f"$share/{user}/{wish}" for wish in ("#", f"spBv1.0/{SCHOOL}/NCMD/{NODE}", f"spBv1.0/+/DDATA/{NODE}/+"))
    return ("#", "+/#", "spBv1.0/#", "labkeeper/#", *FAMILIES, *shared, "$SYS/#", end(user))


def end(user: str) -> str:
    """Return a topic that only this account says and hears last."""
    return "spBv1.0/STATE/end" if user == "hub" else f"lab/{user.removesuffix('.devices')}/end/{user}"
