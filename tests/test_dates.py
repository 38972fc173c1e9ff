"""Dates as feeds write them: each is stored rightly, or not at all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.feeds import dates

DAY = "2025-03-07T00:00"
MORNING = "2025-03-07T10:15"

WRITTEN = {
    # RFC 822, and what is near it
    "Fri, 07 Mar 2025 10:15:00 GMT": MORNING,
    "Fri, 07 Mar 2025 10:15:00 +0000": MORNING,
    "Fri, 07 Mar 2025 10:15:00 -0000": MORNING,
    "Fri, 07 Mar 2025 11:15:00 +0100": MORNING,
    "Fri, 07 Mar 2025 11:15:00 +01:00": MORNING,
    "Fri, 07 Mar 2025 11:15:00 GMT+01:00": MORNING,
    "Fri, 07 Mar 2025 15:45 +0530": MORNING,
    "fri, 7 mar 2025 10:15 gmt": MORNING,
    "7 Mar 25 10:15 UT": MORNING,
    "07 Mar 99 10:15:00 GMT": "1999-03-07T10:15",
    "07 Mar 125 10:15:00 GMT": MORNING,
    "7-Mar-2025 05:15:00 -0500": MORNING,
    "Friday, 7th of March 2025, 10:15": MORNING,
    "March 7, 2025 10:15 AM": MORNING,
    "March 7th, 2025 at 6:15 a.m. EDT": MORNING,
    "07 Sept 2025": "2025-09-07T00:00",
    "Fri Mar  7 10:15:00 2025": MORNING,
    "Fri Mar 07 10:15:00 +0000 2025": MORNING,
    "Fri Mar 07 2025 11:15:00 GMT+0100 (Central European Standard Time)": MORNING,
    "Fri, 07 Mar 2025 10:15:00": MORNING,
    "Fri, 07 Mar 2025 10:15:00 Nowhere": MORNING,
    "Fri, 07 Mar 2025 10:15:00 A": MORNING,
    "Fri, 07 Mar 2025 12:00 PM": "2025-03-07T12:00",
    "Fri, 07 Mar 2025 12:15 AM": "2025-03-07T00:15",
    # ISO 8601 and RFC 3339, and what is near it
    "2025-03-07T10:15:00Z": MORNING,
    "2025-03-07t10:15:00z": MORNING,
    "2025-03-07T11:15:00.123456789+01:00": "2025-03-07T10:15:00.123456",
    "2025-03-07T11:15:00 +0100": MORNING,
    "2025-03-07T11:15:00+01:00[Europe/Paris]": MORNING,
    "2025-03-07 10:15:00 UTC": MORNING,
    "2025-03-07 10:15": MORNING,
    "2025-3-7 10:15": MORNING,
    "2025/03/07 10:15": MORNING,
    "20250307T101500Z": MORNING,
    "20250307101500": MORNING,
    "20250307": DAY,
    "2025-03-07": DAY,
    "2025-03-07+01:00": DAY,
    "2025-066": DAY,
    "2025-W10-5": DAY,
    " \n2025-03-07T10:15:00Z\t": MORNING,
    "2025-03-06T24:00:00Z": DAY,
    "2025-03-06T23:59:60Z": DAY,
    "2025-03-07T10:15:00−05:00": "2025-03-07T15:15",
    "2025-03-07T23:15:00-11:00": "2025-03-08T10:15",
    "2025-03-08T00:15:00+14:00": MORNING,
    # numbers
    "1741342500": MORNING,
    "1741342500.25": MORNING,
    "1741342500000": MORNING,
    "1741342500000000": MORNING,
    "07.03.2025 10:15": MORNING,
    "10:15 07.03.2025": MORNING,
    "07.03.25": DAY,
    "25/12/2024": "2024-12-25T00:00",
    "12/25/2024": "2024-12-25T00:00",
    "03/03/2025": "2025-03-03T00:00",
    # other languages, digits, clocks, years
    "ven., 07 mars 2025 11:15:00 +0100": MORNING,
    "7 mars 2025 à 10h15": MORNING,
    "1er février 2025": "2025-02-01T00:00",
    "mar. 7 janv. 2025": "2025-01-07T00:00",
    "mar, 07 oct 2025 10:15:00 GMT": "2025-10-07T10:15",
    "Freitag, 7. März 2025 um 10:15 Uhr": MORNING,
    "7 de marzo de 2025, 10:15": MORNING,
    "7 d’abril de 2025": "2025-04-07T00:00",
    "7 марта 2025 г. 13:15 MSK": MORNING,
    "Παρ, 07 Μαρ 2025 12:15:00 +0200": MORNING,
    "7 Mart 2025 Cuma": DAY,
    "7 marca 2025": DAY,
    "7 جانفي 2025": "2025-01-07T00:00",
    "7 غشت 2025": "2025-08-07T00:00",
    "الجمعة، 7 آذار 2025 - 10:15": MORNING,
    "7 كانون الثاني 2025": "2025-01-07T00:00",
    "٧ مارس ٢٠٢٥ ١٠:١٥ ص": MORNING,
    "\u200f٢٠٢٥-٠٣-٠٧": DAY,
    "۷ مارس ۲۰۲۵": DAY,
    "७ मार्च २०२५": DAY,
    "７ Mar ２０２５": DAY,
    "7 มีนาคม 2568": DAY,
    "2025年3月7日 10:15": MORNING,
    "2025년 3월 7일 10:15": MORNING,
}

UNCLEAR = [
    *("", " ", "now", "yesterday", "3 hours ago", "the day before yesterday", "null", "-"),
    *("2025", "2025-03", "March 2025", "10:15", "7 March", "7 listopad 2025", "07/03/2025"),
    *("0000-00-00 00:00:00", "0001-01-01T00:00:00Z", "-0001-11-30T00:00:00+00:00", "-2025-03-07"),
    *("Thu, 01 Jan 1970 00:00:00 GMT", "0", "1601-01-01T00:00:00Z", "01.01.1970"),
    *("2025-02-29", "Thu, 30 Feb 2025 10:00:00 GMT", "2025-13-01", "32 Mar 2025", "2025-000"),
    *("Fri, 07 Mar 2025 25:00:00 GMT", "2025-03-07T10:75:00Z", "2025-03-07T24:00:01Z"),
    *("Fri, 07 Mar 2025 10:15:00 +9999", "9999-12-31T23:59:59-12:00", "99999999999999999999"),
    *("7 March 2025 or 8 March 2025", "7 March or April 2025", "March 7 8 2025", "1" * 5_000),
]


@pytest.mark.parametrize(("text", "expected"), WRITTEN.items())
def test_a_date_is_the_instant_that_it_names(text: str, expected: str) -> None:
    assert dates.instant(text) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


def test_there_are_eighty() -> None:
    assert len(WRITTEN) >= 80


@pytest.mark.parametrize(
    ("name", "hours"),
    [
        *(("UT", 0), ("GMT", 0), ("Z", 0), ("EST", -5), ("EDT", -4), ("CST", -6), ("CDT", -5)),
        *(("MST", -7), ("MDT", -6), ("PST", -8), ("PDT", -7), ("CET", 1), ("CEST", 2), ("MSK", 3)),
        *(("IST", 5.5), ("JST", 9), ("AEDT", 11), ("NZDT", 13), ("NST", -3.5), ("BST", 1)),
        *((letter, 0) for letter in "ABCDEFGHIKLMNOPQRSTUVWXY"),
    ],
)
def test_each_zone_of_rfc_822_and_of_newsrooms_is_known(name: str, hours: float) -> None:
    at = dates.instant(f"Fri, 07 Mar 2025 10:15:00 {name}")
    assert at == datetime(2025, 3, 7, 10, 15, tzinfo=UTC) - timedelta(hours=hours)


@pytest.mark.parametrize("text", UNCLEAR)
def test_what_names_no_instant_or_two_is_none(text: str) -> None:
    assert dates.instant(text) is None


@pytest.mark.parametrize("text", ["9999-12-31T23:59:59Z", "Fri, 07 Mar 2042 10:00:00 GMT"])
def test_the_future_is_now(text: str) -> None:
    now = datetime(2025, 3, 10, 12, tzinfo=UTC)
    assert dates.first([text], now) == now


def test_the_first_date_that_is_one_counts_and_none_is_none() -> None:
    now = datetime(2025, 3, 10, 12, tzinfo=UTC)
    morning = datetime(2025, 3, 7, 10, 15, tzinfo=UTC)
    assert dates.first(["soon", "2025-03-07T10:15:00Z", "2025-03-08"], now) == morning
    assert dates.first(["soon", ""], now) is None
    assert dates.first([], now) is None


@given(
    st.text(max_size=120) | st.text(alphabet="0123456789-/.:TZ +,marMayجانفي年月日", max_size=40)
)
def test_any_text_is_an_instant_or_none(text: str) -> None:
    at = dates.instant(text)
    assert at is None or (at.tzinfo is UTC and at >= dates.EARLIEST)


@given(
    st.datetimes(datetime(1990, 1, 2), datetime(2200, 1, 1)),  # noqa: DTZ001 - Hypothesis wants it so
    st.sampled_from(
        [
            "%a, %d %b %Y %H:%M:%S GMT",
            "%Y-%m-%dT%H:%M:%SZ",
            "%d.%m.%Y %H:%M:%S",
            "%B %d, %Y %H:%M:%S",
        ]
    ),
)
def test_any_instant_is_found_in_each_usual_form(at: datetime, form: str) -> None:
    assert dates.instant(at.strftime(form)) == at.replace(microsecond=0, tzinfo=UTC)


WEEKDAYS = ["", "Mon, ", "Tue, ", "mar, ", "Sat,"]
MONTHS = ["Jan", "FEB", "mar", "May", "Sept", "Dec", "Foo"]
ZONES = ["GMT", "utc", "+0100", "-0330", "-0000", "+0000", "+1400", "Z", "EST", "+01:00", ""]


@settings(max_examples=500)
@given(
    st.sampled_from(WEEKDAYS),
    st.integers(0, 32),
    st.sampled_from(MONTHS),
    st.sampled_from([0, 25, 199, 1985, 2025, 2568]),
    st.sampled_from(["00:00:00", "23:59", "24:00:00", "7:05:09", "12:60:00", "23:59:60"]),
    st.sampled_from(ZONES),
)
def test_a_date_as_in_mail_is_what_the_long_way_says(
    weekday: str, day: int, month: str, year: int, time: str, zone: str
) -> None:
    text = f"{weekday}{day:02} {month} {year:04} {time} {zone}"
    assert dates.instant(text) == dates.instant(f"{text} |")
