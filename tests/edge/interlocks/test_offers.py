"""Offers of interlock sets: a forged command at the broker changes nothing where the hub's key is known."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from labkeeper_edge.interlocks.offers import Offers, Signers, recalled_set
from labkeeper_edge.refusals import Refusals
from labkeeper_edge.settings import parse_settings
from labkeeper_sdk import BadConfiguration
from labkeeper_wire.interlocks import AgreedSet

from .test_interlocks import RULES

KEY = Ed25519PrivateKey.generate()


def public(key: Ed25519PrivateKey) -> str:
    return base64.b64encode(key.public_key().public_bytes_raw()).decode()


def signed(number: int = 1, by: Ed25519PrivateKey = KEY, node: str = "lab", text: str = RULES) -> AgreedSet:
    agreed = AgreedSet(number, text, "p-1", "p-2")
    return agreed._replace(signature=base64.b64encode(by.sign(agreed.signed_bytes("school", node))).decode())


SIGNERS = Signers("school", "lab", (public(Ed25519PrivateKey.generate()), public(KEY)))


def test_only_what_a_known_key_signed_for_this_node_is_taken_and_only_once() -> None:
    offers = Offers(SIGNERS, Refusals())
    forged = [
        signed()._replace(signature=""),
        signed()._replace(signature="no base64"),
        signed()._replace(text=RULES.replace("50 Cel", "500 Cel")),
        signed()._replace(number=9),
        signed(node="lab-2"),
        signed(by=Ed25519PrivateKey.generate()),
    ]
    for one in forged:
        assert offers.hear(one.to_text())
        assert offers.offered is None
        assert offers.refused == "it is signed by none of the settings' interlock_keys"
    assert offers.hear(signed().to_text())
    assert offers.refused == ""
    written = offers.offered
    assert written == signed()
    assert offers.on_disk(written)
    assert (offers.number, offers.offered) == (1, None)
    assert not offers.hear(signed().to_text()), "the same again is no news"


def test_what_came_while_another_was_written_down_waits_on() -> None:
    offers = Offers(SIGNERS, Refusals())
    offers.hear(signed().to_text())
    first = offers.offered
    assert first is not None
    offers.hear(signed(2).to_text())
    assert not offers.on_disk(first)
    assert offers.offered == signed(2)


def test_a_set_on_disk_counts_only_while_its_signer_does() -> None:
    assert recalled_set("", SIGNERS) is None
    assert recalled_set(signed().to_text(), SIGNERS) == signed()
    assert recalled_set(signed()._replace(signature="").to_text(), SIGNERS) is None
    unsigned = AgreedSet(1, RULES, "p-1", "p-2")
    assert recalled_set(unsigned.to_text(), Signers("school", "lab")) == unsigned, "no key is asked for"


@pytest.mark.parametrize("key", ["no base64", base64.b64encode(b"short").decode()])
def test_a_key_that_is_none_stops_the_start(key: str) -> None:
    with pytest.raises(BadConfiguration, match="interlock_keys"):
        parse_settings(f'school = "s"\nnode = "n"\nlab = {{ id = "l" }}\ninterlock_keys = ["{key}"]\n', "node.toml")
