"""The OpenAPI document: the framework's, with what it cannot know: problems, and who may ask."""

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from labkeeper_hub.api.gate import COOKIE, OPEN
from labkeeper_hub.api.parameter_examples import example_for
from labkeeper_hub.api.problems import Problem

CREDENTIALS = {
    "secret": {"type": "http", "scheme": "bearer", "description": "the owner's secret"},
    "session": {"type": "apiKey", "in": "cookie", "name": COOKIE, "description": "made by POST /api/v1/session"},
}
NEEDED: list[dict[str, list[str]]] = [{"secret": []}, {"session": []}]


def describe(app: FastAPI, examples: Mapping[str, Any]) -> dict[str, Any]:
    """Return the description of every route of the app; `examples` by the name of their model."""
    told = get_openapi(title=app.title, version=app.version, routes=app.routes)
    _, schemas = models_json_schema([(Problem, "serialization")], ref_template="#/components/schemas/{model}")
    told["components"]["schemas"].update(schemas["$defs"])
    for name, schema in told["components"]["schemas"].items():
        if "examples" in schema:
            schema["examples"] = [examples[name]]  # the framework drops nulls and sorts keys
    told["components"]["securitySchemes"] = CREDENTIALS
    for path, methods in told["paths"].items():
        for method, operation in methods.items():
            operation["security"] = [] if (method.upper(), path) in OPEN else NEEDED
            for parameter in operation.get("parameters", ()):
                if (example := example_for(path, parameter["name"])) is not None:
                    parameter["example"] = example
    return told
