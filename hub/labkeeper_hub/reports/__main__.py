"""`python -m labkeeper_hub.reports`: a document on stdin, its page on stdout."""

import sys

from labkeeper_hub.reports.document import Document
from labkeeper_hub.reports.html import page
from labkeeper_sdk.standing_back import stand_back


def main() -> int:
    """Draw one document."""
    stand_back()
    document = Document.model_validate_json(sys.stdin.buffer.read())
    sys.stdout.buffer.write(page(document).encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
