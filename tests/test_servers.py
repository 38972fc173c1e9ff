"""Touches the world: the servers of the test suite do what they say."""

from __future__ import annotations

import gzip
import http.client
import os
import re
import signal
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.servers import hostile_bodies
from tests.servers.feeds import Counts, FeedServer, Item
from tests.servers.feedxml import render
from tests.servers.notify import Supervisor

ROOT = Path(__file__).parent.parent
FIRST = Item(
    guid="1",
    link="https://hoggar.example/1?a=1&b=2",
    title="L'Algérie & <les> autres",
    html="<p>Premier&nbsp;texte</p>",
    published_at=datetime(2025, 3, 7, 12, 0, tzinfo=UTC),
    author='N. "Nadir" Sellami',
    categories=("Défense", "Énergie & mines"),
)
SECOND = replace(FIRST, guid="2", title="Second", published_at=None)


# --- the feed server ---------------------------------------------------------------


class Answer:
    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()


def get(server: FeedServer, path: str = "/a.xml", method: str = "GET", **headers: str) -> Answer:
    """One request on a connection of its own; ``if_none_match="…"`` becomes If-None-Match."""
    connection = http.client.HTTPConnection(server.host, server.port, timeout=10)
    try:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, headers=named)
        return Answer(connection.getresponse())
    finally:
        connection.close()


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with FeedServer() as running:
        running.set_feed("/a.xml", [FIRST], title="A", language="fr")
        yield running


def test_an_rss_feed_is_read_back_as_it_was_set(server: FeedServer) -> None:
    channel = ET.fromstring(get(server).body)[0]
    entry = channel.find("item")
    assert entry is not None
    assert [channel.findtext(name) for name in ("title", "language")] == ["A", "fr"]
    assert [entry.findtext(name) for name in ("guid", "link", "title", "description")] == [
        FIRST.guid,
        FIRST.link,
        FIRST.title,
        FIRST.html,
    ]
    assert parsedate_to_datetime(entry.findtext("pubDate") or "") == FIRST.published_at
    assert entry.findtext("{http://purl.org/dc/elements/1.1/}creator") == FIRST.author
    assert tuple(found.text for found in entry.findall("category")) == FIRST.categories


def test_an_atom_feed_is_read_back_as_it_was_set(server: FeedServer) -> None:
    server.set_feed("/atom.xml", [FIRST, SECOND], kind="atom", title="B", language="fr")
    answer = get(server, "/atom.xml")
    atom = "{http://www.w3.org/2005/Atom}"
    first, second = ET.fromstring(answer.body).findall(f"{atom}entry")
    assert answer.headers["Content-Type"].startswith("application/atom+xml")
    assert [first.findtext(f"{atom}{name}") for name in ("id", "title", "content")] == [
        FIRST.guid,
        FIRST.title,
        FIRST.html,
    ]
    link = first.find(f"{atom}link")
    assert link is not None
    assert link.get("href") == FIRST.link
    assert first.findtext(f"{atom}published") == "2025-03-07T12:00:00+00:00"
    assert second.find(f"{atom}published") is None


xml_text = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\ufffe\uffff").filter(
        lambda letter: letter >= " " or letter in "\t\n\r"
    )
)


@given(title=xml_text, html=xml_text, kind=st.sampled_from(["rss", "atom"]))
def test_any_text_that_xml_can_hold_comes_back_unchanged(title: str, html: str, kind: str) -> None:
    item = Item(guid="1", link="https://x.example/", title=title, html=html)
    root = ET.fromstring(render([item], kind=kind))  # type: ignore[arg-type]
    found = {element.tag.rpartition("}")[2]: element.text or "" for element in root.iter()}
    assert found["title"] == title
    assert found["description" if kind == "rss" else "content"] == html


@pytest.mark.parametrize("bad", ["\0", "\x1b", "\ud800", "\ufffe"])
def test_a_character_that_xml_cannot_hold_is_refused_when_it_is_set(
    server: FeedServer, bad: str
) -> None:
    with pytest.raises(ValueError, match="XML cannot hold"):
        server.set_feed("/a.xml", [replace(FIRST, title=f"x{bad}")])


def test_the_validators_sent_back_give_a_304_until_an_article_is_added(server: FeedServer) -> None:
    first = get(server)
    etag, date = first.headers["ETag"], first.headers["Last-Modified"]
    assert re.fullmatch(r'"[0-9a-f]+"', etag)
    for known in (
        {"if_none_match": etag, "if_modified_since": date},
        {"if_none_match": etag},
        {"if_none_match": f'"other", W/{etag}'},
        {"if_modified_since": date},
    ):
        answer = get(server, **known)
        assert (answer.status, answer.body) == (304, b"")
        assert answer.headers["ETag"] == etag
    server.add("/a.xml", SECOND)
    for known in ({"if_none_match": etag}, {"if_modified_since": date}):
        answer = get(server, **known)
        assert answer.status == 200
        assert answer.headers["ETag"] != etag
        assert answer.headers["Last-Modified"] != date
        titles = [found.text for found in ET.fromstring(answer.body).iter("title")]
        assert titles == ["A", SECOND.title, FIRST.title]


def test_an_etag_that_differs_outweighs_a_date_that_fits(server: FeedServer) -> None:
    date = get(server).headers["Last-Modified"]
    assert get(server, if_none_match='"other"', if_modified_since=date).status == 200


@pytest.mark.parametrize("date", ["", "yesterday", "Thu, 01 Jan 1970 00:00:00 GMT"])
def test_a_date_that_is_old_or_none_gives_the_feed(server: FeedServer, date: str) -> None:
    assert get(server, if_modified_since=date).status == 200


def test_a_feed_set_again_with_equal_content_keeps_its_validators(server: FeedServer) -> None:
    before = get(server)
    server.set_feed("/a.xml", [FIRST], title="A", language="fr")
    after = get(server)
    assert before.headers["ETag"] == after.headers["ETag"]
    assert before.headers["Last-Modified"] == after.headers["Last-Modified"]


def test_last_modified_is_never_later_than_the_answer(server: FeedServer) -> None:
    for number in range(20):
        server.add("/a.xml", replace(FIRST, guid=str(number)))
    headers = get(server).headers
    assert parsedate_to_datetime(headers["Last-Modified"]) < parsedate_to_datetime(headers["Date"])


def test_gzip_is_used_where_it_is_accepted_under_an_etag_of_its_own(server: FeedServer) -> None:
    plain = get(server)
    packed = get(server, accept_encoding="br, gzip;q=0.5")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    assert packed.headers["ETag"] != plain.headers["ETag"]
    assert packed.headers["Vary"] == "Accept-Encoding"
    known = packed.headers["ETag"]
    assert get(server, accept_encoding="gzip", if_none_match=known).status == 304
    assert get(server, if_none_match=known).status == 200
    for refusal in ("identity", "gzip;q=0", "gzip; q=0.0, br"):
        assert "Content-Encoding" not in get(server, accept_encoding=refusal).headers


def test_requests_are_counted_by_path_and_kept_with_their_headers(server: FeedServer) -> None:
    before = time.monotonic()
    etag = get(server, user_agent="one/1.0").headers["ETag"]
    get(server, if_none_match=etag)
    get(server, if_none_match='"stale"')
    missing = get(server, "/a.xml?utm=1")
    assert missing.status == 404
    assert server.counts("/a.xml") == Counts(requests=3, conditional=2, not_modified=1)
    assert server.counts("/a.xml?utm=1") == Counts(requests=1)
    assert server.counts("/never") == Counts()
    first, second, *_ = server.requests
    assert (first.method, first.path, first.headers["user-agent"]) == ("GET", "/a.xml", "one/1.0")
    assert second.headers["if-none-match"] == etag
    assert before <= first.at <= second.at <= time.monotonic()


def test_waiting_for_a_request_that_does_not_come_ends_with_an_error(server: FeedServer) -> None:
    get(server)
    server.wait_for_requests("/a.xml", 1)
    with pytest.raises(TimeoutError, match="waited for 2 requests"):
        server.wait_for_requests("/a.xml", 2, timeout=0.01)


def test_a_head_request_gets_the_headers_alone(server: FeedServer) -> None:
    answer = get(server, method="HEAD")
    assert answer.body == b""
    assert int(answer.headers["Content-Length"]) == len(get(server).body)
    assert [request.method for request in server.requests] == ["HEAD", "GET"]


def test_a_raw_answer_goes_out_as_it_was_given(server: FeedServer) -> None:
    server.set_raw("/moved", 301, {"Location": "file:///etc/passwd", "X-Odd": "1"}, b"\0gone")
    answer = get(server, "/moved")
    assert (answer.status, answer.body) == (301, b"\0gone")
    assert answer.headers["Location"] == "file:///etc/passwd"
    server.remove("/moved")
    assert get(server, "/moved").status == 404


def test_leaving_the_with_ends_a_behaviour_that_drips_and_an_idle_connection() -> None:
    with FeedServer() as server:

        def drip(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(200)
            handler.end_headers()
            while not server.stopping.wait(0.01):
                handler.wfile.write(b"x")

        server.set_behaviour("/drip", drip)
        server.set_feed("/a.xml", [FIRST])
        dripping = http.client.HTTPConnection(server.host, server.port, timeout=10)
        dripping.request("GET", "/drip")
        dripped = dripping.getresponse()
        assert dripped.read(3) == b"xxx"
        idle = http.client.HTTPConnection(server.host, server.port, timeout=10)
        idle.request("GET", "/a.xml")
        idle.getresponse().read()
    dripped.read()
    assert idle.sock.recv(1) == b""
    dripping.close()
    idle.close()


def test_two_servers_can_look_like_two_hosts() -> None:
    with FeedServer("127.0.0.7") as one, FeedServer("127.0.0.8", one.port) as other:
        one.set_feed("/a.xml", [FIRST])
        assert one.url("/a.xml") == f"http://127.0.0.7:{one.port}/a.xml"
        assert get(one).status == 200
        assert get(other).status == 404


def test_files_of_a_folder_are_read_again_at_each_request(tmp_path: Path) -> None:
    file = tmp_path / "a.xml"
    file.write_bytes(b"<rss/>")
    (tmp_path / "b.txt").write_text("private")
    with FeedServer(directory=tmp_path) as server:
        first = get(server)
        assert first.body == b"<rss/>"
        assert get(server, if_none_match=first.headers["ETag"]).status == 304
        file.write_bytes(b"<rss></rss>")
        assert get(server, if_none_match=first.headers["ETag"]).body == b"<rss></rss>"
        for outside in ("/b.txt", "/../a.xml", "//a.xml", "/%2e%2e/a.xml", "/"):
            assert get(server, outside).status == 404


@contextmanager
def command(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A module's command line, killed at the end."""
    process = subprocess.Popen(
        [sys.executable, "-m", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_the_command_line_serves_a_folder_and_prints_each_request(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_bytes(b"<rss/>")
    with command("tests.servers.feeds", "--port", "0", "--dir", str(tmp_path)) as process:
        assert process.stdout is not None
        found = re.fullmatch(r"http://127\.0\.0\.1:(\d+)/a\.xml", process.stdout.readline().strip())
        assert found is not None
        connection = http.client.HTTPConnection("127.0.0.1", int(found[1]), timeout=10)
        connection.request("GET", "/a.xml", headers={"If-None-Match": '"x"', "User-Agent": "me/1"})
        assert connection.getresponse().read() == b"<rss/>"
        connection.close()
        assert process.stdout.readline() == "GET '/a.xml' conditional 'me/1'\n"
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0


def test_the_command_line_refuses_what_is_not_a_folder(tmp_path: Path) -> None:
    with command("tests.servers.feeds", "--dir", str(tmp_path / "none")) as process:
        output, _ = process.communicate(timeout=10)
        assert process.returncode == 2
        assert "is not a folder" in output


# --- hostile bodies ----------------------------------------------------------------


@pytest.mark.parametrize("name", hostile_bodies.BODIES)
def test_a_hostile_body_passes_the_limit_of_a_fetch(name: str) -> None:
    assert 0 < len(hostile_bodies.BODIES[name]()) <= 10_000_000


def test_the_gzip_bomb_is_small_and_inflates_to_what_it_says() -> None:
    bomb = hostile_bodies.gzip_bomb()
    assert len(bomb) < 400_000
    inflate = zlib.decompressobj(16 + zlib.MAX_WBITS)
    head = inflate.decompress(bomb, 100)
    size = len(head)
    while rest := inflate.decompress(inflate.unconsumed_tail, 1_000_000):
        size += len(rest)
    assert head.startswith(b"<?xml")
    assert 300_000_000 <= size <= 300_001_000
    assert inflate.eof


READ = """
import io, sys, feedparser
body = io.BytesIO(sys.stdin.buffer.read())
print("reading", flush=True)
feedparser.parse(body, sanitize_html=False, resolve_relative_uris=False)
"""


@pytest.mark.slow
@pytest.mark.parametrize("name", hostile_bodies.HANGING)
def test_a_hanging_body_still_hangs_feedparser_for_three_seconds(name: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", READ], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(hostile_bodies.BODIES[name]())
        process.stdin.close()
        assert process.stdout.readline() == b"reading\n"
        try:
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(3)
        finally:
            process.kill()


# --- the supervisor ----------------------------------------------------------------

# Says what it was told, pings on SIGUSR1, reloads on SIGHUP, ends with 3 on SIGTERM; with an
# argument it is deaf to SIGTERM. Its child has sent a ping of its own before READY.
SERVICE = """
import os, signal, socket, sys

out = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
out.connect(os.environ["NOTIFY_SOCKET"])
signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
ours = os.environ.get("WATCHDOG_PID") == str(os.getpid())
out.send(f"STATUS=watchdog {os.environ.get('WATCHDOG_USEC')} ours {ours}".encode())
has_spoken, speaks = os.pipe()
child = os.fork()
if child == 0:
    out.send(b"WATCHDOG=1")
    os.write(speaks, b"x")
    signal.sigwait({signal.SIGTERM})
os.read(has_spoken, 1)
out.send(f"X_CHILD={child}\\nREADY=1\\n".encode())
while number := signal.sigwait({signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1}):
    if number == signal.SIGUSR1:
        out.send(b"WATCHDOG=1")
    elif number == signal.SIGHUP:
        out.send(b"RELOADING=1\\nREADY=1")
    elif not sys.argv[1:]:
        out.send(b"STOPPING=1")
        sys.exit(3)
"""


def service(*arguments: str) -> list[str]:
    return [sys.executable, "-c", SERVICE, *arguments]


def is_gone(pid: int) -> bool:
    """Whether a process has ended, within a second (a zombie has)."""
    for _ in range(100):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return True
        if state == "Z":
            return True
        time.sleep(0.01)
    return False


def test_a_service_is_heard_as_systemd_would_hear_it() -> None:
    with Supervisor(service(), watchdog=timedelta(seconds=5)) as running:
        ready = running.wait_for("READY=1", timeout=10)
        assert running.started_at < ready.at <= time.monotonic()
        assert ready.pid == running.pid
        assert running.wait_for("STATUS=", timeout=0).text == "STATUS=watchdog 5000000 ours True"
        assert running.stop() == 3
        texts = [one.text for one in running.notifications]
        assert [text for text in texts if not text.startswith(("STATUS=", "X_CHILD="))] == [
            "READY=1",
            "STOPPING=1",
        ]


def test_pings_are_counted_between_two_instants() -> None:
    with Supervisor(service()) as running:
        instants = [running.wait_for("READY=1", timeout=10).at]
        for _ in range(3):
            running.signal(signal.SIGUSR1)
            after = instants[-1] + 1e-9
            instants.append(running.wait_for("WATCHDOG=1", timeout=10, after=after).at)
        assert running.pings_between(0, time.monotonic()) == tuple(instants[1:])
        assert running.pings_between(instants[2], instants[3]) == (instants[2],)


def test_a_reload_is_told_apart_from_the_start() -> None:
    with Supervisor(service()) as running:
        ready = running.wait_for("READY=1", timeout=10)
        running.signal(signal.SIGHUP)
        reloading = running.wait_for("RELOADING=1", timeout=10)
        assert running.wait_for("READY=1", timeout=10, after=reloading.at).at > ready.at


def test_what_a_child_sends_is_not_the_service_speaking() -> None:
    with Supervisor(service()) as running:
        child = int(running.wait_for("X_CHILD=", timeout=10).text.partition("=")[2])
        running.stop()
        assert [(one.text, one.pid) for one in running.strays] == [("WATCHDOG=1", child)]
        assert running.pings_between(0, time.monotonic()) == ()


def test_nothing_is_left_of_a_stopped_service() -> None:
    with Supervisor(service()) as running:
        child = int(running.wait_for("X_CHILD=", timeout=10).text.partition("=")[2])
        running.stop()
        assert is_gone(child)
        assert is_gone(running.pid)


def test_a_service_deaf_to_sigterm_is_killed_after_the_timeout() -> None:
    with Supervisor(service("deaf")) as running:
        running.wait_for("READY=1", timeout=10)
        with pytest.raises(TimeoutError, match="runs on"):
            running.wait(0.01)
        assert running.stop(timeout=0.1) == -signal.SIGKILL


def test_a_stopped_or_frozen_service_ends_with_the_with() -> None:
    with Supervisor(service()) as running:
        running.wait_for("READY=1", timeout=10)
        running.signal(signal.SIGSTOP)
    assert is_gone(running.pid)


def test_waiting_for_ready_ends_when_the_service_does() -> None:
    with Supervisor(["sh", "-c", "exit 78"]) as running:
        with pytest.raises(TimeoutError, match=r"no 'READY=1' from .* which ended with 78"):
            running.wait_for("READY=1", timeout=30)
        assert running.wait(0) == 78


def test_output_and_environment_are_those_asked_for(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with (
        log.open("wb") as output,
        Supervisor(
            ["sh", "-c", "echo $COLOUR $WATCHDOG_USEC; pwd >&2"],
            env={"COLOUR": "red", "PATH": os.environ["PATH"]},
            cwd=tmp_path,
            output=output,
        ) as running,
    ):
        assert running.wait(10) == 0
    assert log.read_text() == f"red\n{tmp_path}\n"


def test_the_command_line_prints_each_notification_with_its_seconds() -> None:
    with command("tests.servers.notify", "--watchdog", "5", "--", *service()) as process:
        assert process.stdout is not None
        lines: list[str] = []
        while not lines or not lines[-1].endswith("READY=1\n"):
            lines.append(process.stdout.readline())
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=10)
        assert process.returncode == 3
    text = "".join(lines) + rest
    assert re.search(r"^ +\d+\.\d{3} s  STATUS=watchdog 5000000 ours True$", text, re.MULTILINE)
    assert re.search(r"WATCHDOG=1  \(ignored: from process \d+\)$", text, re.MULTILINE)
    assert re.search(
        r"^ +\d+\.\d{3} s  STOPPING=1\n +\d+\.\d{3} s  ended with 3$", text, re.MULTILINE
    )
