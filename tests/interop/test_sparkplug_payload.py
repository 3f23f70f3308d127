"""Our bytes against npm's sparkplug-payload 1.0.3, both ways, for everything it can.

Where that library departs from the standard, a test below says how; ours follows the standard and reads both.
"""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from labkeeper_wire import DataSet, DataType, MetaData, Metric, Parameter, Payload, Property, Template, decode, encode
from labkeeper_wire.payload import MetricValue

ANSWER_S = 60
Ask: TypeAlias = Callable[[dict[str, Any]], dict[str, Any]]


@pytest.fixture
def ask(node_folder: Path) -> Ask:
    """Put one request to the library; see payload.js for the shapes."""

    def answer(request: dict[str, Any]) -> dict[str, Any]:
        done = subprocess.run(
            ["node", "payload.js"],
            cwd=node_folder,
            input=json.dumps(request) + "\n",
            timeout=ANSWER_S,
            capture_output=True,
            text=True,
            check=True,
        )
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    return answer


def long(number: int) -> dict[str, str]:
    return {"long": str(number)}


def table(*cells: object) -> dict[str, Any]:
    types = ["Int64", "Float", "Double", "Boolean", "String"]
    return {"types": types, "rows": [list(cells)], "numOfColumns": long(5), "columns": list("abcde")}


META = MetaData(False, "a", 1, 2, "b", "c", "d", "e")
META_JS = {
    "isMultiPart": False,
    "contentType": "a",
    "size": long(1),
    "seq": long(2),
    "fileName": "b",
    "fileType": "c",
    "md5": "d",
    "description": "e",
}
PROPERTIES = {
    "Quality": Property(192, DataType.INT32),
    "s": Property({"k": Property(-1, DataType.INT64)}, DataType.PROPERTYSET),
    "l": Property(({"k": Property(True, DataType.BOOLEAN)},), DataType.PROPERTYSETLIST),
}
PROPERTIES_JS = {
    "Quality": {"value": 192, "type": "Int32"},
    "s": {"value": {"k": {"value": long(-1), "type": "Int64"}}, "type": "PropertySet"},
    "l": {"value": [{"k": {"value": True, "type": "Boolean"}}], "type": "PropertySetList"},
}
DATASET = DataSet(tuple("abcde"), (4, 9, 10, 11, 12), ((1, 0.5, 0.1, True, "é"),))
MEMBER = Metric("n", -1, DataType.INT8)
MEMBER_JS = {"value": -1, "type": "Int8", "name": "n"}
PARAMETER_JS = {"value": 1.5, "type": "Double", "name": "p"}
INSTANCE = Template((MEMBER,), (Parameter("p", 1.5, DataType.DOUBLE),), "1", "T")
INSTANCE_JS = {
    "version": "1",
    "templateRef": "T",
    "isDefinition": False,
    "metrics": [MEMBER_JS],
    "parameters": [PARAMETER_JS],
}
DEFINITION = Template((MEMBER,), (), "1", None, is_definition=True)
# Its decoder fills what was not sent with protobuf's defaults.
DEFINITION_JS = {"version": "1", "templateRef": "", "isDefinition": True, "metrics": [MEMBER_JS], "parameters": []}

SAME: list[tuple[Metric, dict[str, Any]]] = [
    (Metric("m", -1, DataType.INT8), {"type": "Int8", "value": -1}),
    (Metric("m", -300, DataType.INT16), {"type": "Int16", "value": -300}),
    (Metric("m", -(2**31), DataType.INT32), {"type": "Int32", "value": -(2**31)}),
    (Metric("m", -(2**63), DataType.INT64), {"type": "Int64", "value": long(-(2**63))}),
    (Metric("m", 255, DataType.UINT8), {"type": "UInt8", "value": 255}),
    (Metric("m", 65_535, DataType.UINT16), {"type": "UInt16", "value": 65_535}),
    (Metric("m", 2**64 - 1, DataType.UINT64), {"type": "UInt64", "value": long(2**64 - 1)}),
    (Metric("m", 1.5, DataType.FLOAT), {"type": "Float", "value": 1.5}),
    (Metric("m", 0.1, DataType.DOUBLE), {"type": "Double", "value": 0.1}),
    (Metric("m", float("inf"), DataType.DOUBLE), {"type": "Double", "value": {"float": "Infinity"}}),
    (Metric("m", True, DataType.BOOLEAN), {"type": "Boolean", "value": True}),
    (Metric("m", "é文", DataType.STRING), {"type": "String", "value": "é文"}),
    (Metric("m", 1_700_000_000_000, DataType.DATETIME), {"type": "DateTime", "value": long(1_700_000_000_000)}),
    (Metric("m", "x", DataType.TEXT), {"type": "Text", "value": "x"}),
    (Metric("m", "u", DataType.UUID), {"type": "UUID", "value": "u"}),
    (Metric("m", b"\x00\xff", DataType.BYTES), {"type": "Bytes", "value": {"bytes": "00ff"}}),
    (Metric("m", b"x", DataType.FILE, metadata=META), {"type": "File", "value": {"bytes": "78"}, "metadata": META_JS}),
    (Metric("m", DATASET, DataType.DATASET), {"type": "DataSet", "value": table(long(1), 0.5, 0.1, True, "é")}),
    (Metric("m", INSTANCE, DataType.TEMPLATE), {"type": "Template", "value": INSTANCE_JS}),
    (
        Metric("m", 1, DataType.INT8, 1_700_000_000_000, 9, historical=True, transient=True, properties=PROPERTIES),
        {
            "type": "Int8",
            "value": 1,
            "timestamp": long(1_700_000_000_000),
            "alias": long(9),
            "isHistorical": True,
            "isTransient": True,
            "properties": PROPERTIES_JS,
        },
    ),
]
NAMES = [f"{shape['type']} {number}" for number, (_, shape) in enumerate(SAME)]


@pytest.mark.parametrize(("metric", "shape"), SAME, ids=NAMES)
@pytest.mark.sparkplug("payloads-metric-datatype-value", "payloads-template-dataset-value")
def test_they_read_what_we_write(ask: Ask, metric: Metric, shape: dict[str, Any]) -> None:
    data = encode(Payload((metric,), time_ms=5, seq=3))
    expected = {"timestamp": long(5), "seq": long(3), "metrics": [{"name": "m"} | shape]}
    assert ask({"decode": data.hex()}) == {"payload": expected}


@pytest.mark.parametrize(("metric", "shape"), SAME, ids=NAMES)
@pytest.mark.sparkplug("payloads-metric-datatype-value", "payloads-template-dataset-value")
def test_we_write_the_bytes_they_write_and_read_them(ask: Ask, metric: Metric, shape: dict[str, Any]) -> None:
    said = {"timestamp": 5, "seq": 3, "uuid": "u", "metrics": [{"name": "m"} | shape]}
    payload = Payload((metric,), time_ms=5, seq=3, uuid="u")
    data = bytes.fromhex(ask({"encode": said})["bytes"])
    assert data == encode(payload)
    assert decode(data) == payload


def test_a_definition_is_the_same_but_for_what_they_fill_in(ask: Ask) -> None:
    payload = Payload((Metric("m", DEFINITION, DataType.TEMPLATE),), 5)
    (read,) = ask({"decode": encode(payload).hex()})["payload"]["metrics"]
    assert read["value"] == DEFINITION_JS
    # They send the empty reference back; we read it as none.
    said = {"timestamp": 5, "metrics": [{"name": "m", "type": "Template", "value": DEFINITION_JS}]}
    assert decode(bytes.fromhex(ask({"encode": said})["bytes"])) == payload


def test_null_is_read_by_both_though_they_add_a_value_field(ask: Ask) -> None:
    ours = Payload((Metric("m", None, DataType.STRING),), 5)
    (read,) = ask({"decode": encode(ours).hex()})["payload"]["metrics"]
    assert read == {"name": "m", "type": "String", "value": None}
    said = {"timestamp": 5, "metrics": [{"name": "m", "type": "String", "value": None}]}
    assert decode(bytes.fromhex(ask({"encode": said})["bytes"])) == ours


def test_they_put_uint32_into_the_64_bit_field_which_we_read_and_they_do_not_read_ours(ask: Ask) -> None:
    metric = Metric("m", 2**32 - 1, DataType.UINT32)
    said = {"timestamp": 5, "metrics": [{"name": "m", "type": "UInt32", "value": 2**32 - 1}]}
    assert decode(bytes.fromhex(ask({"encode": said})["bytes"])) == Payload((metric,), 5)
    (read,) = ask({"decode": encode(Payload((metric,))).hex()})["payload"]["metrics"]
    assert read["value"] is None


def test_an_alias_without_name_is_read(ask: Ask) -> None:
    data = encode(Payload((Metric(None, 1.5, DataType.DOUBLE, alias=0),)))
    (read,) = ask({"decode": data.hex()})["payload"]["metrics"]
    assert read == {"alias": long(0), "type": "Double", "value": 1.5}


@pytest.mark.parametrize("datatype", [1, 2, 3, 5, 6, 8, 13, 14])
def test_they_write_dataset_cells_they_cannot_read_themselves(ask: Ask, datatype: int) -> None:
    value = "x" if datatype == DataType.TEXT else 1
    names = {1: "Int8", 2: "Int16", 3: "Int32", 5: "UInt8", 6: "UInt16", 8: "UInt64", 13: "DateTime", 14: "Text"}
    shape = {"numOfColumns": 1, "columns": ["a"], "types": [names[datatype]], "rows": [[value]]}
    said = {"timestamp": 5, "metrics": [{"name": "m", "type": "DataSet", "value": shape}]}
    data = ask({"encode": said})["bytes"]
    table_read = DataSet(("a",), (datatype,), ((value,),))
    assert decode(bytes.fromhex(data)) == Payload((Metric("m", table_read, DataType.DATASET),), 5)
    assert "Invalid DataSetValue" in ask({"decode": data})["error"]


def test_they_read_a_negative_int64_cell_as_a_huge_one(ask: Ask) -> None:
    ours = Payload((Metric("m", DataSet(("a",), (DataType.INT64,), ((-1,),)), DataType.DATASET),))
    (read,) = ask({"decode": encode(ours).hex()})["payload"]["metrics"]
    assert read["value"]["rows"] == [[long(2**64 - 1)]]


@pytest.mark.parametrize("value", [(1, 2), 1.5])
def test_they_read_neither_arrays_nor_data_without_datatype(ask: Ask, value: MetricValue) -> None:
    datatype = DataType.INT8_ARRAY if isinstance(value, tuple) else None
    (read,) = ask({"decode": encode(Payload((Metric("m", value, datatype),))).hex()})["payload"]["metrics"]
    assert read == {"name": "m", "value": None}
