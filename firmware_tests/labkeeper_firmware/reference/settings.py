"""What differs from board to board: `KEY=VALUE` words, or `settings.json` on the board's flash."""

import json

DEFAULTS = {
    "broker": "127.0.0.1:1883",
    "device": "reference-1",
    "serial": "",
    "sntp": "",
    "sntp_every_ms": "60000",
    "interval_ms": "1000",
    "link_loss_ms": "3000",
    "store": "store.json",
    "wifi": "",
    "wifi_password": "",
}


class Settings:
    """The settings, as they are used."""

    def __init__(self, given: dict[str, str]) -> None:
        unknown = [name for name in given if name not in DEFAULTS]
        if unknown:
            raise ValueError("unknown settings: " + ", ".join(unknown))
        values = dict(DEFAULTS)
        values.update(given)
        self.host, _, port = values["broker"].partition(":")
        self.port = int(port or 1883)
        self.device = values["device"]
        self.serial = values["serial"] == "yes"  # the console is the link, and no broker
        self.sntp = values["sntp"]
        self.sntp_every_ms = int(values["sntp_every_ms"])
        self.interval_ms = int(values["interval_ms"])
        self.link_loss_ms = int(values["link_loss_ms"])
        self.store = values["store"]
        self.wifi, self.wifi_password = values["wifi"], values["wifi_password"]


def read(words: list[str]) -> Settings:
    """Return the file's settings with the words' in their place; raises ValueError."""
    given = _file("settings.json")
    for word in words:
        name, _, value = word.partition("=")
        given[name] = value
    return Settings(given)


def _file(path: str) -> dict[str, str]:
    try:
        with open(path) as file:
            kept = json.load(file)
    except OSError:
        return {}
    return {str(name): str(value) for name, value in kept.items()}
