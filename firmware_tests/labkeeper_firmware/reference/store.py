"""What must survive a reset: one small file of JSON, replaced whole."""

import json
import os


class Store:
    """Settings on flash; written only when one changes, for flash wears out."""

    def __init__(self, path: str, defaults: dict[str, int]) -> None:
        self._path = path
        self.values = dict(defaults)
        for name, value in self._read().items():
            if name in defaults and isinstance(value, int):
                self.values[name] = value

    def keep(self, name: str, value: int) -> None:
        """Write a setting down; when this returns it survives."""
        if self.values[name] == value:
            return
        self.values[name] = value
        with open(self._path + ".new", "w") as file:
            json.dump(self.values, file)
        os.rename(self._path + ".new", self._path)

    def _read(self) -> dict[str, object]:
        try:
            with open(self._path) as file:
                kept = json.load(file)
        except (OSError, ValueError):
            return {}  # the first start, or a file torn by something else: defaults are safe
        return kept if isinstance(kept, dict) else {}
