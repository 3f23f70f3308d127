import re
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import BaseModel

from labkeeper_hub.api import models
from labkeeper_hub.api.metrics_reference import (
    INFLUX,
    all_families,
    chinese_sentences,
    metrics_page,
    metrics_page_in_chinese,
    told_name,
)
from labkeeper_hub.api.models import example_of
from labkeeper_hub.api.parameter_examples import EXAMPLES, OF_ROUTES
from labkeeper_hub.api.problems import Problem
from labkeeper_hub.api.reference import COMMAND, api_page
from labkeeper_hub.api.rights_reference import rights_page
from labkeeper_hub.api.routes import health
from labkeeper_hub.api.routing import FEATURES, openapi_document

from .conftest import Served
from .doubles import TARGET

FOLDER = Path(__file__).parents[3] / "docs/reference"


def _models() -> list[type[BaseModel]]:
    found = [one for module in (*FEATURES, health, models) for one in vars(module).values()]
    return [one for one in found if isinstance(one, type) and issubclass(one, BaseModel) and example_of(one)]


@pytest.mark.parametrize("model", _models(), ids=lambda model: model.__name__)
def test_every_example_fits_its_model(model: type[BaseModel]) -> None:
    example = example_of(model)
    fitted = model.model_validate_json(httpx.Response(200, json=example).content)
    assert example.items() <= fitted.model_dump(mode="json", by_alias=True).items()


def _operations() -> list[tuple[str, dict[str, Any]]]:
    paths = openapi_document()["paths"]
    return [(f"{method} {path}", told) for path, methods in paths.items() for method, told in methods.items()]


def _example(content: dict[str, Any]) -> object:
    if "example" in content:
        return content["example"]
    name = content["schema"]["$ref"].rpartition("/")[2]
    return openapi_document()["components"]["schemas"][name]["examples"][0]


@pytest.mark.parametrize(("name", "told"), _operations(), ids=[name for name, _ in _operations()])
def test_every_operation_is_described_with_examples_and_problems(name: str, told: dict[str, Any]) -> None:
    assert told["description"]
    for content in told.get("requestBody", {}).get("content", {}).values():
        assert _example(content)
    for status, answer in told["responses"].items():
        for media_type, content in answer.get("content", {}).items():
            assert _example(content), (name, status)
            if status >= "400":
                assert media_type == "application/problem+json"
                assert Problem.model_validate(content["example"]).status == int(status)
    assert told["security"] == [] or "401" in told["responses"]


def _parameters() -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{name} {parameter['in']} {parameter['name']}", parameter)
        for name, told in _operations()
        for parameter in told.get("parameters", [])
    ]


def _fits(schema: dict[str, Any], value: Any) -> bool:  # noqa: ANN401 -- an example is any JSON
    """Return whether a value is one of a parameter's schema, as far as the schemas of our parameters go."""
    if "$ref" in schema:
        return _fits(openapi_document()["components"]["schemas"][schema["$ref"].rpartition("/")[2]], value)
    if "anyOf" in schema:
        return any(_fits(one, value) for one in schema["anyOf"])
    if "const" in schema or "enum" in schema:
        return value in schema.get("enum", [schema.get("const")])
    if isinstance(value, list):
        return schema["type"] == "array" and bool(value) and all(_fits(schema["items"], one) for one in value)
    if isinstance(value, int):
        return schema["type"] == "integer" and value in range(
            schema.get("minimum", 0), schema.get("maximum", value) + 1
        )
    return schema["type"] == "string" and isinstance(value, str) and _fits_text(schema, value)


def _fits_text(schema: dict[str, Any], text: str) -> bool:
    reads: dict[str, Callable[[str], object]]
    reads = {"date": date.fromisoformat, "uuid": UUID, "date-time": datetime.fromisoformat}
    with suppress(KeyError):
        reads[schema["format"]](text)
    lengths = range(max(1, schema.get("minLength", 0)), schema.get("maxLength", 1024) + 1)
    return len(text) in lengths and re.search(schema.get("pattern", ""), text) is not None


@pytest.mark.parametrize(("name", "told"), _parameters(), ids=[name for name, _ in _parameters()])
def test_every_parameter_has_an_example_that_it_takes(name: str, told: dict[str, Any]) -> None:
    assert "example" in told, f"{name}: write one in parameter_examples.py"
    assert _fits(told["schema"], told["example"]), (name, told["example"])


def test_every_example_of_a_parameter_is_of_one_that_there_is() -> None:
    routes = {(path, one["name"]) for path, told in openapi_document()["paths"].items() for one in _of_path(told)}
    assert set(OF_ROUTES) <= routes
    assert set(EXAMPLES) <= {name for path, name in routes if (path, name) not in OF_ROUTES}


def _of_path(methods: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for told in methods.values() for one in told.get("parameters", [])]


def test_every_reference_in_the_document_leads_somewhere() -> None:
    document = openapi_document()

    def references(part: object) -> set[str]:
        if isinstance(part, dict):
            own = {part["$ref"]} if isinstance(part.get("$ref"), str) else set()
            return own.union(*map(references, part.values()))
        return set[str]().union(*map(references, part)) if isinstance(part, list) else set()

    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert references(document) <= known


async def test_the_document_is_served_to_those_who_are_signed_in(owner: httpx.AsyncClient) -> None:
    assert (await owner.get("/api/v1/openapi.json")).json() == openapi_document()


@pytest.mark.parametrize(
    ("file", "page"),
    [
        ("http-api.md", api_page()),
        ("metrics.md", metrics_page(COMMAND)),
        ("metrics.zh-CN.md", metrics_page_in_chinese(COMMAND)),
        ("rights.md", rights_page(COMMAND)),
    ],
)
def test_the_reference_is_current(file: str, page: str) -> None:
    assert (FOLDER / file).read_text(encoding="utf-8") == page, f"run: {COMMAND}"


async def test_every_metric_the_hub_tells_is_documented(served: Served, owner: httpx.AsyncClient) -> None:
    await served.hub.desk.submit(TARGET, 1.0)
    served.hub.pulse.influx = INFLUX
    text = (await owner.get("/metrics")).text
    told = {family.name.removesuffix("_created") for family in text_string_to_metric_families(text)}
    documented = {family.name for family in all_families()}
    page = (FOLDER / "metrics.md").read_text(encoding="utf-8")
    assert told == documented
    assert all(f"`{told_name(family)}`" in page for family in all_families())
    assert all(name.startswith("labkeeper_") for name in told)


def test_every_metric_says_what_it_is() -> None:
    assert all(family.documentation.endswith(".") for family in all_families())


def test_every_metric_says_what_it_is_in_chinese_with_the_same_numbers_and_nothing_is_left_over() -> None:
    chinese = chinese_sentences()
    assert chinese.keys() == {family.documentation for family in all_families()}
    assert [text for text in chinese.values() if not text.endswith("。")] == []
    numbers = {english: (re.findall(r"\d+", english), re.findall(r"\d+", text)) for english, text in chinese.items()}
    assert {english for english, (one, other) in numbers.items() if one != other} == set()
