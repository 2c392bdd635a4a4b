"""Dates and times in the contract's format: whole columns become what single values do, and those what Python reads."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from chalicelib.domain.checks.check import Fault
from chalicelib.domain.contract.column import Column
from chalicelib.domain.contract.notation import Notation
from chalicelib.domain.contract.time_format import time_format
from chalicelib.domain.contract_files.columns.column_type import parse_type
from chalicelib.domain.notation import fast
from chalicelib.domain.notation.canonical import Canonical
from chalicelib.domain.notation.rewriter import rewriter_of
from chalicelib.domain.raw.splice import Splice
from chalicelib.domain.raw.swar import PADDING, fields_of

OSLO, SHORT = {"timezone": "Europe/Oslo"}, {"century_from": 1930}
COLUMNS = (
    ("date", "DD.MM.YYYY", {}),
    ("date", "M/D/YYYY", {}),
    ("date", "D.M.YY", SHORT),
    ("date", "MON DD, YYYY", {}),
    ("date", "auto", {}),
    ("date", "epochsecs", {}),
    ("timestamp", "DD.MM.YYYY HH24:MI:SS", {}),
    ("timestamp", "M/D/YYYY H12:MI:SS AM", {}),
    ("timestamp", "HH12MI DD.M.YY AM", SHORT),
    ("timestamp", "YYYYMMDDHH24MISS", {}),
    ("timestamp", "auto", {}),
    ("timestamp", "epochmillisecs", {}),
    ("timestamptz", "", OSLO),
    ("timestamptz", "auto", OSLO),
    ("timestamptz", "D.M.YYYY H24:MI:SS", OSLO),
    ("timestamptz", "D.M.YYYY H24:MI:SS", {}),
    ("timestamptz", "epochmillisecs", {}),
    ("time", "H12:MI AM", {}),
    ("timetz", "HH24:MI", {}),
)
"""Type, format and settings."""
TAILS = {
    "SS": ["", "", ".5", ".123456", ".1234567", ".1234560", "."],
    "tz": ["", "", "Z", "+01", "-08:00", "+0530", "+15:00"],
}
CHANGES = [
    datetime.fromisoformat(f"2031-{text}") for text in ("03-30 02:30", "10-26 02:30", "10-26 01:59", "10-26 03:00")
]


def rewriter(kind: str, form: str, notation: dict[str, object]):
    return rewriter_of(Column(name="c", type=parse_type(kind), format=form, notation=Notation(**notation)), b"")


def write(form: tuple[str, ...], moment: datetime, *, padded: bool) -> str:
    """The moment in a form; unpadded parts may have leading zeros, too."""
    hour = (moment.hour - 1) % 12 + 1
    two = "02d" if padded else "d"
    parts = {
        "YYYY": f"{moment.year:04d}", "YY": f"{moment.year % 100:02d}", "MON": moment.strftime("%b"),
        "MM": f"{moment.month:02d}", "M": f"{moment.month:{two}}",
        "DD": f"{moment.day:02d}", "D": f"{moment.day:{two}}",
        "HH24": f"{moment.hour:02d}", "H24": f"{moment.hour:{two}}", "HH12": f"{hour:02d}", "H12": f"{hour:{two}}",
        "MI": f"{moment.minute:02d}", "SS": f"{moment.second:02d}", "AM": "pm" if moment.hour > 11 else "AM",
    }  # fmt: skip
    return "".join(parts.get(token, token) for token in form)


def written(kind: str, form: str):
    """Values in the form, and some with another character in one place."""
    found = time_format(form, parse_type(kind).kind)
    if found.per_second:
        texts = st.one_of(st.integers(-(10**14), 10**15), st.integers(-(10**5), 10**5).map(lambda n: n * 86_400)).map(
            str
        )
    else:
        texts = st.builds(
            lambda tokens, moment, padded, part, zone: (
                write(tokens, moment, padded=padded) + (part if tokens[-1] == "SS" else "") + zone
            ),
            st.sampled_from(found.forms),
            st.one_of(st.datetimes(), st.sampled_from(CHANGES)),
            st.booleans(),
            st.sampled_from(TAILS["SS"]),
            st.sampled_from(TAILS["tz"] if kind.endswith("tz") else [""]),
        )
    faults = st.tuples(st.integers(0, 30), st.sampled_from([*[""] * 9, "0", "9", "x", "-", " ", "３", "/", ".0"]))
    return st.builds(
        lambda text, fault: (text[: fault[0]] + fault[1] + text[fault[0] + 1 :] if fault[1] else text).encode(),
        texts,
        faults,
    )


@pytest.mark.parametrize(("kind", "form", "settings_"), COLUMNS)
def test_whole_columns_become_what_single_values_do(kind, form, settings_):
    wanted = rewriter(kind, form, settings_)

    @settings(max_examples=60, deadline=None)
    @given(st.lists(written(kind, form), min_size=1, max_size=20))
    def holds(values):
        data = b",".join(values) + b"," + PADDING
        lengths = np.array([len(value) for value in values])
        fields = fields_of(data).part(np.cumsum(lengths + 1) - lengths - 1, lengths)
        splice = Splice(fields.data, len(values))
        certain, _ = fast.rewrite(wanted, fields, np.arange(len(values)), splice)
        stops = fields.stop + splice.shifts()
        text, starts = splice.result(len(data)).tobytes(), [0, *(stops[:-1] + 1)]
        for value, start, stop, sure in zip(values, starts, stops, certain, strict=True):
            if not sure:
                assert text[start:stop] == value
            elif value:
                assert wanted.read(value) == Canonical(text=text[start:stop]), value

    holds()


@pytest.mark.parametrize(
    ("kind", "form", "settings_"), [one for one in COLUMNS if "MON" not in one[1] and one[1] not in ("", "auto")]
)
def test_what_is_as_the_format_has_it_is_done_at_once(kind, form, settings_):
    found = time_format(form, parse_type(kind).kind)
    moments = [datetime(2031, 1, 1) + timedelta(days=3 * n, minutes=37 * n) for n in range(60)]  # noqa: DTZ001
    values = [
        write(found.forms[0], one, padded=False) if found.forms else str(n * 86_400) for n, one in enumerate(moments)
    ]
    data = ",".join(values).encode() + PADDING
    lengths = np.array([len(value) for value in values])
    fields = fields_of(data).part(np.cumsum(lengths + 1) - lengths - 1, lengths)
    certain, _ = fast.rewrite(rewriter(kind, form, settings_), fields, np.arange(60), Splice(fields.data, 60))
    assert certain.all()


FORMATS = {
    "DD.MM.YYYY": "%d.%m.%Y",
    "YYYYMMDD": "%Y%m%d",
    "MON DD, YYYY": "%b %d, %Y",
    "M/D/YYYY": "%m/%d/%Y",
    "D.M.YY": "%d.%m.%y",
    "DD/MM/YYYY HH24:MI:SS": "%d/%m/%Y %H:%M:%S",
    "YYYYMMDD HH24MI": "%Y%m%d %H%M",
    "MM/DD/YYYY HH12:MI:SS AM": "%m/%d/%Y %I:%M:%S %p",
    "M/D/YYYY H12:MI AM": "%m/%d/%Y %I:%M %p",
}
UNPADDED = re.compile(r"(?<![0-9])0([0-9])(?![0-9])")


def read_by_python(text: str, name: str) -> datetime | None:
    """What strptime reads, as long as it has the form's digits: strptime takes short numbers and blanks, too."""
    form = FORMATS[name]
    try:
        found = datetime.strptime(text, form)  # noqa: DTZ007
    except ValueError:
        return None
    exact = found.strftime(form.replace("%Y", f"{found.year:04d}"))
    if name[0] in "MD" and name[1] in "/.":
        exact, text = UNPADDED.sub(r"\1", exact), UNPADDED.sub(r"\1", text)
    return found if text.casefold() == exact.casefold() and text.isascii() else None


@settings(max_examples=150, deadline=None)
@given(st.data())
@pytest.mark.parametrize("name", FORMATS)
def test_a_value_is_read_as_python_reads_it(name, data):
    timed = "MI" in name
    kind, notation = ("timestamp" if timed else "date"), ({"century_from": 1969} if name == "D.M.YY" else {})
    value = data.draw(written(kind, name))
    assume(value and not re.search(rb":[0-9]{2}[.]", value))  # strptime reads no fraction behind whole seconds
    found = rewriter(kind, name, notation).read(value)
    expected = read_by_python(value.decode(), name)
    iso = str(expected if timed else expected.date()).encode() if expected else None
    assert (None if isinstance(found, Fault) else found.text) == iso


ZONES = [
    "Europe/Oslo",
    "America/New_York",
    "America/St_Johns",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Pacific/Apia",
]


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(ZONES),
    st.integers(0, 2**31),
    st.sampled_from([datetime(2031, 3, 30, 1, tzinfo=UTC), datetime(2031, 10, 26, 1, tzinfo=UTC), None]),
    st.integers(-7_200, 7_200),
)
def test_the_offset_leads_back_to_the_moment(zone, seconds, change, beside):
    moment = change + timedelta(seconds=beside) if change else datetime.fromtimestamp(seconds, UTC)
    place = ZoneInfo(zone)
    local = moment.astimezone(place).replace(tzinfo=None)
    others = [moment + timedelta(minutes=n) for n in range(-180, 181, 15) if n]
    twice = any(other.astimezone(place).replace(tzinfo=None) == local for other in others)
    found = rewriter("timestamptz", "", {"timezone": zone}).read(str(local).encode())
    assert isinstance(found, Fault) == twice
    if isinstance(found, Canonical):
        assert datetime.fromisoformat((found.text or b"").decode()) == moment
