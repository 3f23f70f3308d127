"""The teacher's page: static ES modules and what the HTTP server must say about them."""

from pathlib import Path
from typing import Final

STATIC: Final = Path(__file__).parent / "static"  # serve at /static, its index.html at /

# No inline script or style, no eval, nothing from anywhere else; 'self' covers the WebSocket of the same host.
CONTENT_SECURITY_POLICY: Final = (
    "default-src 'self'; "
    "script-src 'self'; "
    "style-src 'self'; "
    "img-src 'self' data:; "
    "connect-src 'self'; "
    "object-src 'none'; "
    "base-uri 'none'; "
    "frame-ancestors 'none'"
)

HOW_TO_VENDOR: Final = "npm ci --ignore-scripts && npm run vendor"


def is_complete() -> bool:
    """Return whether the third-party files are in place; without them `/` should say to run HOW_TO_VENDOR."""
    return all((STATIC / "vendor" / name).is_file() for name in ("lit.js", "uplot.js", "uplot.css"))
