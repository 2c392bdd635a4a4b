"""The words that the condition of a data check may have; all others are refused.

The functions are those of Redshift's guide that only compute a value from their arguments. The current date and time
are allowed, because they stay the same within a load's transaction. Functions of random numbers, sessions, settings and
sequences are left out.
"""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


FUNCTIONS = _words(
    # of texts
    """ascii btrim char_length character_length charindex chr concat crc32 difference initcap left len length lower
    lpad ltrim md5 octet_length octetindex position quote_literal regexp_count regexp_instr regexp_replace
    regexp_substr replace reverse right rpad rtrim sha sha1 sha2 soundex split_part strpos substr substring textlen
    to_hex translate trim upper"""
    # of numbers
    """ abs acos asin atan atan2 cbrt ceil ceiling checksum cos cot degrees exp floor ln log mod pi pow power
    radians round sign sin sqrt tan to_number trunc"""
    # of dates and times
    """ add_months convert_timezone date_cmp date_cmp_timestamp date_part date_part_year date_trunc dateadd datediff
    datepart extract getdate interval_cmp last_day months_between next_day timestamp_cmp timestamp_cmp_date
    to_char to_date to_timestamp"""
    # of what may be null
    """ coalesce decode greatest least nullif nvl nvl2"""
    # of documents and bytes
    """ array_contains can_json_parse from_hex get_array_length is_array is_bigint is_boolean is_char is_decimal
    is_float is_integer is_object is_scalar is_smallint is_valid_json is_valid_json_array is_varchar json_array_length
    json_extract_array_element_text json_extract_path_text json_parse json_serialize json_size json_typeof
    size to_varbyte from_varbyte"""
)
AGGREGATES = _words(
    "avg bool_and bool_or count max median min stddev stddev_pop stddev_samp sum var_pop var_samp variance"
)
"""Aggregate functions, allowed only in a subselect."""
PARTED = _words("date_part dateadd datediff datepart extract")
"""Functions whose first argument is a part of a date."""
PARTS = _words(
    """century centuries c cent cents d day days day_of_week day_of_year dayofweek dayofyear dec decs decade decades
    dow doy dw dy dayofyear epoch h hh hour hours hr hrs m min mins minute minutes mi mil mils millennia millennium
    millisecond milliseconds millisec millisecs microsecond microseconds mon mons month months ms msec msecs q qtr
    quarter qtrs quarters s sec second seconds secs us usec usecs w week weekday weeks y year years yr yrs timezone
    timezone_hour timezone_minute"""
)
SPLIT = {
    "extract": _words("from"),
    "trim": _words("from"),
    "substring": _words("from for"),
    "position": _words("in"),
}
"""Words that may stand between the arguments of some functions, besides commas."""
CONSTANTS = _words("true false null unknown current_date sysdate")
INSTEAD = {
    "now": "getdate()",
    "current_timestamp": "sysdate",
    "localtimestamp": "sysdate",
    "date_diff": "datediff",
    "date_add": "dateadd",
    "regexp_like": "the operator ~",
    "ifnull": "coalesce",
    "isnull": "is null, or coalesce",
    "iff": "case",
    "if": "case",
}
"""Redshift's replacement for functions of other databases, and for functions that Redshift cannot run over a table."""
MOMENTS = _words("date time timetz timestamp timestamptz interval")
"""Types whose name before a string makes it a value of the type."""
TYPES = _words(
    """smallint int2 integer int int4 bigint int8 decimal numeric real float4 float float8 boolean bool char character
    nchar bpchar varchar nvarchar text date time timetz timestamp timestamptz super varbyte varbinary"""
)
LONG_TYPES = (
    ("double", "precision"),
    ("character", "varying"),
    ("binary", "varying"),
    ("time", "with", "time", "zone"),
    ("time", "without", "time", "zone"),
    ("timestamp", "with", "time", "zone"),
    ("timestamp", "without", "time", "zone"),
)
PREFIXES = _words("not + -")
SIGNS = _words("= <> != < <= > >= + - * / % ^ || ~ !~ ~* !~*")
BETWEEN = (
    *((sign,) for sign in sorted(SIGNS)),
    ("and",),
    ("or",),
    ("not", "in"),
    ("in",),
    ("not", "between"),
    ("between",),
    ("not", "like"),
    ("like",),
    ("not", "ilike"),
    ("ilike",),
    ("not", "similar", "to"),
    ("similar", "to"),
    ("escape",),
    ("is", "not", "distinct", "from"),
    ("is", "distinct", "from"),
    ("at", "time", "zone"),
)
"""The operators between two operands. Their precedence is left to the warehouse."""
BEHIND = tuple(("is", *negated, word) for negated in ((), ("not",)) for word in ("null", "true", "false", "unknown"))
"""The operators after an operand."""
KEYWORDS = _words(
    """and or not in is between like ilike similar escape case when then else end cast exists select distinct from where
    group by having as any all some null true false unknown union intersect except order limit offset into for with
    over table user current_user session_user using on join"""
)
"""Words that are not a column's name unless they are quoted."""


def instead(name: str) -> str:
    """Return the replacement for a name of another database, as the end of a message; empty if there is none."""
    return f"; write {INSTEAD[name]}" if name in INSTEAD else ""
