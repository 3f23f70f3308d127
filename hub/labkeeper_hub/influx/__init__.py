"""InfluxDB, fed from the journal and asked for what the journal no longer has; docs/decisions/0018-influxdb.md."""
