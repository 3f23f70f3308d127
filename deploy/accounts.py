"""Who has an account at the broker, as Mosquitto reads it: passwords hashed, rights by name, all else refused."""

import base64
import hashlib
import secrets
from collections.abc import Iterator, Mapping

HUB = "hub"
ITERATIONS = 10_000  # of PBKDF2; Mosquitto's own tool makes 101
HEAD = """\
# Made by deploy/init.py, and made anew by its next run: what a school adds belongs into acl.extra beside it.
# Who may do what; all else is refused, receiving included.
"""
OF_THE_HUB = """
user hub
topic read spBv1.0/#
topic write spBv1.0/STATE/+
topic write spBv1.0/+/NCMD/+
topic write spBv1.0/+/DCMD/+/+
topic readwrite labkeeper/v1/+/stop
"""
# a node speaks in its own name and hears its own commands; any node may stop its school, the hub dead or alive
OF_A_NODE = """
user {node}
topic write spBv1.0/{school}/NBIRTH/{node}
topic write spBv1.0/{school}/NDEATH/{node}
topic write spBv1.0/{school}/NDATA/{node}
topic write spBv1.0/{school}/DBIRTH/{node}/+
topic write spBv1.0/{school}/DDEATH/{node}/+
topic write spBv1.0/{school}/DDATA/{node}/+
topic read spBv1.0/{school}/NCMD/{node}
topic read spBv1.0/{school}/DCMD/{node}/+
topic read spBv1.0/STATE/+
topic readwrite labkeeper/v1/{school}/stop
topic readwrite lab/{node}/#
topic readwrite {node}/5/#
"""
OF_ITS_DEVICES = """
user {devices}
topic readwrite lab/{node}/#
topic readwrite {node}/5/#
"""


def of_devices(node: str) -> str:
    """Return the account of a node's devices; no node can be called so, for a node's name has no dot."""
    return f"{node}.devices"


def names(nodes: Mapping[str, str]) -> Iterator[str]:
    """Give every account there is: the hub's, and of each node its own and its devices'."""
    yield HUB
    for node in nodes:
        yield node
        yield of_devices(node)


def rights(nodes: Mapping[str, str], extra: str) -> str:
    """Return Mosquitto's acl_file for nodes (name → school), with what the school adds behind it.

    Topics are spelt out: a pattern with %u would let the devices' account speak Sparkplug under its own name, and
    every node in any school.
    """
    parts = [HEAD, OF_THE_HUB]
    for node, school in sorted(nodes.items()):
        parts.append(OF_A_NODE.format(node=node, school=school))
        parts.append(OF_ITS_DEVICES.format(node=node, devices=of_devices(node)))
    return "".join(parts) + (f"\n{extra}" if extra else "")


def hashed(passwords: Mapping[str, str]) -> str:
    """Return Mosquitto's password_file; salted, so never twice the same."""
    return "".join(f"{name}:{_hashed(password)}\n" for name, password in sorted(passwords.items()))


def _hashed(password: str) -> str:
    """Return Mosquitto 2's `$7$` form: PBKDF2-HMAC-SHA512, its iterations, salt and hash."""
    salt = secrets.token_bytes(12)
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, ITERATIONS, 64)
    parts = (base64.b64encode(part).decode() for part in (salt, digest))
    return f"$7${ITERATIONS}${'$'.join(parts)}"
