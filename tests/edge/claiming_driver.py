"""The bench driver under another name, claiming a port: loaded by its module's name in a process of its own."""

from labkeeper_sdk import Driver, Resource, hookimpl
from tests.edge.bench_driver import Configuration, connect


def claiming(configuration: Configuration) -> list[Resource]:
    return [Resource("serial port", configuration.prefix, "prefix")]


@hookimpl
def labkeeper_driver() -> Driver:
    return Driver("elsewhere", Configuration, connect, resources=claiming)
