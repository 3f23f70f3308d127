"""Writes the reference pages out of the code: `python -m labkeeper_hub.api.reference` in the source folder."""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any, TypeAlias

import orjson

from labkeeper_hub.api.live_reference import live_section
from labkeeper_hub.api.metrics_reference import metrics_page, metrics_page_in_chinese
from labkeeper_hub.api.rights_reference import rights_page
from labkeeper_hub.api.routing import openapi_document

COMMAND = "python -m labkeeper_hub.api.reference"
Told: TypeAlias = Mapping[str, Any]  # a part of an OpenAPI document
INTRODUCTION = f"""# HTTP API

Made by `{COMMAND}`; do not edit. The same as OpenAPI: `GET /api/v1/openapi.json`.

Times are whole milliseconds since the epoch, UTC. A value is a boolean, an integer, a float or a text; null means
there is none. Floats come back bit for bit. Unknown keys and parameters are refused, not ignored; a body has at most
64 KiB.

## Credentials

Nothing is open but `/`, `/static/…`, `/healthz`, `/readyz`, `POST /api/v1/session` and `/api/v1/session/oidc…`, where
one signs in with the school's account; everything else, addresses that do not exist included, answers 401 without
credentials.

- A program sends `Authorization: Bearer <owner's secret>`. The hub shows the secret once, in the ready line of its
  first run, and keeps only its argon2id hash. Who lost it deletes `owner.json` in the hub's data folder: the next start
  makes a new one. Where the owner has a second factor, the secret alone is refused (`second_factor_needed`).
- Better, a program sends `Authorization: Bearer lkt_…`, a token that somebody made with some of their own rights
  (`POST /api/v1/account/tokens`). It acts as `p-1:t-3`, and may never do what `p-1` may not by then.
- A page has the cookie `labkeeper_session`, made by `POST /api/v1/session` from a name and its password, from an
  invitation (works once, within three days, and sets the password), from the secret, or from a sign-in link
  (`/#sign-in=<token>`, works once, within ten minutes). A session ends 30 minutes after its last use (an open page
  that is looked at uses it), after 12 hours in any case, at sign-out, and when the same browser signs in again.
  Every quarter of an hour an answer changes the cookie; the one before is good for 30 seconds longer. Who has a second
  factor sends the same proof again with a `code`.
- Requests that change something, and the WebSocket, are refused when their `Origin` is another host than the one asked
  (`foreign_origin`), and with the cookie when there is none and no `Sec-Fetch-Site: same-origin` (`no_origin`): a
  browser adds the cookie whoever asks. Programs with a token have no `Origin` and need none.
- Three failures of a login from one client address are free; then each attempt waits twice as long, up to five minutes
  (429 with `Retry-After`). For all logins together an address has 30, and one more every 30 seconds; a success forgives
  its own. A browser with the cookie `labkeeper_device` of an earlier sign-in as that login counts for itself.

Whoever is signed in may do what they were granted where they were granted it, and nothing else: [rights](rights.md).

## Errors

Every error is a problem document (RFC 9457, `application/problem+json`). `code` is short and stable; `errors` names the
fields.

"""


def api_page() -> str:
    """Return docs/reference/http-api.md."""
    document = openapi_document()
    sections = [INTRODUCTION, _json(_problem_example(document)), "\n"]
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            sections += _operation(f"{method.upper()} {path}", operation, document)
    return "".join(sections) + "\n" + live_section()


def _operation(name: str, told: Told, document: Told) -> Iterator[str]:
    yield f"\n## {name}\n\n{told['description']}\n"
    if not told["security"]:
        yield "\nNeeds no credentials.\n"
    yield from _parameters(told.get("parameters", []))
    for content in told.get("requestBody", {}).get("content", {}).values():
        yield f"\nBody:\n\n{_json(_example(content, document))}"
    for status, answer in told["responses"].items():
        yield from _answer(status, answer, document)
    problems = [status for status in told["responses"] if status >= "400"]
    if problems:
        yield f"\nProblems: {', '.join(f'{status} {_title(status, told)}' for status in sorted(problems))}.\n"


def _parameters(parameters: list[Told]) -> Iterator[str]:
    if parameters:
        yield "\n| parameter | in | what |\n|---|---|---|\n"
    for parameter in parameters:
        needed = "" if parameter["required"] else ", optional"
        yield f"| `{parameter['name']}` | {parameter['in']}{needed} | {_what(parameter['schema'])} |\n"


def _what(schema: Told) -> str:
    """Return a schema in a few words."""
    if "anyOf" in schema:
        words = " or ".join(_what(one) for one in schema["anyOf"] if one.get("type") != "null")
    elif "enum" in schema:
        words = ", ".join(f"`{value}`" for value in schema["enum"])
    else:
        words = _plain(schema)
    default = f", default {schema['default']}" if schema.get("default") is not None else ""
    description = f": {schema['description']}" if "description" in schema else ""
    return f"{words}{default}{description}"


def _plain(schema: Told) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return _what({"enum": openapi_document()["components"]["schemas"][name]["enum"]})
    if schema["type"] == "integer" and "minimum" in schema:
        return f"integer {schema['minimum']} to {schema['maximum']}"
    if schema.get("format") == "date-time":
        return "ISO-8601"
    return str(schema["type"])


def _answer(status: str, answer: Told, document: Told) -> Iterator[str]:
    if status >= "400":
        return
    joint = f"\nAnswer {status}, "
    for media_type, content in answer.get("content", {}).items():
        yield f"{joint}`{media_type}`:\n\n"
        joint = "\nor "
        example = _example(content, document)
        yield _text(example) if isinstance(example, str) else _json(example)
    if not answer.get("content"):
        yield f"{joint}empty.\n"


def _example(content: Told, document: Told) -> Any:  # noqa: ANN401 - an example is any JSON
    if "example" in content:
        return content["example"]
    name = content["schema"]["$ref"].rpartition("/")[2]
    return document["components"]["schemas"][name]["examples"][0]


def _title(status: str, told: Told) -> str:
    (content,) = told["responses"][status]["content"].values()
    return str(content.get("example", {}).get("title", HTTPStatus(int(status)).phrase))


def _problem_example(document: Told) -> Any:  # noqa: ANN401 - an example is any JSON
    return document["components"]["schemas"]["Problem"]["examples"][0]


def _text(example: str) -> str:
    lines = "\n".join(example.splitlines())
    return f"```\n{lines}\n```\n"


def _json(example: Any) -> str:  # noqa: ANN401 - an example is any JSON
    return f"```json\n{orjson.dumps(example, option=orjson.OPT_INDENT_2).decode()}\n```\n"


def write(folder: Path) -> None:
    """Write the pages into the folder."""
    (folder / "http-api.md").write_text(api_page(), encoding="utf-8")
    (folder / "metrics.md").write_text(metrics_page(COMMAND), encoding="utf-8")
    (folder / "metrics.zh-CN.md").write_text(metrics_page_in_chinese(COMMAND), encoding="utf-8")
    (folder / "rights.md").write_text(rights_page(COMMAND), encoding="utf-8")


if __name__ == "__main__":
    write(Path("docs/reference"))
