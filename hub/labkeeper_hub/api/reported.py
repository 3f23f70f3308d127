"""Reports over HTTP: which language and whose clock, and a page that may load nothing."""

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Annotated, Any, Final
from urllib.parse import quote

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from labkeeper_hub.api import validation
from labkeeper_hub.api.problems import Refusal
from labkeeper_hub.api.state import Api
from labkeeper_hub.reports.document import Document, Language
from labkeeper_hub.reports.drawing import CannotDraw
from labkeeper_hub.reports.html import POLICY
from labkeeper_hub.reports.press import CannotPrint, Lack, TooManyPrints
from labkeeper_hub.reports.words import titled

log = logging.getLogger(__name__)
FARTHEST_MIN = 14 * 60
CHINA_MIN = 480
RETRY_S = 10
PDF: Final = "application/pdf"
BY_BROWSER = "Or open the report in a browser and print it to a PDF."
LACKING: Final[Mapping[Lack, str]] = {
    Lack.LIBRARY: (
        "This hub makes no PDFs yet: install labkeeper[pdf] and Debian's libpango-1.0-0, libpangoft2-1.0-0 and "
        f"libharfbuzz-subset0, and start it again. {BY_BROWSER}"
    ),
    Lack.FONT: (
        f"This hub has no Chinese font for PDFs: install Debian's fonts-wqy-microhei, and start it again. {BY_BROWSER}"
    ),
    Lack.FAILED: f"This hub could not make a PDF; its log says why. {BY_BROWSER}",
}


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
    page = await _page(api, document)
    framed = {"Content-Security-Policy": POLICY, "X-Frame-Options": "SAMEORIGIN"}
    return Response(page, media_type="text/html; charset=utf-8", headers=framed)


@asynccontextmanager
async def at_the_press(api: Api) -> AsyncIterator[None]:
    """Hold a place where PDFs are made, before anything is read; raises Refusal."""
    try:
        with api.press.place():
            lack = await api.press.lacks()
            if lack is not None:
                raise Refusal(HTTPStatus.NOT_IMPLEMENTED, "no_pdf", LACKING[lack])
            yield
    except TooManyPrints as error:
        detail = "Other reports are being made; try again in a while"
        raise Refusal(HTTPStatus.TOO_MANY_REQUESTS, "too_many_reports", detail, retry_after_s=RETRY_S) from error


async def printed(api: Api, request: Request, document: Document, name: str) -> Response:
    """Return the PDF of the page, to be kept under a name; the press stops where nobody waits any more."""
    page = await _page(api, document)
    try:
        content = await _while_there(request, api.press.printed(page))
    except CannotPrint as error:
        raise _failed(error) from error
    headers = {"Content-Disposition": f"attachment; filename*=utf-8''{quote(name, safe='')}"}
    return Response(content, media_type=PDF, headers=headers)


async def _page(api: Api, document: Document) -> bytes:
    try:
        return await api.drawing.drawn(document)
    except CannotDraw as error:
        raise _failed(error) from error


def _failed(error: Exception) -> Refusal:
    log.error("report: %s", error)
    detail = "The report could not be drawn; the hub's log says why"
    return Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "report_failed", detail)


async def _while_there(request: Request, work: Coroutine[Any, Any, bytes]) -> bytes:
    """Do it as long as the asker is connected; for one who has left there is no answer to make."""
    making, leaving = asyncio.create_task(work), asyncio.create_task(_left(request))
    try:
        await asyncio.wait((making, leaving), return_when=asyncio.FIRST_COMPLETED)
        return await making if making.done() else b""
    finally:
        making.cancel()
        leaving.cancel()
        await asyncio.gather(making, leaving, return_exceptions=True)


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
