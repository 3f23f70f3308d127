"""The processes that make PDFs, and what is in one."""

import asyncio
import io
from ctypes.util import find_library

import psutil
import pypdf
import pytest
from pypdf.generic import DictionaryObject, PdfObject

from labkeeper_hub.reports.press import PAPER

needs_pango = pytest.mark.skipif(find_library("pangoft2-1.0") is None, reason="Pango is not installed: no PDFs")


def makers() -> list[psutil.Process]:
    """Return the processes of ours that make PDFs."""
    return list(filter(_makes, psutil.Process().children()))


def _makes(process: psutil.Process) -> bool:
    try:
        return PAPER in process.cmdline()
    except psutil.NoSuchProcess:  # it has just ended
        return False


async def a_maker() -> None:
    """Wait until there is one."""
    async with asyncio.timeout(30):
        while not makers():
            await asyncio.sleep(0.005)


def pdf_of(content: bytes) -> pypdf.PdfReader:
    """Read a PDF."""
    return pypdf.PdfReader(io.BytesIO(content))


def words_of(pdf: pypdf.PdfReader) -> str:
    """Return the words of all pages."""
    return " ".join(one.extract_text() for one in pdf.pages)


def unembedded_fonts(pdf: pypdf.PdfReader) -> list[str]:
    """Return the names of fonts that a reader would have to have."""
    fonts = [one for page in pdf.pages for one in _dictionaries(_of(page, "/Resources", "/Font"))]
    parts = [part for font in fonts for part in (font.get("/DescendantFonts") or [font])]
    described = [(one["/BaseFont"], _of(one, "/FontDescriptor")) for one in map(_dictionary, parts)]
    return [str(name) for name, told in described if not {"/FontFile", "/FontFile2", "/FontFile3"} & set(told)]


def _of(one: DictionaryObject, *names: str) -> DictionaryObject:
    for name in names:
        one = _dictionary(one[name])
    return one


def _dictionaries(one: DictionaryObject) -> list[DictionaryObject]:
    return [_dictionary(part) for part in one.values()]


def _dictionary(part: PdfObject) -> DictionaryObject:
    found = part.get_object()
    assert isinstance(found, DictionaryObject)
    return found
