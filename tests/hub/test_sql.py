"""SQLAlchemy without its ORM."""

import subprocess
import sys


def _python(script: str) -> str:
    return subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout.strip()


def test_a_hub_does_not_load_the_orm() -> None:
    assert _python("import labkeeper_hub.main, sys; print('sqlalchemy.orm' in sys.modules)") == "False"


def test_a_plugin_with_models_of_its_own_gets_the_whole_package() -> None:
    asked = "import labkeeper_hub.sql as ours; from sqlalchemy.ext import asyncio as whole;"
    asked += "print(whole.AsyncSession.__name__, whole.AsyncEngine is ours.AsyncEngine)"
    assert _python(asked) == "AsyncSession True"


def test_the_package_says_what_it_does_not_have() -> None:
    asked = "import labkeeper_hub.sql, sqlalchemy.ext.asyncio as whole;"
    asked += "print(*[hasattr(whole, name) for name in ('__wrapped__', 'Nothing', 'AsyncSession')])"
    assert _python(asked) == "False False True"


def test_a_package_that_is_there_whole_stays_as_it_is() -> None:
    asked = "import sqlalchemy.ext.asyncio as whole, labkeeper_hub.sql as ours;"
    asked += "print(whole.AsyncEngine is ours.AsyncEngine, '__getattr__' in vars(whole))"
    assert _python(asked) == "True False"
