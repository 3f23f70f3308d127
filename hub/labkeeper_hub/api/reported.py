"""Reports over HTTP: which language and whose clock, and a page that may load nothing."""

import logging
from http import HTTPStatus
from typing import Annotated

from pydantic import Field
from starlette.responses import Response

from labkeeper_hub.api import validation
from labkeeper_hub.api.problems import Refusal
from labkeeper_hub.api.state import Api
from labkeeper_hub.reports.document import Document, Language
from labkeeper_hub.reports.drawing import CannotDraw
from labkeeper_hub.reports.html import POLICY
from labkeeper_hub.reports.words import titled

log = logging.getLogger(__name__)
FARTHEST_MIN = 14 * 60
CHINA_MIN = 480


class Reported(validation.Query):
    """In which language; `offset_min`: how many minutes the reader's clock is ahead of UTC."""

    language: Language = "zh"
    offset_min: Annotated[int, Field(ge=-FARTHEST_MIN, le=FARTHEST_MIN)] = CHINA_MIN

    def lab_name(self, api: Api, school: str, lab: str) -> str:
        """Return what people call a lab."""
        titles = (one.title for one in api.parts.registry.labs() if (one.school, one.lab) == (school, lab))
        return next((titled(self.language, one.zh, one.en, lab) for one in titles), lab)


async def drawn(api: Api, document: Document) -> Response:
    """Return the drawn page."""
    try:
        page = await api.drawing.drawn(document)
    except CannotDraw as error:
        log.error("report: %s", error)  # noqa: TRY400 -- the process's own words tell
        detail = "The report could not be drawn; the hub's log says why"
        raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "report_failed", detail) from error
    return Response(page, media_type="text/html; charset=utf-8", headers={"Content-Security-Policy": POLICY})
