"""What tests of drivers and of Labkeeper itself stand on: real servers on free loopback ports, no mock library.

Beside these: `mqtt` (a broker behind a wire) and `services` (what a node lends) need the extra `[sim]`.
"""

from labkeeper_sdk.testing.benches import Bench, Stand
from labkeeper_sdk.testing.brokers import Broker, BrokerUnavailable, find_mosquitto, open_broker
from labkeeper_sdk.testing.claims import claim
from labkeeper_sdk.testing.databases import Influx, InfluxUnavailable, find_influxd, open_influx
from labkeeper_sdk.testing.datagrams import UdpWire, open_udp_wire, serve_udp, tapped_datagrams
from labkeeper_sdk.testing.modbus import ModbusUnit, serve_modbus, serve_modbus_rtu
from labkeeper_sdk.testing.ports import claimed_port, free_port
from labkeeper_sdk.testing.recordings import Recording, Source, read_recording, write_recording
from labkeeper_sdk.testing.replaying import recorded_stand, replay_serial, replay_tcp, replay_udp, talk_from
from labkeeper_sdk.testing.serial import SerialWire, open_serial_wire, serve_serial
from labkeeper_sdk.testing.servers import HttpAnswer, HttpRequest, Talk, serve_http, serve_tcp
from labkeeper_sdk.testing.virtual_clock import VirtualTimeLoop, run_virtual
from labkeeper_sdk.testing.wires import TcpWire, Wire, open_tcp_wire

__all__ = [
    "Bench",
    "Broker",
    "BrokerUnavailable",
    "HttpAnswer",
    "HttpRequest",
    "Influx",
    "InfluxUnavailable",
    "ModbusUnit",
    "Recording",
    "SerialWire",
    "Source",
    "Stand",
    "Talk",
    "TcpWire",
    "UdpWire",
    "VirtualTimeLoop",
    "Wire",
    "claim",
    "claimed_port",
    "find_influxd",
    "find_mosquitto",
    "free_port",
    "open_broker",
    "open_influx",
    "open_serial_wire",
    "open_tcp_wire",
    "open_udp_wire",
    "read_recording",
    "recorded_stand",
    "replay_serial",
    "replay_tcp",
    "replay_udp",
    "run_virtual",
    "serve_http",
    "serve_modbus",
    "serve_modbus_rtu",
    "serve_serial",
    "serve_tcp",
    "serve_udp",
    "talk_from",
    "tapped_datagrams",
    "write_recording",
]
