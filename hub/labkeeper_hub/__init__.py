"""The hub, by feature: ingest, timeseries, commands, accounts, api, console."""
