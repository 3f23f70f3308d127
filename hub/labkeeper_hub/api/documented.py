"""How OpenAPI tells of problems."""

from http import HTTPStatus
from typing import Any

from labkeeper_hub.api.problems import MEDIA_TYPE, document, wrong_field
from labkeeper_hub.api.problems import Refusal as Refused

REFERENCE = {"$ref": "#/components/schemas/Problem"}
EXAMPLES = (
    Refused(HTTPStatus.BAD_REQUEST, "wrong_token", "The provider's word could not be believed; the hub's log says why"),
    Refused(HTTPStatus.UNAUTHORIZED, "not_signed_in", "Sign in first, or your session has ended"),
    Refused(HTTPStatus.FORBIDDEN, "foreign_origin", "This request comes from another site's page"),
    Refused(HTTPStatus.NOT_FOUND, "unknown_point", "There is no such point"),
    Refused(HTTPStatus.CONFLICT, "id_taken", "This id belongs to another command"),
    Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body_too_large", "A request's body has at most 65536 bytes"),
    wrong_field("out_of_range", "body.value", "target takes -20 to 80 Cel"),
    Refused(HTTPStatus.TOO_MANY_REQUESTS, "too_many_attempts", "Too many attempts; try again in 4 s", retry_after_s=4),
    Refused(HTTPStatus.NOT_IMPLEMENTED, "no_pdf", "This hub makes no PDFs yet: install labkeeper[pdf]"),
    Refused(HTTPStatus.SERVICE_UNAVAILABLE, "not_ready", "The hub is not ready"),
)


def _told(refused: Refused) -> dict[str, Any]:
    content = {MEDIA_TYPE: {"schema": REFERENCE, "example": document(refused)}}
    return {"description": HTTPStatus(refused.status_code).phrase, "content": content}


PROBLEMS: dict[int | str, dict[str, Any]] = {refused.status_code: _told(refused) for refused in EXAMPLES}
EVERYWHERE: dict[int | str, dict[str, Any]] = {status: PROBLEMS[status] for status in (401, 403, 422, 429)}
