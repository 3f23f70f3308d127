"""What devices announce below the discovery prefix, entity by entity or all at once ("MQTT discovery"); pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from labkeeper_drivers.documents import inside, words
from labkeeper_drivers.homeassistant.abbreviations import DEVICE_ABBREVIATIONS, whole
from labkeeper_drivers.naming import id_of
from labkeeper_sdk import BadReading

# what a device says once for all of its components
SHARED = (
    "availability", "availability_mode", "availability_template", "availability_topic", "command_topic", "encoding",
    "payload_available", "payload_not_available", "qos", "state_topic",
)  # fmt: skip
MOST_COMPONENTS = 500


@dataclass(frozen=True, slots=True)
class Entity:
    """One entity with all keys written out. `key` is where it was announced; `device` what it belongs to."""

    key: str
    component: str
    object_id: str
    config: Mapping[str, object]
    device: Mapping[str, object]

    @property
    def device_id(self) -> str:
        """Return what the hardware calls itself; an entity without a device is one."""
        identifiers = self.device.get("identifiers")
        connections = self.device.get("connections")
        match identifiers, connections:
            case (str(first), _) | ([str(first), *_], _) if first:
                return id_of(first)
            case _, [[str(), str(address)], *_] if address:
                return id_of(address)
        return id_of(words(self.config, "unique_id") or self.object_id)


def entities_in(topic: str, levels: list[str], document: Mapping[str, object]) -> Iterator[Entity]:
    """Yield what an announcement announces; `levels` are those between prefix and `config`.

    Raises BadReading bad_description.
    """
    component, object_id = levels[0], levels[-1]
    config = whole(document)
    device = whole(_object(config.get("device")), DEVICE_ABBREVIATIONS)
    if component != "device":
        yield Entity(topic, component, object_id, _based(config), device)
        return
    if not device:
        raise BadReading("bad_description", "a device that does not say which it is")
    shared = {key: config[key] for key in (*SHARED, "~") if key in config}
    for name, told in list(inside(config, "components").items())[:MOST_COMPONENTS]:
        one = whole(_object(told))
        platform = words(one, "platform")
        if platform and one.keys() > {"platform"}:  # nothing but the platform: it has been removed
            yield Entity(f"{topic}#{name}", platform, name, _based({**shared, **one}), device)


def _based(config: Mapping[str, object]) -> dict[str, object]:
    """Put the base topic `~` in where topics begin or end with it."""
    base = words(config, "~")
    based = {key: _topic(base, value) if key.endswith("topic") else value for key, value in config.items()}
    listed = config.get("availability")
    if isinstance(listed, list | dict):
        every = [whole(_object(each)) for each in (listed if isinstance(listed, list) else [listed])]
        based["availability"] = [
            {key: _topic(base, value) if key == "topic" else value for key, value in each.items()} for each in every
        ]
    return based


def _topic(base: str, value: object) -> object:
    if not base or not isinstance(value, str):
        return value
    if value.startswith("~"):
        return base + value[1:]
    return value[:-1] + base if value.endswith("~") else value


def _object(raw: object) -> Mapping[str, object]:
    return raw if isinstance(raw, dict) else {}
