"""Times and offsets of events."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pedigree.errors import DocumentError
from pedigree.times import format_time, parse_offset, parse_time

FIRST, LAST = parse_time("0001-01-01T00:00:00Z"), parse_time("9999-12-31T23:59:59.999Z")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2005-04-03T20:33:31.116000-06:00", "2005-04-04T02:33:31.116Z"),
        ("2023-02-02T11:04:03.1415Z", "2023-02-02T11:04:03.142Z"),  # half to even, as the hash vectors have it
        ("2023-02-02T11:04:03.1425Z", "2023-02-02T11:04:03.142Z"),
        ("2023-02-02T11:04:03.1425009Z", "2023-02-02T11:04:03.142Z"),  # cut after six digits first
        ("2023-02-02T11:04:03.142501Z", "2023-02-02T11:04:03.143Z"),
        ("2023-12-31T23:59:59.9996Z", "2024-01-01T00:00:00.000Z"),
        ("1969-12-31T23:59:59.9995Z", "1970-01-01T00:00:00.000Z"),
        ("2024-02-28T24:00:00Z", "2024-02-29T00:00:00.000Z"),
        ("0001-01-01T14:00:00+14:00", "0001-01-01T00:00:00.000Z"),
        ("9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"),
    ],
)
def test_times_are_utc_milliseconds(text: str, said: str) -> None:
    assert format_time(parse_time(text)) == said


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2024-05-01",
        "2024-05-01T09:30:00",
        "2024-05-01 09:30:00Z",
        "2024-05-01T09:30Z",
        "20240501T093000Z",
        "2024-W01-1T00:00:00Z",
        "2023-02-29T00:00:00Z",
        "2024-05-01T09:30:60Z",
        "2024-05-01T24:00:01Z",
        "2024-05-01T09:30:00,5Z",
        "2024-05-01T09:30:00+15:00",
        "2024-05-01T09:30:00+0800",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59.9996Z",
        "10000-01-01T00:00:00Z",
        "２０２４-05-01T09:30:00Z",
        "2024-05-01T09:30:00Z\n",
        "2024-05-01T09:30:00." + "1" * 5000 + "Z",
    ],
)
def test_what_is_no_time_is_refused_and_shown_short(text: str) -> None:
    with pytest.raises(DocumentError) as refused:
        parse_time(text)
    assert len(str(refused.value)) < 300
    assert refused.value.faults[0].expected


@given(st.integers(FIRST, LAST))
def test_written_times_read_back(milli: int) -> None:
    assert parse_time(format_time(milli)) == milli


@given(
    st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 31)),
    st.integers(-14 * 60, 14 * 60),
    st.integers(0, 999_999),
)
def test_offsets_and_fractions_agree_with_the_calendar(moment: datetime, minutes: int, micros: int) -> None:
    sign, hours = "-" if minutes < 0 else "+", abs(minutes)
    text = f"{moment.replace(microsecond=micros).isoformat(timespec='microseconds')}{sign}{hours // 60:02d}:{hours % 60:02d}"
    exact = (moment.replace(microsecond=micros, tzinfo=UTC) - timedelta(minutes=minutes) - datetime(1970, 1, 1, tzinfo=UTC)) / (
        timedelta(microseconds=1)
    )
    assert abs(parse_time(text) * 1000 - exact) <= 500
    assert parse_offset(text[-6:]) == minutes


@pytest.mark.parametrize("text", ["", "Z", "+1:00", "+14:01", "+0100", "+01:60", "01:00", "+01:00 ", "−01:00"])
def test_offsets_have_one_form(text: str) -> None:
    with pytest.raises(DocumentError):
        parse_offset(text)


@pytest.mark.parametrize("milli", [FIRST - 1, LAST + 1])
def test_no_time_is_written_that_could_not_be_read(milli: int) -> None:
    with pytest.raises(DocumentError):
        format_time(milli)
