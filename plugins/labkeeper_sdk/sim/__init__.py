"""A lab of simulated devices that speak their own protocols over MQTT; it calls nothing of the product."""

from labkeeper_sdk.sim.faults import Fault
from labkeeper_sdk.sim.lab import DeviceNote, Lab, open_lab
from labkeeper_sdk.sim.settings import BadSettings, DeviceSettings, LabSettings, read_settings

__all__ = ["BadSettings", "DeviceNote", "DeviceSettings", "Fault", "Lab", "LabSettings", "open_lab", "read_settings"]
