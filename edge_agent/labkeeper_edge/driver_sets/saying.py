"""What a node says of its drivers: which it can run, and which instances it has, never with a secret. Pure."""

from collections.abc import Mapping

from pydantic import BaseModel, JsonValue

from labkeeper_edge.driver_sets.judging import opened
from labkeeper_edge.settings import DriverSettings, Settings
from labkeeper_sdk import Driver
from labkeeper_sdk.configuration import check_configuration, schema
from labkeeper_sdk.forms import replaced, secret_places
from labkeeper_sdk.plugins import Loaded
from labkeeper_wire.driver_sets import STARS, Offer, Offered, Own, Title, Withheld


def offer(key: str, settings: Settings, loaded: Loaded) -> Offer:
    """Return what the hub may add, and what it may not and why; drivers that nobody vouched for have no form."""
    offered = [_offered(one) for name, one in sorted(loaded.drivers.items()) if opened(settings, name)]
    reasons = {name: "unlisted" for name in loaded.sources if name not in loaded.drivers}
    reasons |= {one.name: "broken" for one in loaded.broken}
    reasons |= {name: "not_opened" for name in loaded.drivers if not opened(settings, name)}
    withheld = tuple(Withheld(name=name, why=why) for name, why in sorted(reasons.items()))
    return Offer(key=key, drivers=tuple(offered), withheld=withheld)


def own(settings: Settings, loaded: Loaded) -> dict[str, Own]:
    """Return the instances of the node's own file as they may be seen."""
    return {name: _own(said, loaded.drivers) for name, said in settings.drivers.items()}


def _offered(driver: Driver) -> Offered:
    title = Title(zh=driver.title.zh, en=driver.title.en)
    return Offered(name=driver.name, title=title, version=driver.version, schema_=schema(driver))


def _own(said: DriverSettings, drivers: Mapping[str, Driver]) -> Own:
    """Show what the driver's model knows; one that was not read may have secrets anywhere."""
    driver = drivers.get(said.driver)
    if driver is None:
        return Own(driver=said.driver)
    return Own(driver=said.driver, configuration=_masked(driver, check_configuration(driver, said.own())))


def _masked(driver: Driver, configuration: BaseModel) -> dict[str, JsonValue]:
    """Return what a person wrote, without defaults; where the schema wants a secret there are stars."""
    said = configuration.model_dump(mode="json", exclude_unset=True)
    places = secret_places(schema(driver), said)
    masked: dict[str, JsonValue] = replaced(said, dict.fromkeys(places, STARS))
    return masked
