"""Whether a database's address is one the registry can be kept at, as far as that is known without asking it."""

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

EXAMPLE = "sqlite+aiosqlite:////folder/registry.sqlite"


def check_address(url: str) -> None:
    """Raise ValueError where `url` is no SQLAlchemy URL, its driver blocks, or that driver is not installed. What it
    says repeats no password.
    """
    try:
        address = make_url(url)
        dialect = address.get_dialect()
        dialect.import_dbapi()
    except ArgumentError as error:  # how it cannot be read, or who is not there to read it
        raise ValueError(f"is not an SQLAlchemy URL with a driver that is installed, as {EXAMPLE} ({error})") from error
    except ImportError as error:
        raise ValueError(f"the driver of {address.drivername} is not installed ({error})") from error
    if not dialect.is_async:
        raise ValueError(f"the driver of {address.drivername} blocks; an async one is needed, as in {EXAMPLE}")
