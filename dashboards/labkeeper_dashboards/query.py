"""The data query that Grafana's InfluxDB data source understands: the SDK has none, and lets one be brought along."""

from dataclasses import dataclass

from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models.dashboard import DataSourceRef

from labkeeper_dashboards.influxql import Query

SOURCE_UID = "labkeeper-influxdb"
SOURCE_TYPE = "influxdb"


def source() -> DataSourceRef:
    """Return the reference to the provisioned data source."""
    return DataSourceRef(type_val=SOURCE_TYPE, uid=SOURCE_UID)


@dataclass(frozen=True, slots=True)
class InfluxQuery(Dataquery):
    """A raw InfluxQL query of one panel."""

    ref_id: str
    query: Query
    legend: str

    def to_json(self) -> dict[str, object]:
        """Return it as it stands in a dashboard."""
        payload: dict[str, object] = {
            "refId": self.ref_id,
            "datasource": source(),
            "query": self.query.text,
            "rawQuery": True,
            "resultFormat": "table" if self.query.table else "time_series",
        }
        return {**payload, "alias": self.legend} if self.legend else payload


@dataclass(frozen=True, slots=True)
class InfluxQueryBuilder(Builder[Dataquery]):
    """What the SDK's panels ask for."""

    ref_id: str
    query: Query
    legend: str

    def build(self) -> Dataquery:
        """Return the query."""
        return InfluxQuery(self.ref_id, self.query, self.legend)
