"""`labkeeper driver list | show`: what is installed, and what a driver takes and gives."""

import json
from collections.abc import Iterator
from importlib.metadata import entry_points
from typing import Any

from labkeeper_cli.driver.packages import find, names, package_of
from labkeeper_sdk.configuration import schema, secrets
from labkeeper_sdk.plugins import BENCH_GROUP, load_drivers


def listed() -> list[dict[str, Any]]:
    """Return every installed driver, broken ones with their reason."""
    loaded = load_drivers()
    broken = {it.name: it.reason for it in loaded.broken}
    benches = {it.name for it in entry_points(group=BENCH_GROUP)}
    rows = []
    for name in names():
        driver = loaded.drivers.get(name)
        title = {} if driver is None else {"zh": driver.title.zh, "en": driver.title.en}
        said = {"name": name, "package": package_of(name), "title": title, "bench": name in benches}
        rows.append(said | ({"broken": broken[name]} if name in broken else {}))
    return rows


def list_text() -> Iterator[str]:
    """Yield a line for each driver."""
    for row in listed():
        bench = "" if row["bench"] else "  (no test bench)"
        broken = f"  BROKEN: {row['broken']}" if "broken" in row else ""
        yield f"{row['name']:16} {row['title'].get('en', ''):36} {row['package']}{bench}{broken}"


def show(name: str) -> dict[str, Any]:
    """Return what a driver says about itself; raises NoDriver."""
    driver = find(name)
    return {"name": driver.name, "package": package_of(name), "schema": schema(driver)}


def show_text(name: str) -> Iterator[str]:
    """Yield a driver's settings as lines of TOML to copy; raises NoDriver."""
    driver = find(name)
    yield f"# {driver.title.en} / {driver.title.zh} ({package_of(name)})"
    yield f"[drivers.{driver.instance_names.example if driver.instance_names else 'my-device'}]"
    yield f'driver = "{driver.name}"'
    hidden = secrets(driver.configuration)
    for key, field in driver.configuration.model_fields.items():
        if field.is_required():
            yield f"{key} = …  # required{', secret' if key in hidden else ''}; {field.description or ''}"
        else:
            default = "" if key in hidden else json.dumps(field.get_default(call_default_factory=True), default=str)
            yield f"# {key} = {default}  # {field.description or ''}"
