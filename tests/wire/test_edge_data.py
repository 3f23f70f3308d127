"""Data, devices that come and go, aliases and templates."""

import pytest

from labkeeper_wire.codec import CannotEncode, decode
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.declarations import BadDeclaration, NotDeclared
from labkeeper_wire.edge_session import EdgeSession, NotLive
from labkeeper_wire.effects import (
    CommandReceived,
    Rebirthed,
    Refused,
)
from labkeeper_wire.payload import Metric, Parameter, Template
from labkeeper_wire.templates import BadTemplate

from .edge_side import (
    DEVICE,
    HOST,
    NODE,
    NOW,
    REBIRTH,
    STATE,
    body,
    command,
    kinds,
    live,
    named,
    published,
    session,
    state,
)

# Data


@pytest.mark.sparkplug(
    "topics-ndata-payload",
    "topics-ddata-payload",
    "payloads-metric-datatype-not-req",
    "payloads-name-requirement",
)
def test_data_holds_the_given_metrics_by_name_without_datatype() -> None:
    edge = live()
    node = body(edge.data(None, [Metric("load", 0.75)], NOW))
    device = body(edge.data("probe", [Metric("count", -4)], NOW))
    assert [(m.name, m.value, m.datatype, m.alias) for m in node.metrics] == [("load", 0.75, None, None)]
    assert [(m.name, m.datatype, m.alias) for m in device.metrics] == [("count", None, None)]


@pytest.mark.sparkplug(
    "principles-rbe-recommended",
    "operational-behavior-data-publish-nbirth-change",
    "operational-behavior-data-publish-dbirth-change",
)
def test_nothing_but_a_change_handed_in_makes_a_session_send_data() -> None:
    edge = session(primary_host=HOST)
    edge.declare_device("probe", DEVICE, NOW)
    effects = edge.connected(NOW)
    for later in range(5):
        effects += edge.received(STATE, state(True, NOW + later), NOW + later)
        effects += edge.received("spBv1.0/school/NCMD/node", REBIRTH, NOW + later)
        effects += edge.received("spBv1.0/school/DCMD/node/probe", command(Metric("count", 4, DataType.INT64)), NOW)
        edge.remember("probe", [Metric("count", 5)])
    assert set(kinds(effects)) == {"NBIRTH", "DBIRTH"}


@pytest.mark.sparkplug("payloads-ndata-order", "payloads-ddata-order", "message-flow-edge-node-birth-publish-phid-wait")
def test_data_before_the_births_is_refused_and_takes_no_seq() -> None:
    edge = session(primary_host=HOST)
    edge.declare_device("probe", DEVICE, NOW)
    edge.connected(NOW)
    for device, metric in ((None, Metric("load", 0.6)), ("probe", Metric("count", 4))):
        with pytest.raises(NotLive):
            edge.data(device, [metric], NOW)
    effects = edge.received(STATE, state(True, NOW), NOW)
    assert [decode(message.payload).seq for message in published(effects)] == [0, 1]


@pytest.mark.sparkplug("topics-nbirth-metric-reqs", "topics-dbirth-metric-reqs")
def test_what_no_birth_declared_is_not_sent() -> None:
    edge = live()
    for device, name in ((None, "temperature"), ("probe", "load"), ("nobody", "count")):
        with pytest.raises(NotDeclared):
            edge.data(device, [Metric(name, 1)], NOW)
        with pytest.raises(NotDeclared):
            edge.remember(device, [Metric(name, 1)])
    assert body(edge.data("probe", [Metric("count", 4)], NOW)).seq == 2


def test_a_value_its_datatype_cannot_hold_is_neither_sent_nor_remembered() -> None:
    edge = live()
    with pytest.raises(CannotEncode):
        edge.data("probe", [Metric("count", "many")], NOW)
    with pytest.raises(CannotEncode):
        edge.remember("probe", [Metric("count", "many")])
    effects = edge.data("probe", [Metric("count", 4)], NOW)
    assert body(effects).seq == 2
    assert named(body(edge.rebirth(NOW), 1))["count"].value == 4


# Devices that come and go


@pytest.mark.sparkplug("operational-behavior-device-ddeath", "payloads-ddeath-seq-number")
def test_a_lost_device_dies_once_and_is_not_born_again_until_it_is_declared() -> None:
    edge = live()
    assert kinds(edge.device_lost("probe", NOW)) == ["DDEATH"]
    assert edge.device_lost("probe", NOW) == []
    assert kinds(edge.rebirth(NOW)) == ["NBIRTH"]
    assert kinds(edge.declare_device("probe", DEVICE, NOW)) == ["DBIRTH"]
    assert kinds(edge.rebirth(NOW)) == ["NBIRTH", "DBIRTH"]


def test_a_node_declared_anew_holds_its_data_until_the_births_are_out() -> None:
    edge = live()
    edge.declare_node([Metric("memory", 5, DataType.INT64)])
    assert not edge.live
    assert edge.declare_device("lamp", DEVICE, NOW) == []
    effects = edge.rebirth(NOW)
    assert kinds(effects) == ["NBIRTH", "DBIRTH", "DBIRTH"]
    assert effects[-1] == Rebirthed()
    assert "memory" in named(body(effects))
    assert edge.live


# Aliases


@pytest.mark.sparkplug(
    "payloads-alias-uniqueness",
    "payloads-alias-birth-requirement",
    "operational-behavior-data-commands-rebirth-name-aliases",
)
def test_aliases_are_unique_over_the_node_and_all_its_devices_and_rebirth_has_none() -> None:
    edge = session(aliases=True)
    edge.declare_device("probe", DEVICE, NOW)
    edge.declare_device("lamp", DEVICE, NOW)
    births = [metric for message in published(edge.connected(NOW)) for metric in decode(message.payload).metrics]
    unaliased = {metric.name for metric in births if metric.alias is None}
    aliases = [metric.alias for metric in births if metric.alias is not None]
    assert unaliased == {"bdSeq", "Node Control/Rebirth"}
    assert len(aliases) == len(set(aliases)) == 6
    assert all(metric.name for metric in births)


@pytest.mark.sparkplug("payloads-alias-data-cmd-requirement")
def test_with_aliases_data_holds_the_alias_alone_and_it_stays_over_rebirths() -> None:
    edge = session(aliases=True)
    edge.declare_device("probe", DEVICE, NOW)
    alias = named(body(edge.connected(NOW), 1))["count"].alias
    sent = body(edge.data("probe", [Metric("count", 4)], NOW)).metrics[0]
    assert (sent.name, sent.alias) == (None, alias)
    edge.device_lost("probe", NOW)
    edge.declare_device("probe", DEVICE, NOW)
    assert named(body(edge.rebirth(NOW), 1))["count"].alias == alias


def test_a_command_by_alias_reaches_the_metric_of_that_device_only() -> None:
    edge = session(aliases=True)
    edge.declare_device("probe", DEVICE, NOW)
    edge.declare_device("lamp", DEVICE[:1], NOW)
    alias = named(body(edge.connected(NOW), 1))["count"].alias
    topic = "spBv1.0/school/DCMD/node/"
    got = edge.received(f"{topic}probe", command(Metric(None, -8, DataType.INT64, alias=alias)), NOW)
    assert got == [CommandReceived("probe", (Metric("count", -8, DataType.INT64),), NOW)]
    for wrong in (alias, 999):
        payload = command(Metric(None, 8, DataType.INT64, alias=wrong))
        assert edge.received(f"{topic}lamp", payload, NOW) == [Refused("unknown_alias", f"{topic}lamp")]


# Templates

MOTOR = Template(
    (Metric("speed", None, DataType.INT32), Metric("torque", None, DataType.DOUBLE)),
    (Parameter("poles", 4, DataType.INT32),),
    "1",
    is_definition=True,
)


def instance(*members: str, ref: str = "Motor", parameters: tuple[str, ...] = ()) -> Template:
    types: dict[str, tuple[float | str, int]] = {
        "speed": (5, DataType.INT32),
        "torque": (0.5, DataType.DOUBLE),
        "colour": ("red", DataType.STRING),
    }
    metrics = tuple(Metric(name, *types[name]) for name in members)
    return Template(metrics, tuple(Parameter(name, 2, DataType.INT32) for name in parameters), template_ref=ref)


def motor(value: Template) -> Metric:
    return Metric("drive", value, DataType.TEMPLATE)


def with_templates() -> EdgeSession:
    edge = session()
    edge.declare_node([Metric("Motor", MOTOR, DataType.TEMPLATE), *NODE])
    edge.declare_device("robot", [motor(instance("speed", "torque", parameters=("poles",)))], NOW)
    return edge


@pytest.mark.sparkplug(
    "topics-nbirth-templates",
    "payloads-template-definition-nbirth",
    "payloads-template-definition-members",
    "payloads-template-definition-parameters",
    "payloads-template-definition-parameters-default",
    "payloads-template-definition-is-definition",
    "payloads-template-definition-ref",
    "payloads-template-instance-is-definition",
    "payloads-template-instance-ref",
    "payloads-template-instance-parameters",
)
def test_nbirth_defines_the_templates_whose_instances_the_devices_have() -> None:
    effects = with_templates().connected(NOW)
    assert named(body(effects))["Motor"].value == MOTOR
    assert named(body(effects, 1))["drive"].value == instance("speed", "torque", parameters=("poles",))


@pytest.mark.sparkplug(
    "topics-nbirth-templates",
    "payloads-template-definition-nbirth",
    "payloads-template-definition-nbirth-only",
    "payloads-template-definition-members",
    "payloads-template-definition-parameters",
    "payloads-template-instance-ref",
    "payloads-template-instance-members",
    "payloads-template-instance-members-birth",
    "payloads-template-parameter-type-req",
)
@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (MOTOR, "template_definition_outside_nbirth"),
        (instance("speed", "torque", ref="Pump"), "template_undefined"),
        (instance("speed", "torque", "colour"), "template_members"),
        (instance("speed"), "template_members"),
        (instance("speed", "torque", parameters=("poles", "phases")), "template_parameters"),
        (
            instance("speed", "torque")._replace(parameters=(Parameter("poles", 2, 0),)),
            "template_parameter_type_missing",
        ),
    ],
)
def test_a_birth_with_a_template_that_its_definition_does_not_cover_is_refused(value: Template, reason: str) -> None:
    edge = with_templates()
    with pytest.raises(BadDeclaration) as refused:
        edge.declare_device("robot", [motor(value)], NOW)
    assert refused.value.reason == reason


@pytest.mark.sparkplug(
    "payloads-template-instance-members-data",
    "payloads-template-instance-members-birth",
    "payloads-template-definition-nbirth-only",
)
def test_data_may_hold_a_part_of_an_instance_and_the_next_birth_is_whole_again() -> None:
    edge = with_templates()
    edge.connected(NOW)
    part = Template((Metric("speed", 9, DataType.INT32),), template_ref="Motor")
    edge.data("robot", [motor(part)], NOW)
    whole = named(body(edge.rebirth(NOW), 1))["drive"].value
    assert isinstance(whole, Template)
    assert {metric.name: metric.value for metric in whole.metrics} == {"speed": 9, "torque": 0.5}
    assert [parameter.name for parameter in whole.parameters] == ["poles"]
    with pytest.raises(BadTemplate):
        edge.data("robot", [motor(MOTOR)], NOW)
    with pytest.raises(BadTemplate):
        edge.data(None, [Metric("Motor", MOTOR)], NOW)


@pytest.mark.sparkplug("payloads-template-parameter-type-req", "payloads-template-parameter-name-type")
@pytest.mark.parametrize(
    ("parameter", "reason"),
    [
        (Parameter("poles", 4, 0), "template_parameter_type_missing"),
        (Parameter("\udc00", 4, DataType.INT32), "value_misfit"),
    ],
)
def test_a_definition_whose_parameter_lacks_a_type_or_a_real_name_is_refused(parameter: Parameter, reason: str) -> None:
    with pytest.raises(BadDeclaration) as refused:
        session().declare_node([Metric("Motor", MOTOR._replace(parameters=(parameter,)), DataType.TEMPLATE)])
    assert refused.value.reason == reason
