"""Where the page of a bundled driver lies: a wheel brings its own copy, a checkout has them among its docs."""

from pathlib import Path

INSTALLED = Path(__file__).parent / "docs"  # made from the checkout's when the wheel is built (pyproject.toml)
CHECKOUT = Path(__file__).parents[2] / "docs" / "reference" / "drivers"


def page_of(driver: str) -> Path:
    """Return the documentation page of a driver."""
    return (INSTALLED if INSTALLED.is_dir() else CHECKOUT) / f"{driver}.md"
