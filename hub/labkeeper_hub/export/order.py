"""What an exporting process is asked for; JSON on its standard input."""

from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from labkeeper_hub.influx.settings import InfluxSettings

FileFormat = Literal["csv", "parquet"]


class OrderedPoint(BaseModel):
    """A point and what the registry says of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    school: str
    lab: str
    node: str
    device: str
    point: str
    unit: str
    kind: str
    type: str
    minimum: float | None = None
    maximum: float | None = None
    device_title_zh: str = ""
    device_title_en: str = ""
    title_zh: str = ""
    title_en: str = ""


class Order(BaseModel):
    """Readings of these points, one after the other, with from_ms <= time < to_ms; each, or one every `every_ms`.

    `influx`: who is asked for what the journal no longer has; its secrets are where its settings say, never in here.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    made_by: ClassVar = "labkeeper_hub.export"

    journal: str
    format: FileFormat
    from_ms: int
    to_ms: int
    points: tuple[OrderedPoint, ...]
    every_ms: int | None = None
    influx: InfluxSettings | None = None
