"""Switches, UPSes and whatever else has an SNMP agent. Reference: docs/reference/drivers/snmp.md."""

from labkeeper_drivers.snmp.device import connect
from labkeeper_drivers.snmp.settings import SnmpConfiguration
from labkeeper_sdk import Driver, Title, hookimpl


@hookimpl
def labkeeper_driver() -> Driver:
    return Driver(
        name="snmp",
        configuration=SnmpConfiguration,
        connect=connect,
        title=Title(zh="SNMP 设备（交换机、UPS）", en="SNMP device (switch, UPS)"),
    )
