"""The datatypes of Sparkplug B 3.0 and what each may be used for."""

from enum import IntEnum


class DataType(IntEnum):
    """Sparkplug's datatype numbers; UNKNOWN stands for a datatype the sender left out."""

    UNKNOWN = 0
    INT8 = 1
    INT16 = 2
    INT32 = 3
    INT64 = 4
    UINT8 = 5
    UINT16 = 6
    UINT32 = 7
    UINT64 = 8
    FLOAT = 9
    DOUBLE = 10
    BOOLEAN = 11
    STRING = 12
    DATETIME = 13
    TEXT = 14
    UUID = 15
    DATASET = 16
    BYTES = 17
    FILE = 18
    TEMPLATE = 19
    PROPERTYSET = 20
    PROPERTYSETLIST = 21
    INT8_ARRAY = 22
    INT16_ARRAY = 23
    INT32_ARRAY = 24
    INT64_ARRAY = 25
    UINT8_ARRAY = 26
    UINT16_ARRAY = 27
    UINT32_ARRAY = 28
    UINT64_ARRAY = 29
    FLOAT_ARRAY = 30
    DOUBLE_ARRAY = 31
    BOOLEAN_ARRAY = 32
    STRING_ARRAY = 33
    DATETIME_ARRAY = 34


BASIC_TYPES = frozenset(range(DataType.INT8, DataType.TEXT + 1))
"""What a DataSet column, a Template parameter and a property may hold."""

ARRAY_TYPES = frozenset(range(DataType.INT8_ARRAY, DataType.DATETIME_ARRAY + 1))

PROPERTY_TYPES = BASIC_TYPES | {DataType.PROPERTYSET, DataType.PROPERTYSETLIST}

METRIC_TYPES = frozenset(range(DataType.INT8, DataType.DATETIME_ARRAY + 1)) - {
    DataType.PROPERTYSET,
    DataType.PROPERTYSETLIST,
}
