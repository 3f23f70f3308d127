"""`python -m labkeeper_hub.reports.paper`: a report's page on stdin, the PDF of it on stdout.

The one process that loads WeasyPrint. It fetches nothing: no address, no file of this machine, whatever the page names.
"""

import logging
import resource
import sys
from contextlib import suppress
from typing import Final

from labkeeper_sdk.standing_back import stand_back

NO_LIBRARY, NO_FONT = 3, 4
MOST_MEMORY = 384 << 20  # bytes; a report of three pages takes 90 MiB, one of 10,000 words twice as much
MOST_SECONDS = 60  # of a processor: also where nobody is left who would end it
CHINESE: Final = ord("中")  # a font without it is no Chinese one


class Missing(logging.Handler):
    """Hears which letters no font here has."""

    def __init__(self) -> None:
        super().__init__()
        self.letters: set[object] = set()

    def emit(self, record: logging.LogRecord) -> None:
        """Take a record; of a letter without a glyph WeasyPrint tells the letter and its number."""
        self.letters.update(record.args or ())


def main() -> int:
    """Lay out one page; returns 3 where a library is missing, which stderr names, and 4 without a Chinese font."""
    stand_back()
    _keep_within()
    page = sys.stdin.buffer.read().decode()
    try:
        from weasyprint import HTML  # noqa: PLC0415 -- where it is missing, that is an answer
        from weasyprint.urls import URLFetcher  # noqa: PLC0415 -- the same
    except (ImportError, OSError) as missing:
        print(missing, file=sys.stderr)  # noqa: T201 -- the hub logs it
        return NO_LIBRARY
    heard = Missing()
    logging.getLogger("weasyprint").addHandler(heard)
    content = HTML(string=page, url_fetcher=URLFetcher(allowed_protocols=("data",))).write_pdf(pdf_tags=True)
    if CHINESE in heard.letters:
        return NO_FONT
    sys.stdout.buffer.write(content)
    return 0


def _keep_within() -> None:
    """Take no more than a report needs. A sandbox may refuse to be asked; the unit's own limits are then all."""
    for what, most in ((resource.RLIMIT_DATA, MOST_MEMORY), (resource.RLIMIT_CPU, MOST_SECONDS)):
        with suppress(OSError, ValueError):
            resource.setrlimit(what, (most, most))


if __name__ == "__main__":
    sys.exit(main())
