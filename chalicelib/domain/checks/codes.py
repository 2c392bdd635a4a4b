"""Redshift's load error codes: a reject has the code that COPY would report.

Source: Amazon Redshift Database Developer Guide, "Load error reference" and "Multibyte character load errors".
"""

from enum import IntEnum


class RowCode(IntEnum):
    """The codes that Landfall uses."""

    CONTRACT = 0  # a rule of the contract without an equivalent in Redshift: values, pattern, min, max
    TOO_MANY_COLUMNS = 1202  # input data had more columns than were defined
    TOO_FEW_COLUMNS = 1203  # input data had fewer columns than were defined
    OUT_OF_RANGE = 1204  # input data exceeded the acceptable range for the data type (also: text too long)
    DATE = 1205  # date format is not valid
    TIMESTAMP = 1206  # timestamp format is not valid
    DIGIT = 1207  # data contained a value outside of the expected range of 0-9
    FLOAT = 1208  # FLOAT data type format error
    DECIMAL = 1209  # DECIMAL data type format error
    BOOLEAN = 1210  # BOOLEAN data type format error
    REQUIRED = 1213  # a field specified as NOT NULL contained no data
    LINE = 1216  # input line is not valid (also: quotes, record too long)
    NUL = 1218  # a field contained a null terminator
    UTF8 = 1220  # invalid or unsupported UTF-8 (also: more than single bytes in CHAR)
    INTEGER_OVERFLOW = 1222  # integer value overflow
    VARBYTE = 1223  # data type is not valid (here: not hexadecimal)
    JSON = 1224  # input data is not well-formed JSON for the data type super
