"""Fetching from real servers on loopback: what comes back, and what it may cost."""

from __future__ import annotations

import asyncio
import errno
import gc
import gzip
import itertools
import resource
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial
from hashlib import sha256
from pathlib import Path

import pycurl  # noqa: TID251 - its names for error codes are compared with ours
import pytest

from monitor.feeds.addresses import AllowList
from monitor.feeds.exchanges import Exchanges
from monitor.feeds.failures import CurlCode, failure
from monitor.feeds.fetch import Fetcher, Limits, Request
from monitor.feeds.http import Target, parse_target
from monitor.feeds.transfer import Transfer
from monitor.models import FailureReason, FetchError, NotModified, Response, Validators
from tests.servers.hostile import (
    OK_EMPTY,
    Behaviour,
    Connection,
    Server,
    answer,
    redirect,
    replies,
    routes,
    self_signed,
    serving,
)
from tests.servers.traps import (
    drip_body,
    drip_chunks,
    drip_fields,
    drip_interim_answers,
    drip_one_field,
    stall,
)

AGENT = "news-monitor/0 (+https://example.org/about)"
SHORT = Limits(total=timedelta(seconds=1))
Answer = Response | NotModified | FetchError


def _has_ipv6() -> bool:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


HAS_IPV6 = _has_ipv6()


def fetcher(
    limits: Limits = SHORT,
    allow: Sequence[str] = ("127.0.0.1",),
    lookup: Callable[[str, int], Sequence[str]] | None = None,
    max_in_flight: int = 64,
    max_kept: int = 64,
) -> Fetcher:
    more = {} if lookup is None else {"lookup": lookup}
    return Fetcher(
        limits=limits,
        user_agent=AGENT,
        allow=AllowList.parse(allow),
        max_in_flight=max_in_flight,
        max_kept=max_kept,
        **more,
    )


def fetch_all(
    *requests: Request | str,
    limits: Limits = SHORT,
    allow: Sequence[str] = ("127.0.0.1",),
    lookup: Callable[[str, int], Sequence[str]] | None = None,
) -> list[Answer]:
    """Fetch one after the other with one fetcher."""

    async def run() -> list[Answer]:
        mine = fetcher(limits, allow, lookup)
        try:
            return [
                await mine.fetch(Request(url=one) if isinstance(one, str) else one)
                for one in requests
            ]
        finally:
            mine.close()

    return asyncio.run(run())


def fetch(
    request: Request | str,
    limits: Limits = SHORT,
    allow: Sequence[str] = ("127.0.0.1",),
    lookup: Callable[[str, int], Sequence[str]] | None = None,
) -> Answer:
    return fetch_all(request, limits=limits, allow=allow, lookup=lookup)[0]


def failed(answer: Answer, reason: FailureReason) -> FetchError:
    assert isinstance(answer, FetchError), answer
    assert answer.reason is reason, answer
    return answer


# --- answers -----------------------------------------------------------------------------------


def test_a_200_comes_back_as_it_came() -> None:
    body = gzip.compress(b"<rss/>" * 100)
    with serving(
        replies(
            answer(
                200,
                body,
                Content_Type="application/rss+xml; charset=UTF-8",
                Content_Encoding="GZip",
                ETag='W/"a, b"',
                Last_Modified="yesterday, more or less",
            )
        )
    ) as server:
        found = fetch(server.url + "feed?x=1#part")
    assert found == Response(
        url=server.url + "feed?x=1",
        body=body,
        body_hash=sha256(body).hexdigest(),
        content_type="application/rss+xml; charset=UTF-8",
        content_encoding="gzip",
        validators=Validators(etag='W/"a, b"', last_modified="yesterday, more or less"),
    )


def test_exactly_the_polite_fields_are_sent() -> None:
    with serving(replies(answer(200, b"x", Set_Cookie="a=b; Path=/"))) as server:
        fetch_all(server.url, server.url)
    assert len(server.requests) == 2
    for request in server.requests:
        assert request.startswith(b"GET / HTTP/1.1\r\n")
    assert server.headers() == {
        b"host": f"127.0.0.1:{server.port}".encode(),
        b"user-agent": AGENT.encode(),
        b"accept": b"application/atom+xml, application/rss+xml, application/xml;q=0.9,"
        b" text/xml;q=0.9, */*;q=0.8",
        b"accept-encoding": b"gzip, deflate",
    }


def test_validators_go_back_byte_for_byte_and_a_304_is_not_modified() -> None:
    etag, modified = 'W/"\xe9\xff ,;\\"', "Thu,  1 Jan 1970 0:0:0 gmt"
    first = answer(200, b"x", ETag=etag, Last_Modified=modified)
    with serving(replies(first, answer(304, ETag='"new"'))) as server:
        before = fetch(server.url)
        assert isinstance(before, Response)
    with serving(replies(answer(304, ETag='"new"'))) as server:
        after = fetch(Request(url=server.url, validators=before.validators))
    assert server.headers()[b"if-none-match"] == etag.encode("latin-1")
    assert server.headers()[b"if-modified-since"] == modified.encode("latin-1")
    assert after == NotModified(validators=Validators(etag='"new"'))


def test_only_the_validator_that_was_given_is_sent() -> None:
    with serving(replies(answer(304))) as server:
        found = fetch(Request(url=server.url, validators=Validators(etag='"a"')))
    assert found == NotModified()
    assert b"if-modified-since" not in server.headers()


def test_a_304_that_nobody_asked_for_is_an_error() -> None:
    with serving(replies(answer(304))) as server:
        found = failed(fetch(server.url), FailureReason.HTTP_STATUS)
    assert found.status == 304


def test_an_empty_200_is_a_response() -> None:
    with serving(replies(OK_EMPTY)) as server:
        found = fetch(server.url)
    assert isinstance(found, Response)
    assert found.body == b""
    assert found.body_hash == sha256(b"").hexdigest()


def test_a_chunked_body_is_put_together() -> None:
    chunked = (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    )
    with serving(replies(chunked)) as server:
        found = fetch(server.url)
    assert isinstance(found, Response)
    assert found.body == b"abcde"


def test_fields_of_a_trailer_and_of_an_interim_answer_are_not_believed() -> None:
    odd = (
        b"HTTP/1.1 103 Early Hints\r\nETag: early\r\n\r\n"
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: ETag\r\n\r\n"
        b"1\r\nx\r\n0\r\nX 304 Y: z\r\nETag: late\r\n\r\n"
    )
    with serving(replies(odd)) as server:
        found = fetch(server.url)
    assert isinstance(found, Response)
    assert found.validators == Validators()


def test_a_second_head_in_the_trailer_does_not_replace_the_first() -> None:
    # libcurl keeps the line that ends a trailer to itself; if it ever did not, nothing changes.
    target = parse_target("http://example.org/")
    assert isinstance(target, Target)
    transfer = Transfer(
        target=target, addresses=(), headers=[], limits=SHORT, allow=AllowList(), deadline=1.0
    )
    for line in (b"HTTP/1.1 200 OK\r\n", b"ETag: a\r\n", b"\r\n"):
        assert transfer.on_header(line) is None
    assert transfer.on_body(b"x") is None
    for line in (b"HTTP/1.1 304 Y: z\r\n", b"ETag: b\r\n", b"\r\n"):
        assert transfer.on_header(line) is None
    found = transfer.result(CurlCode.OK, now=0.0)
    assert isinstance(found, tuple)
    assert (found[0].status, found[0].validators.etag, found[1]) == (200, "a", b"x")


@pytest.mark.parametrize("status", [201, 204, 206, 300, 400, 401, 404, 410, 429, 500, 503])
def test_any_other_status_is_an_error_that_names_it(status: int) -> None:
    with serving(replies(answer(status))) as server:
        found = failed(fetch(server.url), FailureReason.HTTP_STATUS)
    assert (found.detail, found.status) == (f"HTTP {status}", status)


def test_retry_after_is_read_in_seconds_and_as_a_date() -> None:
    in_an_hour = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    with serving(
        routes(
            {
                "/seconds": answer(429, b"slow down", Retry_After="120"),
                "/date": answer(503, Retry_After=in_an_hour),
                "/absurd": answer(503, Retry_After="-5"),
            }
        )
    ) as server:
        seconds, date, absurd = fetch_all(
            server.url + "seconds", server.url + "date", server.url + "absurd"
        )
    assert failed(seconds, FailureReason.HTTP_STATUS).retry_after == timedelta(seconds=120)
    wait = failed(date, FailureReason.HTTP_STATUS).retry_after
    assert wait is not None
    assert timedelta(minutes=59) < wait <= timedelta(hours=1)
    assert failed(absurd, FailureReason.HTTP_STATUS).retry_after is None


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"<rss></rss>",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nhalf",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhalf\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nA: \x00\r\n\r\nabc",
        b"HTTP/9.9 999 What\r\n\r\nabc",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\nabc",
    ],
)
def test_a_broken_or_cut_answer_is_an_error_and_never_half_a_feed(broken: bytes) -> None:
    def behave(connection: Connection) -> None:
        connection.read_request()
        connection.send(broken)

    with serving(behave) as server:
        found = fetch(server.url)
    assert isinstance(found, FetchError), found
    assert found.detail


def test_a_transfer_encoding_of_gzip_is_no_way_round_the_limit() -> None:
    bomb = gzip.compress(bytes(5_000_000))
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"
    chunk = f"{len(bomb):x}\r\n".encode() + bomb + b"\r\n0\r\n\r\n"
    with serving(replies(head + chunk)) as server:
        found = fetch(server.url, Limits(total=timedelta(seconds=5), max_bytes=100_000))
    if isinstance(found, Response):
        assert len(found.body) <= 100_000
    else:
        assert isinstance(found, FetchError)


def test_nobody_listening_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    found = failed(fetch(f"http://127.0.0.1:{port}/"), FailureReason.UNREACHABLE)
    assert found.detail == f"no connection to 127.0.0.1:{port}"


def test_an_address_that_cannot_be_read_is_a_value() -> None:
    for url in ("http://", "http://a b/", "http://[::1", "http://x:99999/", "http://\ud800/"):
        failed(fetch(url), FailureReason.UNREACHABLE)


def test_a_url_of_megabytes_is_a_value_and_harms_no_other() -> None:
    with serving(replies(OK_EMPTY)) as server:
        huge, fine = fetch_all(server.url + "x" * 9_000_000, server.url)
    failed(huge, FailureReason.UNREACHABLE)
    assert isinstance(fine, Response)


def test_capitals_in_scheme_and_host_do_no_harm() -> None:
    with serving(replies(OK_EMPTY)) as server:
        found = fetch(f"HTTP://Feed.EXAMPLE:{server.port}", lookup=_leads_to("127.0.0.1"))
    assert isinstance(found, Response)
    assert server.headers()[b"host"] == f"feed.example:{server.port}".encode()


def _leads_to(*addresses: str) -> Callable[[str, int], Sequence[str]]:
    return lambda host, port: addresses


def test_an_international_name_is_looked_up_in_ascii() -> None:
    asked: list[str] = []

    def lookup(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.1"]

    with serving(replies(OK_EMPTY)) as server:
        found = fetch(f"http://новости.рф:{server.port}/", lookup=lookup)
    assert isinstance(found, Response)
    assert asked == ["xn--b1amnebsh.xn--p1ai"]


def test_a_name_without_address_is_unreachable() -> None:
    def lookup(host: str, port: int) -> Sequence[str]:
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    found = failed(fetch("http://gone.example/", lookup=lookup), FailureReason.UNREACHABLE)
    assert found.detail == "no address found for gone.example: no such name"
    failed(fetch("http://gone.example/", lookup=_leads_to()), FailureReason.UNREACHABLE)


def test_an_open_connection_is_used_again() -> None:
    with serving(replies(answer(200, b"x"), answer(304), answer(200, b"y"))) as server:
        conditional = Request(url=server.url, validators=Validators(etag="x"))
        found = fetch_all(server.url, conditional, server.url)
    assert [type(one) for one in found] == [Response, NotModified, Response]
    assert server.connections == 1


@pytest.mark.parametrize(("max_kept", "connections"), [(5, 5), (6, 5), (4, 10)])
def test_as_many_connections_are_kept_as_shall_be(max_kept: int, connections: int) -> None:
    """With one less than there are hosts, asked in turns, each comes back to a closed one."""
    hosts = [f"feed-{number}.example" for number in range(5)]

    async def run(port: int) -> list[Answer]:
        mine = fetcher(allow=hosts, lookup=_leads_to("127.0.0.1"), max_kept=max_kept)
        try:
            return [
                await mine.fetch(Request(url=f"http://{host}:{port}/")) for host in (*hosts, *hosts)
            ]
        finally:
            mine.close()

    with serving(replies(*[answer(200, b"x")] * 10)) as server:
        found = asyncio.run(run(server.port))
    assert [type(one) for one in found] == [Response] * 10
    assert server.connections == connections


def test_a_kept_connection_that_ends_is_left_alone_and_another_made() -> None:
    """Whatever came on it would be there for ever: nobody reads it."""

    def answer_once(connection: Connection) -> None:
        connection.read_request()
        connection.send(answer(200, b"x"))
        connection.server.is_stopping.wait(0.1)

    async def run(url: str) -> None:
        mine = fetcher()
        try:
            for _ in range(3):
                assert isinstance(await mine.fetch(Request(url=url)), Response)
                used = time.process_time()
                await asyncio.sleep(0.5)
                assert time.process_time() - used < 0.25
        finally:
            mine.close()

    with serving(answer_once) as server:
        asyncio.run(run(server.url))
        assert server.connections == 3


def test_a_new_socket_is_watched_whatever_had_its_number_before() -> None:
    exchanges = Exchanges(timedelta(seconds=1), 1)
    watch = partial(exchanges._on_watch, pycurl.POLL_IN)

    def seen_of_a_new_socket() -> tuple[int, list[tuple[int, int]]]:
        one, other = socket.socketpair()
        with one, other:
            number = one.fileno()
            assert exchanges._on_new_socket(number, 0) == pycurl.SOCKOPT_OK
            watch(number, None, None)
            other.send(b"x")
            return number, exchanges._poller.poll(0)

    first, second = seen_of_a_new_socket(), seen_of_a_new_socket()
    exchanges.close()
    assert first == second == (first[0], [(first[0], select.EPOLLIN)])


def test_a_socket_that_went_from_the_set_comes_back_with_its_next_request() -> None:
    async def run() -> list[tuple[int, int]]:
        exchanges = Exchanges(timedelta(seconds=1), 1)
        one, other = socket.socketpair()
        with one, other:
            for what in (pycurl.POLL_IN, pycurl.POLL_REMOVE):
                exchanges._on_watch(what, one.fileno(), None, None)
            other.send(b"x")
            exchanges._on_ready()
            assert exchanges._poller.poll(0) == []
            exchanges._on_watch(pycurl.POLL_IN, one.fileno(), None, None)
            found = exchanges._poller.poll(0)
        exchanges.close()
        return found

    ((_, events),) = asyncio.run(run())
    assert events == select.EPOLLIN


def test_libcurl_is_told_to_forget_what_it_was_told_or_found_by_itself_and_nothing_else() -> None:
    """It goes through all that it remembers for each new connection."""

    async def run(port: int) -> list[list[str]]:
        mine = fetcher(allow=["127.0.0.1", "a.example"], lookup=_leads_to("127.0.0.1"))
        told = []
        try:
            for host in ("127.0.0.1", "127.0.0.1", "a.example", "a.example"):
                found = await mine.fetch(Request(url=f"http://{host}:{port}/"))
                assert isinstance(found, Response)
                told.append(mine._exchanges._forgetting())
        finally:
            mine.close()
        return told

    with serving(replies(*[answer(200, b"x")] * 4)) as server:
        told = asyncio.run(run(server.port))
    numeric, name = f"-127.0.0.1:{server.port}", f"-a.example:{server.port}"
    assert told == [[numeric], [], [name], [name]]


def test_what_one_request_brought_along_is_not_with_the_next() -> None:
    with serving(replies(answer(404))) as server:
        secret = server.url.replace("http://", "http://user:canary@")
        validators = Validators(etag="a", last_modified="b")
        fetch_all(Request(url=secret, validators=validators, accept=b"Accept: x/y"), server.url)
        before, after = server.headers(0), server.headers(1)
    assert before[b"authorization"] == b"Basic dXNlcjpjYW5hcnk="
    assert before[b"accept"] == b"x/y" != after[b"accept"]
    only_before = set(before) - set(after)
    assert only_before == {b"authorization", b"if-none-match", b"if-modified-since"}


# --- time --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "behave",
    [drip_body, drip_chunks, drip_fields, drip_one_field, drip_interim_answers, stall],
)
def test_a_dripping_or_silent_server_is_left_at_the_deadline(behave: Behaviour) -> None:
    with serving(behave) as server:
        started = time.monotonic()
        found = failed(fetch(server.url), FailureReason.TIMEOUT)
        spent = time.monotonic() - started
    assert 0.9 < spent < 2
    assert found.detail == "no complete answer from 127.0.0.1 within 1 s"


def test_a_server_that_never_begins_encryption_is_left_in_half_the_time() -> None:
    with serving(stall) as server:
        started = time.monotonic()
        found = failed(
            fetch(server.url.replace("http:", "https:")),
            FailureReason.TIMEOUT,
        )
        spent = time.monotonic() - started
    assert 0.4 < spent < 1
    assert found.detail == f"no connection to 127.0.0.1:{server.port} within 0.5 s"


def test_the_deadline_is_one_for_all_redirects() -> None:
    def behave(connection: Connection) -> None:
        while connection.read_request():
            connection.server.is_stopping.wait(0.4)
            connection.send(redirect("/again"))

    with serving(behave) as server:
        started = time.monotonic()
        failed(
            fetch(server.url, Limits(total=timedelta(seconds=1), max_redirects=50)),
            FailureReason.TIMEOUT,
        )
        spent = time.monotonic() - started
    assert 0.9 < spent < 2
    assert len(server.requests) == 3


@pytest.mark.parametrize("status", [302, 404])
def test_a_dripping_body_of_no_use_is_not_waited_for(status: int) -> None:
    def behave(connection: Connection) -> None:
        request = connection.read_request()
        if request.startswith(b"GET /there "):
            connection.send(OK_EMPTY)
            return
        connection.send(b"HTTP/1.1 %d X\r\nLocation: /there\r\n" % status)
        connection.send(b"Content-Length: 1000\r\n\r\n")
        connection.drip(itertools.repeat(b"x"), seconds=0.05)

    with serving(behave) as server:
        started = time.monotonic()
        found = fetch(server.url, Limits(total=timedelta(seconds=5)))
        spent = time.monotonic() - started
    assert spent < 2
    assert isinstance(found, Response if status == 302 else FetchError)


def test_names_that_nobody_answers_for_delay_no_other_feed() -> None:
    is_over = threading.Event()

    def lookup(host: str, port: int) -> Sequence[str]:
        if host.startswith("slow"):
            is_over.wait(20)
        return ["127.0.0.1"]

    async def run(port: int) -> tuple[float, Answer, list[Answer]]:
        mine = fetcher(lookup=lookup)
        try:
            slow = [
                asyncio.create_task(mine.fetch(Request(url=f"http://slow{n}.example:{port}/")))
                for n in range(50)
            ]
            await asyncio.sleep(0)
            started = time.monotonic()
            fast = await mine.fetch(Request(url=f"http://fast.example:{port}/"))
            return time.monotonic() - started, fast, await asyncio.gather(*slow)
        finally:
            mine.close()
            is_over.set()

    with serving(replies(OK_EMPTY)) as server:
        spent, fast, slow = asyncio.run(run(server.port))
    assert isinstance(fast, Response)
    assert spent < 0.5
    for one in slow:
        failed(one, FailureReason.TIMEOUT)
    assert len(server.requests) == 1


# --- size --------------------------------------------------------------------------------------

SMALL = Limits(total=timedelta(seconds=5), max_bytes=1_000, max_header_bytes=2_000)


def test_a_body_of_the_limit_is_kept_and_a_byte_more_is_too_large() -> None:
    with serving(
        routes({"/fits": answer(200, bytes(1_000)), "/over": answer(200, bytes(1_001))})
    ) as server:
        fits, over = fetch_all(server.url + "fits", server.url + "over", limits=SMALL)
    assert isinstance(fits, Response)
    assert failed(over, FailureReason.TOO_LARGE).detail == "the body is over 1,000 bytes"


def pour(start: bytes, piece: bytes) -> tuple[Behaviour, list[int]]:
    """Send without end as fast as the client takes it; count what it took."""
    taken = [0]

    def behave(connection: Connection) -> None:
        connection.read_request()
        connection.send(start)
        while not connection.server.is_stopping.is_set():
            connection.send(piece)
            taken[0] += len(piece)

    return behave, taken


FLOODS = {
    "body without length": (b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 1_000, "the body is over 1,000"),
    "chunks": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"64\r\n" + b"x" * 100 + b"\r\n",
        "the body is over 1,000 bytes",
    ),
    "fields": (b"HTTP/1.1 200 OK\r\n", b"X: y\r\n" * 100, "the head of the answer is over 2,000"),
    "one field": (b"HTTP/1.1 200 OK\r\nX: ", b"y" * 1_000, "answer has a line that is too long"),
    "interim answers": (
        b"",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 20,
        "the head of the answer is over 2,000",
    ),
    "trailers": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n",
        b"X: y\r\n" * 100,
        "the head of the answer is over 2,000",
    ),
}


@pytest.mark.parametrize("flood", FLOODS.values(), ids=FLOODS.keys())
def test_a_flood_ends_at_its_limit_and_is_named(flood: tuple[bytes, bytes, str]) -> None:
    start, piece, words = flood
    behave, taken = pour(start, piece)
    with serving(behave) as server:
        started = time.monotonic()
        found = failed(fetch(server.url, SMALL), FailureReason.TOO_LARGE)
        spent = time.monotonic() - started
    assert words in found.detail
    assert spent < 3
    # What the client's and the server's socket buffers hold was taken by the kernel, not by us.
    assert taken[0] < 20_000_000


def test_an_announced_length_over_the_limit_is_refused_before_the_body() -> None:
    def behave(connection: Connection) -> None:
        connection.read_request()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n")
        connection.wait_until_left()

    with serving(behave) as server:
        started = time.monotonic()
        found = failed(fetch(server.url, SMALL), FailureReason.TOO_LARGE)
        spent = time.monotonic() - started
        assert server.left.wait(5)
    assert found.detail == "the body is over 1,000 bytes"
    assert spent < 2


@pytest.mark.parametrize("status", [302, 404, 500])
def test_a_bomb_behind_another_status_is_not_read(status: int) -> None:
    start = b"HTTP/1.1 %d X\r\nLocation: /\r\n\r\n" % status
    behave, _ = pour(start, b"x" * 65_536)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with serving(behave) as server:
        started = time.monotonic()
        found = fetch(server.url, Limits(total=timedelta(seconds=10)))
        spent = time.monotonic() - started
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    failed(found, FailureReason.TOO_MANY_REDIRECTS if status == 302 else FailureReason.HTTP_STATUS)
    assert spent < 3
    assert grown < 32_000  # KiB


# --- redirects ---------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_followed(status: int) -> None:
    with serving(routes({"/": redirect("a/b", status), "/a/b": answer(200, b"x")})) as server:
        found = fetch(server.url)
    assert isinstance(found, Response)
    assert found.url == server.url + "a/b"


def test_a_redirect_without_location_is_a_status() -> None:
    with serving(replies(answer(301))) as server:
        assert failed(fetch(server.url), FailureReason.HTTP_STATUS).status == 301


def test_a_loop_ends_after_five_redirects() -> None:
    with serving(replies(redirect("/again"))) as server:
        found = failed(fetch(server.url), FailureReason.TOO_MANY_REDIRECTS)
    assert found.detail == "more than 5 redirects"
    assert len(server.requests) == 6


def test_five_redirects_are_followed() -> None:
    steps = {"/": redirect("/1")} | {f"/{n}": redirect(f"/{n + 1}") for n in range(1, 5)}
    with serving(routes({**steps, "/5": OK_EMPTY})) as server:
        assert isinstance(fetch(server.url), Response)


@pytest.mark.parametrize(
    "location",
    [
        "file:///etc/passwd",
        "FILE:///etc/passwd",
        "gopher://127.0.0.1/",
        "ftp://127.0.0.1/",
        "dict://127.0.0.1:11211/stats",
        "javascript:alert(1)",
        "data:,x",
    ],
)
@pytest.mark.parametrize("status", [301, 307])
def test_a_redirect_to_another_scheme_is_forbidden(location: str, status: int) -> None:
    with serving(replies(redirect(location, status))) as server:
        found = failed(fetch(server.url), FailureReason.FORBIDDEN_SCHEME)
    assert found.detail.startswith(location.partition(":")[0].lower() + ":")


def test_a_file_is_never_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("canary")
    found = failed(fetch(f"file://{secret}"), FailureReason.FORBIDDEN_SCHEME)
    assert "canary" not in str(found)


def test_validators_go_along_to_every_hop() -> None:
    with serving(routes({"/": redirect("/there"), "/there": answer(304)})) as server:
        found = fetch(Request(url=server.url, validators=Validators(etag='"a"')))
    assert isinstance(found, NotModified)
    assert [server.headers(n)[b"if-none-match"] for n in (0, 1)] == [b'"a"', b'"a"']


def test_credentials_are_sent_to_their_origin_and_to_no_other() -> None:
    with (
        serving(replies(OK_EMPTY)) as other,
        serving(routes({"/": redirect("/there"), "/there": redirect(other.url)})) as server,
    ):
        fetch(server.url.replace("//", "//user:secret@"))
    expected = b"Basic dXNlcjpzZWNyZXQ="
    assert [server.headers(n)[b"authorization"] for n in (0, 1)] == [expected, expected]
    assert b"authorization" not in other.headers()
    assert b"referer" not in other.headers()


def test_cookies_are_not_kept_between_hops() -> None:
    first = answer(302, Location="/there", Set_Cookie="a=b; Path=/")
    with serving(routes({"/": first, "/there": OK_EMPTY})) as server:
        assert isinstance(fetch(server.url), Response)
    assert b"cookie" not in server.headers()


# --- addresses ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "LOCALHOST.",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "127.1",
        "①②⑦.0.0.1",
        "0.0.0.0",
        "0",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[0:0:0:0:0:ffff:7f00:1]",
        "user:pass@127.0.0.1",
    ],
)
def test_this_machine_is_not_asked_under_any_of_its_names(host: str) -> None:
    with serving(replies(OK_EMPTY)) as server:
        six = serving(replies(OK_EMPTY), host="::1", port=server.port) if HAS_IPV6 else None
        with six or nullcontext() as server6:
            found = failed(
                fetch(f"http://{host}:{server.port}/", allow=()), FailureReason.FORBIDDEN_ADDRESS
            )
    assert server.connections == 0
    assert server6 is None or server6.connections == 0
    assert found.detail.endswith("is not a public address")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "2130706433", "[::ffff:127.0.0.1]", "inside.example"]
)
def test_a_redirect_to_a_forbidden_address_makes_no_connection(status: int, host: str) -> None:
    with serving(replies(OK_EMPTY)) as inside:
        location = f"http://{host}:{inside.port}/"
        with serving(replies(redirect(location, status)), host="127.0.0.2") as outside:
            found = fetch(outside.url, allow=["127.0.0.2"], lookup=_leads_to("127.0.0.1"))
    failed(found, FailureReason.FORBIDDEN_ADDRESS)
    assert outside.connections == 1
    assert inside.connections == 0


def test_a_name_that_changes_its_address_is_judged_by_the_last() -> None:
    turns = itertools.chain([["127.0.0.2"]], itertools.repeat(["127.0.0.1"]))

    def lookup(host: str, port: int) -> Sequence[str]:
        return next(turns)

    with (
        serving(replies(OK_EMPTY)) as inside,
        serving(_answer_once, host="127.0.0.2", port=inside.port) as outside,
    ):
        url = f"http://rebinding.example:{inside.port}/"
        first, second = fetch_all(url, url, allow=["127.0.0.2"], lookup=lookup)
    assert isinstance(first, Response)
    failed(second, FailureReason.FORBIDDEN_ADDRESS)
    assert outside.connections == 1
    assert inside.connections == 0


def _answer_once(connection: Connection) -> None:
    connection.read_request()
    connection.send(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")


def test_of_several_addresses_only_the_allowed_are_connected_to() -> None:
    with (
        serving(replies(OK_EMPTY)) as inside,
        serving(replies(OK_EMPTY), host="127.0.0.2", port=inside.port) as outside,
    ):
        found = fetch(
            f"http://both.example:{inside.port}/",
            allow=["127.0.0.2"],
            lookup=_leads_to("127.0.0.1", "::1", "127.0.0.2"),
        )
    assert isinstance(found, Response)
    assert (inside.connections, outside.connections) == (0, 1)


def test_an_open_connection_of_an_allowed_host_serves_no_other_host() -> None:
    with serving(replies(OK_EMPTY)) as server:
        first, second = fetch_all(
            f"http://listed.example:{server.port}/",
            f"http://other.example:{server.port}/",
            allow=["listed.example"],
            lookup=_leads_to("127.0.0.1"),
        )
    assert isinstance(first, Response)
    found = failed(second, FailureReason.FORBIDDEN_ADDRESS)
    assert found.detail == "other.example leads to 127.0.0.1, which is not a public address"
    assert (server.connections, len(server.requests)) == (1, 1)


def test_an_entry_with_a_port_opens_exactly_this_port() -> None:
    with serving(replies(OK_EMPTY)) as listed, serving(replies(OK_EMPTY)) as other:
        first, second = fetch_all(listed.url, other.url, allow=[f"127.0.0.1:{listed.port}"])
    assert isinstance(first, Response)
    failed(second, FailureReason.FORBIDDEN_ADDRESS)
    assert (listed.connections, other.connections) == (1, 0)


@pytest.mark.skipif(not HAS_IPV6, reason="no IPv6 on this machine")
def test_a_listed_ipv6_address_can_be_asked() -> None:
    with serving(replies(OK_EMPTY), host="::1") as server:
        assert isinstance(fetch(server.url, allow=["::1"]), Response)


def test_the_environments_proxies_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(replies(OK_EMPTY)) as proxy, serving(replies(OK_EMPTY)) as server:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        monkeypatch.delenv("no_proxy", raising=False)
        assert isinstance(fetch(server.url), Response)
    assert (proxy.connections, server.connections) == (0, 1)


def test_passwords_of_a_netrc_file_are_not_sent(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login a password b\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    with serving(replies(OK_EMPTY)) as server:
        fetch(server.url)
    assert b"authorization" not in server.headers()


# --- encryption --------------------------------------------------------------------------------


def test_a_certificate_that_nobody_vouches_for_is_an_error_of_tls(tmp_path: Path) -> None:
    try:
        context, _ = self_signed(tmp_path)
    except FileNotFoundError:
        pytest.skip("no openssl command")
    with serving(replies(OK_EMPTY), tls=context) as server:
        found = failed(fetch(server.url), FailureReason.TLS)
    assert found.detail == "the certificate of 127.0.0.1 cannot be trusted"
    assert server.requests == []


def test_certificates_of_the_systems_roots_are_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    try:
        context, certificate = self_signed(tmp_path)
    except FileNotFoundError:
        pytest.skip("no openssl command")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with serving(replies(answer(200, b"x")), tls=context) as server:
        found, wrong_name = fetch_all(
            server.url,
            f"https://other.example:{server.port}/",
            lookup=_leads_to("127.0.0.1"),
        )
    assert isinstance(found, Response)
    failed(wrong_name, FailureReason.TLS)


def test_a_server_without_encryption_is_an_error_of_tls() -> None:
    with serving(lambda connection: connection.send(b"220 hello\r\n" * 10)) as server:
        failed(fetch(server.url.replace("http:", "https:")), FailureReason.TLS)


# --- secrets -----------------------------------------------------------------------------------


def _hang_up(connection: Connection) -> None:
    connection.read_request()


@pytest.mark.parametrize(
    "behave",
    [
        stall,
        drip_body,
        _hang_up,
        replies(answer(404)),
        replies(redirect("?token=canary")),
        replies(redirect("ftp://user:canary@127.0.0.1/canary")),
        replies(redirect("http://user:canary@10.0.0.1/canary?token=canary")),
        replies(redirect("http://user:canary@127.0.0.1:1/canary")),
        replies(redirect("http://user:canary@[::1/canary")),
        replies(redirect("http://user:canary@gone.example/canary")),
        replies(b"canary\r\n\r\n"),
    ],
)
def test_secrets_of_an_address_are_in_no_detail(behave: Behaviour) -> None:
    def lookup(host: str, port: int) -> Sequence[str]:
        raise OSError(errno.EIO, "no answer")

    with serving(behave) as server:
        secret = f"canary:canary@127.0.0.1:{server.port}/canary?token=canary#canary"
        for url in (f"http://{secret}", f"https://{secret}"):
            found = fetch(url, Limits(total=timedelta(seconds=0.5)), lookup=lookup)
            assert isinstance(found, FetchError)
            assert "canary" not in repr(found)


def test_secrets_of_a_wrong_address_are_in_no_detail() -> None:
    for url in (
        "http://user:canary@",
        "ftp://user:canary@127.0.0.1/canary",
        "user:canary@127.0.0.1/canary",
        "http://user:canary@127.0.0.1:canary/",
        "http://user:canary@127.0.0.1/?token=canary",
        "canary",
    ):
        found = fetch(url, allow=())
        assert isinstance(found, FetchError)
        assert "canary" not in found.detail
        assert "canary" not in repr(Request(url=url))


def test_the_address_that_answered_is_told_without_credentials() -> None:
    with serving(replies(OK_EMPTY)) as server:
        found = fetch(server.url.replace("//", "//user:canary@") + "feed?token=t")
    assert isinstance(found, Response)
    assert found.url == server.url + "feed?token=t"


# --- many at once, cancelling, closing ---------------------------------------------------------


@pytest.fixture
def many_files() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 4_096
    if hard != resource.RLIM_INFINITY and hard < wanted:
        pytest.skip(f"needs {wanted} open files")
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.usefixtures("many_files")
def test_a_thousand_requests_in_flight_all_come_back() -> None:
    count = 1_000

    async def run() -> list[Answer]:
        all_here = asyncio.Event()
        here = itertools.count(1)

        async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            if next(here) == count:
                all_here.set()
            await all_here.wait()
            writer.write(OK_EMPTY)
            await writer.drain()
            writer.close()
            await writer.wait_closed()

        mine = fetcher(Limits(total=timedelta(seconds=20)), max_in_flight=count)
        server = await asyncio.start_server(behave, "127.0.0.1", backlog=2_048)
        try:
            url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
            return await asyncio.gather(
                *(mine.fetch(Request(url=f"{url}{n}")) for n in range(count))
            )
        finally:
            mine.close()
            server.close()
            await server.wait_closed()

    found = asyncio.run(run())
    assert [type(one) for one in found] == [Response] * count
    assert len({one.url for one in found if isinstance(one, Response)}) == count


def test_no_more_than_allowed_are_in_flight() -> None:
    lock = threading.Lock()
    now, most = [0], [0]

    def behave(connection: Connection) -> None:
        while connection.read_request():
            with lock:
                now[0] += 1
                most[0] = max(most[0], now[0])
            connection.server.is_stopping.wait(0.02)
            with lock:
                now[0] -= 1
            connection.send(OK_EMPTY)

    async def run(url: str) -> list[Answer]:
        mine = fetcher(max_in_flight=3)
        try:
            return await asyncio.gather(*(mine.fetch(Request(url=url)) for _ in range(30)))
        finally:
            mine.close()

    with serving(behave) as server:
        found = asyncio.run(run(server.url))
    assert all(isinstance(one, Response) for one in found)
    assert most[0] == 3


async def until(is_so: Callable[[], bool]) -> None:
    """Wait for what another thread does; five seconds at most."""
    async with asyncio.timeout(5):
        while not is_so():  # noqa: ASYNC110 - the other thread knows no asyncio
            await asyncio.sleep(0.005)


def test_cancelling_hangs_up_and_frees_the_place() -> None:
    async def run(server: Server) -> Answer:
        mine = fetcher(Limits(total=timedelta(seconds=20)), max_in_flight=1)
        try:
            task = asyncio.create_task(mine.fetch(Request(url=server.url)))
            await until(lambda: server.connections == 1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await until(server.left.is_set)
            async with asyncio.timeout(5):
                return await mine.fetch(Request(url=server.url))
        finally:
            mine.close()

    def behave(connection: Connection) -> None:
        if connection.server.connections == 1:
            connection.wait_until_left()
        else:
            replies(OK_EMPTY)(connection)

    with serving(behave) as server:
        assert isinstance(asyncio.run(run(server)), Response)


def test_closing_cancels_what_is_under_way_and_what_waits() -> None:
    async def run(server: Server) -> None:
        mine = fetcher(Limits(total=timedelta(seconds=20)), max_in_flight=2)
        tasks = [asyncio.create_task(mine.fetch(Request(url=server.url))) for _ in range(5)]
        await until(lambda: server.connections == 2)
        mine.close()
        mine.close()
        async with asyncio.timeout(5):
            found = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(one) for one in found] == [asyncio.CancelledError] * 5
        with pytest.raises(RuntimeError, match="closed"):
            await mine.fetch(Request(url=server.url))
        await until(server.left.is_set)
        assert server.connections == 2

    before = threading.active_count()
    with serving(stall) as server:
        asyncio.run(run(server))
    assert threading.active_count() == before


def test_closing_after_the_event_loop_is_gone_works() -> None:
    async def run(mine: Fetcher, server: Server) -> None:
        task = asyncio.create_task(mine.fetch(Request(url=server.url)))
        await until(lambda: server.connections == 1)
        task.cancel()

    with serving(stall) as server:
        mine = fetcher()
        asyncio.run(run(mine, server))
        mine.close()


class FullPoller:
    """As when the system lets nobody watch another descriptor."""

    def __init__(self, poller: select.epoll) -> None:
        self._poller = poller

    def register(self, *_: int) -> None:
        raise OSError(errno.ENOSPC, "no more watches")

    def __getattr__(self, name: str) -> object:
        return getattr(self._poller, name)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_failure_of_libcurl_is_told_to_everyone(capfd: pytest.CaptureFixture[str]) -> None:
    async def run(server: Server) -> None:
        mine = fetcher(Limits(total=timedelta(seconds=20)), max_in_flight=2)
        try:
            waits = asyncio.create_task(mine.fetch(Request(url=server.url)))
            await until(lambda: server.connections == 1)
            mine._exchanges._poller = FullPoller(mine._exchanges._poller)
            async with asyncio.timeout(5):
                more = [mine.fetch(Request(url=server.url)) for _ in range(2)]
                found = await asyncio.gather(waits, *more, return_exceptions=True)
            assert [str(one) for one in found] == ["libcurl has failed"] * 3
            assert all(isinstance(one.__cause__, pycurl.error) for one in found)
            with pytest.raises(RuntimeError, match="closed"):
                await mine.fetch(Request(url=server.url))
        finally:
            mine.close()

    with serving(stall) as server:
        asyncio.run(run(server))
    assert "no more watches" in capfd.readouterr().err


def test_nothing_of_an_answer_is_kept() -> None:
    async def run(url: str) -> int:
        mine = fetcher()
        try:
            for _ in range(3):
                assert isinstance(await mine.fetch(Request(url=url)), Response)
            gc.collect()
            return sum(isinstance(thing, Transfer) for thing in gc.get_objects())
        finally:
            mine.close()

    with serving(replies(answer(200, bytes(100_000)))) as server:
        assert asyncio.run(run(server.url)) == 0


# --- libcurl's codes ---------------------------------------------------------------------------


def test_our_numbers_are_libcurls() -> None:
    named = {code: getattr(pycurl, f"E_{code.name}", None) for code in CurlCode}
    assert {code.name for code, number in named.items() if number is None} <= {
        "HTTP2_STREAM",
        "TOO_LARGE",
        "WEIRD_SERVER_REPLY",
    }
    assert all(number in (None, int(code)) for code, number in named.items())
    assert pycurl.E_FTP_WEIRD_SERVER_REPLY == CurlCode.WEIRD_SERVER_REPLY


def test_every_code_of_libcurl_has_a_reason_and_words() -> None:
    codes = {getattr(pycurl, name) for name in dir(pycurl) if name.startswith("E_")}
    for code in codes | set(CurlCode) | {-1, 12_345}:
        found = failure(code, host="h.example", port=80, within=timedelta(seconds=30))
        assert found.reason in FailureReason
        assert found.detail
        assert "{" not in found.detail


@pytest.mark.parametrize("name", ["", "x\r\nY: z", "\N{BLACK HEART SUIT}", "x\x00"])
def test_a_user_agent_that_no_header_can_hold_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="User-Agent"):
        Fetcher(limits=SHORT, user_agent=name, allow=AllowList())
