"""What a feed's address asks for, and what the head of an answer says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.http import (
    Head,
    Target,
    conditions,
    freshness,
    next_target,
    parse_target,
    read_answer,
    read_head,
    retry_after,
)
from monitor.models import (
    FailureReason,
    FetchError,
    Freshness,
    NotModified,
    Pace,
    Response,
    Validators,
)

NOW = datetime(2024, 5, 17, 12, 0, tzinfo=UTC)


def target(url: str) -> Target:
    found = parse_target(url)
    assert isinstance(found, Target), found
    return found


def refusal(url: str) -> FetchError:
    found = parse_target(url)
    assert isinstance(found, FetchError), found
    return found


@pytest.mark.parametrize(
    ("url", "written"),
    [
        ("HTTP://Example.org", "http://example.org/"),
        ("https://example.org:443/a", "https://example.org/a"),
        ("http://example.org:443/a", "http://example.org:443/a"),
        (" http://example.org/feed\n", "http://example.org/feed"),
        ("http://example.org?x=1#part", "http://example.org/?x=1"),
        ("http://example.org/a%20b?c=%26&d=|{}", "http://example.org/a%20b?c=%26&d=|{}"),
        ("http://example.org/новости?q=мир", None),
        ("http://example.org/a b", "http://example.org/a%20b"),
        ("http://bücher.example/", "http://xn--bcher-kva.example/"),
        ("http://user:secret@example.org/", "http://example.org/"),
        ("http://127.1:8080/", "http://127.0.0.1:8080/"),
        ("http://①②⑦.0.0.1/", "http://127.0.0.1/"),
        ("http://[::FFFF:7f00:1]/", "http://[::ffff:7f00:1]/"),
    ],
)
def test_an_address_is_written_anew(url: str, written: str | None) -> None:
    found = target(url).url
    assert found.isascii()
    assert " " not in found
    if written is not None:
        assert found == written


def test_the_host_that_is_guarded_is_the_host_that_is_asked() -> None:
    # Readers of URLs disagree about these; ours decides, and libcurl gets what it decided.
    for url in ("http://listed.example\\@other.example/", "http://a@b@other.example/"):
        found = target(url)
        assert found.host == "other.example"
        assert found.url == "http://other.example/"


@pytest.mark.parametrize("scheme", ["file", "gopher", "ftp", "dict", "javascript", "data", "feed"])
def test_other_schemes_are_forbidden(scheme: str) -> None:
    found = refusal(f"{scheme}:///etc/passwd")
    assert found.reason is FailureReason.FORBIDDEN_SCHEME
    assert found.detail.startswith(f"{scheme}: ")


@pytest.mark.parametrize(
    "url",
    [
        "http:///x",
        "http://",
        "http://a b/",
        "http://[::1",
        "http://x:99999/",
        "http://x:y/",
        "http://%31.example/",
        "http://a..b/",
        "https://[fe80::1%25eth0]/",
        "http://�/",
    ],
)
def test_an_address_without_a_usable_host_is_a_value(url: str) -> None:
    assert refusal(url).reason is FailureReason.UNREACHABLE


def test_an_address_without_a_scheme_is_forbidden() -> None:
    for url in ("", "/etc/passwd", "example.org/feed"):
        assert refusal(url).reason is FailureReason.FORBIDDEN_SCHEME


@given(st.text() | st.text().map(lambda rest: "http://" + rest))
def test_any_text_is_a_target_or_an_error(url: str) -> None:
    found = parse_target(url)
    if isinstance(found, Target):
        assert found.url.isascii()
        assert found.url.isprintable()
        assert urlsplit(found.url).hostname == found.host
        assert parse_target(found.url) == (
            found if found.authorization is None else target(found.url)
        )


def test_credentials_become_a_field_and_stay_out_of_sight() -> None:
    found = target("http://us%65r:p%3Aw@example.org/")
    assert found.authorization == b"Basic dXNlcjpwOnc="
    assert "dXNlcjpwOnc" not in repr(found)


@pytest.mark.parametrize(
    ("location", "leads_to"),
    [
        ("/new", "http://example.org/new"),
        ("new?x=1", "http://example.org/a/new?x=1"),
        ("//other.example/x", "http://other.example/x"),
        ("https://example.org/a/b", "https://example.org/a/b"),
        ("../c d", "http://example.org/c%20d"),
    ],
)
def test_a_redirect_is_read_from_where_it_stands(location: str, leads_to: str) -> None:
    found = next_target(target("http://example.org/a/b"), location)
    assert isinstance(found, Target)
    assert found.url == leads_to


def test_credentials_go_along_to_the_same_origin_only() -> None:
    start = target("http://user:secret@example.org/feed")
    for location, goes_along in (
        ("/new", True),
        ("http://EXAMPLE.org:80/new", True),
        ("https://example.org/feed", False),
        ("http://example.org:8080/feed", False),
        ("http://other.example/feed", False),
    ):
        found = next_target(start, location)
        assert isinstance(found, Target)
        assert (found.authorization is not None) is goes_along, location
    own = next_target(start, "http://a:b@example.org/")
    assert isinstance(own, Target)
    assert own.authorization == b"Basic YTpi"


@given(st.text())
def test_any_location_is_a_target_or_an_error(location: str) -> None:
    next_target(target("http://example.org/a"), location)


def test_a_head_is_read_field_by_field() -> None:
    head = read_head(
        [
            b"HTTP/1.1 200 OK\r\n",
            b'ETag: W/"a:b"  \r\n',
            b"last-modified:Fri, 17 May 2024 12:00:00 GMT\r\n",
            b"Etag: second\r\n",
            b"no colon\r\n",
            b"Content-Length: 12\r\n",
        ]
    )
    assert head.status == 200
    assert head.validators == Validators(
        etag='W/"a:b"', last_modified="Fri, 17 May 2024 12:00:00 GMT"
    )
    assert head.content_length == 12
    assert head.location is None


def test_a_location_in_raw_utf8_is_understood() -> None:
    head = read_head([b"HTTP/1.1 302 Found\r\n", "Location: /новости\r\n".encode()])
    assert head.location == "/новости"
    head = read_head([b"HTTP/1.1 302 Found\r\n", b"Location: /caf\xe9\r\n"])
    assert head.location == "/café"


@given(st.lists(st.binary()))
def test_any_lines_are_a_head(lines: list[bytes]) -> None:
    head = read_head(lines)
    assert 0 <= head.status <= 999
    assert head.content_length >= 0
    for line in conditions(head.validators):
        assert b"\n" not in line
    read_answer(head, b"", url="http://example.org/", is_conditional=True, now=NOW)


@given(st.binary(min_size=1).map(lambda raw: b'"' + raw.translate(None, bytes(range(32))) + b'"'))
def test_validators_go_back_byte_for_byte(raw: bytes) -> None:
    head = read_head([b"HTTP/1.1 200 OK", b"ETag: " + raw + b"\r\n"])
    assert conditions(head.validators) == [b"If-None-Match: " + raw]


@pytest.mark.parametrize("value", ['"a"\r\nX: y', '"a\x00"', "", "\N{GREEK SMALL LETTER ALPHA}"])
def test_a_validator_that_no_header_can_hold_is_not_sent(value: str) -> None:
    assert conditions(Validators(etag=value, last_modified=value)) == []


@pytest.mark.parametrize(
    ("value", "wait"),
    [
        ("0", timedelta(0)),
        ("120", timedelta(minutes=2)),
        ("86400", timedelta(days=1)),
        ("1000000", timedelta(days=1)),
        ("Fri, 17 May 2024 12:00:30 GMT", timedelta(seconds=30)),
        ("Friday, 17-May-24 12:00:30 GMT", timedelta(seconds=30)),
        ("Fri May 17 12:00:30 2024", timedelta(seconds=30)),
        ("Fri, 17 May 2024 14:00:30 +0200", timedelta(seconds=30)),
        ("Thu, 16 May 2024 12:00:00 GMT", timedelta(0)),
        ("Sun, 19 May 2024 12:00:00 GMT", timedelta(days=1)),
        ("", None),
        ("-1", None),
        ("1.5", None),
        ("soon", None),
        ("99999999999999999999999", None),
        ("999999999999", None),
        ("１２", None),
        ("Fri, 31 Dec 9999 23:59:59 -2359", None),
        ("Fri, 99 May 2024 99:99:99 GMT", None),
        ("Fri, 17 May 2024 12:00:30 GMT" + " " * 100, None),
    ],
)
def test_retry_after_is_read_and_bounded(value: str, wait: timedelta | None) -> None:
    assert retry_after(value, now=NOW) == wait


@given(st.text())
def test_any_retry_after_is_a_day_at_most_or_nothing(value: str) -> None:
    wait = retry_after(value, now=NOW)
    assert wait is None or timedelta(0) <= wait <= timedelta(days=1)


def test_an_answer_is_a_response_unchanged_or_an_error() -> None:
    def read(line: bytes, *, is_conditional: bool) -> Response | NotModified | FetchError:
        head = read_head([b"HTTP/1.1 " + line, b"ETag: x", b"Retry-After: 7"])
        return read_answer(
            head, b"abc", url="http://example.org/", is_conditional=is_conditional, now=NOW
        )

    assert isinstance(read(b"200 OK", is_conditional=True), Response)
    assert read(b"304 Not Modified", is_conditional=True) == NotModified(
        validators=Validators(etag="x")
    )
    for line, is_conditional in ((b"304", False), (b"404", True), (b"206", True), (b"301", True)):
        found = read(line, is_conditional=is_conditional)
        assert found == FetchError(
            reason=FailureReason.HTTP_STATUS,
            detail=f"HTTP {line.decode()}",
            status=int(line),
            retry_after=timedelta(seconds=7),
        )


# --- how long an answer stays good -----------------------------------------------------


def fresh(*lines: bytes) -> Freshness | None:
    return freshness(read_head([b"HTTP/1.1 200 OK", *lines]), now=NOW)


@pytest.mark.parametrize(
    ("lines", "seconds"),
    [
        ([b"Cache-Control: max-age=600"], 600),
        ([b'Cache-Control: public, MAX-AGE="600", must-revalidate'], 600),
        ([b"Cache-Control: max-age=600", b"Age: 500"], 100),
        ([b"Cache-Control: max-age=600", b"Age: 900"], None),
        ([b"Cache-Control: max-age=31536000"], 86_400),
        ([b"Cache-Control: max-age=0"], None),
        ([b"Cache-Control: max-age=-1"], None),
        ([b"Cache-Control: max-age=lots"], None),
        ([b"Cache-Control: no-cache, max-age=600"], None),
        ([b"Cache-Control: s-maxage=600"], None),
        ([b"Expires: 0"], None),
        ([b"Expires: Thu, 01 Jan 1970 00:00:00 GMT"], None),
        ([], None),
    ],
)
def test_the_head_says_how_long_an_answer_stays_good(
    lines: list[bytes], seconds: int | None
) -> None:
    expected = (
        None if seconds is None else Freshness(wait=timedelta(seconds=seconds), pace=Pace.MAX_AGE)
    )
    assert fresh(*lines) == expected


def dated(name: str, at: datetime) -> bytes:
    return f"{name}: {format_datetime(at, usegmt=True)}".encode()


@pytest.mark.parametrize(
    ("skew", "seconds"), [(0, 1200), (50, 1200), (-50, 1200), (600, 600 * 60 + 1200)]
)
def test_an_expiry_is_read_by_the_servers_clock_unless_that_is_absurd(
    skew: int, seconds: int
) -> None:
    there = NOW + timedelta(minutes=skew)
    found = fresh(dated("Date", there), dated("Expires", there + timedelta(minutes=20)))
    assert found == Freshness(wait=timedelta(seconds=seconds), pace=Pace.EXPIRES)


def test_max_age_goes_before_expires() -> None:
    found = fresh(b"Cache-Control: max-age=60", dated("Expires", NOW + timedelta(hours=3)))
    assert found == Freshness(wait=timedelta(seconds=60), pace=Pace.MAX_AGE)


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=40))
def test_any_head_is_fresh_for_a_day_at_most_or_says_nothing(
    control: str, expires: str, age: str
) -> None:
    fields = {"cache-control": control, "expires": expires, "age": age}
    found = freshness(Head(status=200, fields=fields), now=NOW)
    assert found is None or timedelta(0) < found.wait <= timedelta(days=1)
