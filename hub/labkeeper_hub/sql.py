"""SQLAlchemy's asynchronous Core for the hub, without the ORM that nobody here uses.

Its package `sqlalchemy.ext.asyncio` loads the ORM as well, 6 MB of an idle hub. So only its submodule `engine` is
loaded, and the package itself when somebody asks it for more, as a plugin with models of its own would
(docs/decisions/0080-without-the-orm.md).
"""

import sys
from importlib.util import find_spec, module_from_spec

import sqlalchemy.ext

PACKAGE = "sqlalchemy.ext.asyncio"


def _load_engine_only() -> None:
    """Put the package where imports look for it without running it, load `engine`, and run it if that is not enough."""
    spec = find_spec(PACKAGE)
    if spec is None or spec.loader is None:
        return  # the import below says what is missing
    package, run = module_from_spec(spec), spec.loader.exec_module
    sys.modules[PACKAGE] = sqlalchemy.ext.asyncio = package
    __import__(f"{PACKAGE}.engine")

    def rest(name: str) -> object:  # what the package has no attribute for: PEP 562
        if name.startswith("__"):
            raise AttributeError(name)
        del package.__dict__["__getattr__"]
        run(package)
        return getattr(package, name)

    package.__dict__["__getattr__"] = rest


if PACKAGE not in sys.modules:
    _load_engine_only()

from sqlalchemy.ext.asyncio.engine import AsyncConnection, AsyncEngine, create_async_engine  # noqa: E402 -- after the package is in its place

__all__ = ["AsyncConnection", "AsyncEngine", "create_async_engine"]
