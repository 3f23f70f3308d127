"""The simulator's own control: faults asked for over MQTT, on topics no product listens to."""

import asyncio
import json
import uuid
from collections.abc import Callable, Sequence

import aiomqtt
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from labkeeper_sdk.sim.faults import Fault
from labkeeper_sdk.sim.link import Link
from labkeeper_sdk.sim.messages import Outgoing
from labkeeper_sdk.sim.settings import BadSettings, Broker
from labkeeper_sdk.testing.clients import using

FAULT_TOPIC = "labkeeper-sim/fault"
ANSWER_TOPIC = "labkeeper-sim/answer"
ANSWER_S = 5.0


class NoAnswer(Exception):
    """No simulated lab answered, or it knows no such device; the text says which."""


class FaultRequest(BaseModel):
    """What is sent to `labkeeper-sim/fault/<device>`: never retained."""

    model_config = ConfigDict(extra="forbid")

    fault: Fault
    for_s: float | None = Field(default=None, gt=0)
    request: str = ""


class Control:
    """Hears the requests; `strike` makes the fault happen and raises KeyError for an unknown device."""

    will = None
    filters = (f"{FAULT_TOPIC}/#",)

    def __init__(self, link: Link, strike: Callable[[str, Fault, float | None], None]) -> None:
        self._link = link
        self._strike = strike

    def greeting(self) -> Sequence[Outgoing]:
        """Return nothing: the control announces nothing."""
        return []

    def ready(self) -> Sequence[Outgoing]:
        """Return nothing."""
        return []

    def farewell(self) -> Sequence[Outgoing]:
        """Return nothing."""
        return []

    def received(self, topic: str, payload: bytes) -> None:
        """Strike, and answer whoever asked."""
        name = topic.removeprefix(FAULT_TOPIC + "/")
        try:
            request = FaultRequest.model_validate_json(payload)
        except ValidationError as error:
            self._answer("", f"not a fault request: {error.errors()[0]['msg']}")
            return
        try:
            self._strike(name, request.fault, request.for_s)
        except KeyError as error:
            self._answer(request.request, str(error.args[0]))
        else:
            self._answer(request.request, None)

    def _answer(self, request: str, problem: str | None) -> None:
        document = {"request": request, "problem": problem}
        self._link.send(Outgoing(ANSWER_TOPIC, json.dumps(document, ensure_ascii=False).encode()))


async def ask(broker: Broker, device: str, fault: Fault, for_s: float | None) -> None:
    """Ask a running lab for a fault; return when the lab has obeyed, raise NoAnswer otherwise."""
    if for_s is not None and for_s <= 0:
        raise BadSettings("--for: a fault lasts longer than 0 seconds")
    request = FaultRequest(fault=fault, for_s=for_s, request=uuid.uuid4().hex)
    try:
        async with (
            asyncio.timeout(ANSWER_S),
            using(_client(broker)) as client,
        ):
            await client.subscribe(ANSWER_TOPIC, qos=1)
            await client.publish(f"{FAULT_TOPIC}/{device}", request.model_dump_json(), qos=1)
            problem = await _answer_to(client, request.request)
    except TimeoutError as error:
        raise NoAnswer(
            f"no simulated lab answered on {broker.host}:{broker.port}; is `labkeeper sim` running?"
        ) from error
    except aiomqtt.MqttError as error:
        raise NoAnswer(f"no broker on {broker.host}:{broker.port}: {error}") from error
    if problem:
        raise NoAnswer(problem)


def _client(broker: Broker) -> aiomqtt.Client:
    return aiomqtt.Client(broker.host, broker.port, username=broker.username, password=broker.password)


async def _answer_to(client: aiomqtt.Client, request: str) -> str:
    async for message in client.messages:
        answer = json.loads(bytes(message.payload))
        if answer.get("request") == request:
            return str(answer.get("problem") or "")
    return ""
