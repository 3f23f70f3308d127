"""What a PDF that Chromium printed says: its pages and their words, read with nothing but zlib."""

import re
import zlib
from collections.abc import Iterator, Mapping

OBJECT = re.compile(rb"(?:^|\n)(\d+) 0 obj\s(.*?)\nendobj", re.DOTALL)
SHOWN = re.compile(rb"/(\w+) [\d.]+ Tf|<([0-9A-Fa-f]+)> Tj|\[(.*?)\] TJ", re.DOTALL)


def pages_of(pdf: bytes) -> list[str]:
    """Return the words of each page, without spaces: a printer places letters, not words."""
    objects = {int(number): body for number, body in OBJECT.findall(pdf)}
    pages = [body for body in objects.values() if re.search(rb"/Type /Page\b", body)]
    return ["".join(_text(page, objects)) for page in pages]


def _text(page: bytes, objects: Mapping[int, bytes]) -> Iterator[str]:
    fonts = {name: _letters(objects[int(at)], objects) for name, at in re.findall(rb"/(F\d+) (\d+) 0 R", page)}
    (contents,) = re.findall(rb"/Contents (\d+) 0 R", page)
    font: Mapping[str, str] = {}
    for name, one, several in SHOWN.findall(_stream(objects[int(contents)])):
        font = fonts.get(name, {}) if name else font
        for glyphs in (one, *re.findall(rb"<([0-9A-Fa-f]+)>", several)):
            codes = glyphs.decode().upper()
            yield "".join(font.get(codes[at : at + 4], "") for at in range(0, len(codes), 4)).replace(" ", "")


def _letters(font: bytes, objects: Mapping[int, bytes]) -> dict[str, str]:
    """Return a font's letters by its glyphs."""
    found = re.search(rb"/ToUnicode (\d+) 0 R", font)
    if found is None:
        return {}
    letters: dict[str, str] = {}
    table = _stream(objects[int(found[1])]).decode("latin-1")
    for part in re.findall(r"beginbfchar(.*?)endbfchar", table, re.DOTALL):
        letters |= {code.upper(): _word(text) for code, text in re.findall(r"<(\w+)> <(\w+)>", part)}
    for part in re.findall(r"beginbfrange(.*?)endbfrange", table, re.DOTALL):
        for first, last, text in re.findall(r"<(\w+)> <(\w+)> <(\w+)>", part):
            for step in range(int(last, 16) - int(first, 16) + 1):
                letters[f"{int(first, 16) + step:04X}"] = chr(int(text, 16) + step)
    return letters


def _word(code: str) -> str:
    return bytes.fromhex(code).decode("utf-16-be")


def _stream(body: bytes) -> bytes:
    packed = body.split(b"stream\n", 1)[1]
    return zlib.decompressobj().decompress(packed) if b"/FlateDecode" in body else packed
