"""How the suite gets at a device: over MQTT, a power switch, a serial port, a process; its own time server."""
