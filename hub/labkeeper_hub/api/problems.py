"""Refusals and how they are told: RFC 9457 problem documents, each with a short stable `code`."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Annotated, TypedDict

from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.responses import Response

from labkeeper_hub.api.answers import Json, encode

TITLES = {413: "Content Too Large", 422: "Unprocessable Content"}  # RFC 9110's words, which older Pythons do not have
MEDIA_TYPE = "application/problem+json"
MOST_ERRORS = 10
LONGEST_NAME = 100


class FieldError(BaseModel):
    """One wrong field: where it is and what is wrong with it."""

    model_config = ConfigDict(extra="forbid")

    field: Annotated[str, Field(examples=["body.value"])]
    message: Annotated[str, Field(examples=["Field required"])]


class Problem(BaseModel):
    """Why a request was refused (RFC 9457). `code` is short and stable, `detail` is for people."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "type": "urn:labkeeper:problem:out_of_range",
                    "title": "Unprocessable Content",
                    "status": 422,
                    "code": "out_of_range",
                    "detail": "target takes -20 to 80 Cel",
                    "errors": [{"field": "body.value", "message": "target takes -20 to 80 Cel"}],
                }
            ]
        },
    )

    type: str
    title: str
    status: int
    code: str
    detail: str
    errors: list[FieldError] = []
    retry_after_s: int | None = None


class Wrong(TypedDict):
    """A field and what is wrong with it."""

    field: str
    message: str


class Refusal(HTTPException):
    """The request is refused: `code` says why to programs, `detail` to people, `errors` names the fields."""

    def __init__(
        self,
        status: HTTPStatus,
        code: str,
        detail: str,
        *,
        errors: Sequence[Wrong] = (),
        retry_after_s: int | None = None,
    ) -> None:
        super().__init__(status, detail, _headers(status, retry_after_s))
        self.code = code
        self.errors = errors
        self.retry_after_s = retry_after_s


def wrong_field(code: str, name: str, message: str) -> Refusal:
    """Return the refusal of a request for one of its fields."""
    return Refusal(
        HTTPStatus.UNPROCESSABLE_ENTITY, code, message, errors=[{"field": clean(name), "message": clean(message)}]
    )


def document(refusal: HTTPException) -> dict[str, Json]:
    """Return the problem document of a refusal, ours or the framework's."""
    status = HTTPStatus(refusal.status_code)
    code = refusal.code if isinstance(refusal, Refusal) else status.name.lower()
    told: dict[str, Json] = {
        "type": f"urn:labkeeper:problem:{code}",
        "title": TITLES.get(status, status.phrase),
        "status": int(status),
        "code": code,
        "detail": clean(str(refusal.detail), 1000),
    }
    if isinstance(refusal, Refusal) and refusal.errors:
        told["errors"] = [{"field": wrong["field"], "message": wrong["message"]} for wrong in refusal.errors]
    if isinstance(refusal, Refusal) and refusal.retry_after_s is not None:
        told["retry_after_s"] = refusal.retry_after_s
    return told


def answer(refusal: HTTPException) -> Response:
    """Return a refusal as an HTTP answer."""
    return Response(encode(document(refusal)), refusal.status_code, refusal.headers, MEDIA_TYPE)


def clean(text: str, longest: int = LONGEST_NAME) -> str:
    """Return text that can be shown: no half characters, not endless."""
    return text[:longest].encode("utf-8", "replace").decode()


def _headers(status: HTTPStatus, retry_after_s: int | None) -> Mapping[str, str] | None:
    if status is HTTPStatus.UNAUTHORIZED:
        return {"WWW-Authenticate": 'Bearer realm="labkeeper"'}
    return None if retry_after_s is None else {"Retry-After": str(retry_after_s)}
