"""What node and hub say to each other: the Sparkplug B codec, topics, sans-IO sessions, and our profile on top."""

from labkeeper_wire.codec import CannotEncode, MalformedPayload, decode, encode, resolve
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.payload import DataSet, MetaData, Metric, Parameter, Payload, Property, Template
from labkeeper_wire.topics import BadTopic, Kind, Topic

__all__ = [
    "BadTopic",
    "CannotEncode",
    "DataSet",
    "DataType",
    "Kind",
    "MalformedPayload",
    "MetaData",
    "Metric",
    "Parameter",
    "Payload",
    "Property",
    "Template",
    "Topic",
    "decode",
    "encode",
    "resolve",
]
