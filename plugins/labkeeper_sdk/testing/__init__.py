"""What tests of drivers and of Labkeeper itself stand on: real servers on free loopback ports."""

from labkeeper_sdk.testing.brokers import Broker, BrokerUnavailable, find_mosquitto, open_broker
from labkeeper_sdk.testing.databases import Influx, InfluxUnavailable, find_influxd, open_influx
from labkeeper_sdk.testing.ports import free_port

__all__ = [
    "Broker",
    "BrokerUnavailable",
    "Influx",
    "InfluxUnavailable",
    "find_influxd",
    "find_mosquitto",
    "free_port",
    "open_broker",
    "open_influx",
]
