"""The torture kit as a tool of its own: its commands serve, its servers do what they say."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from tests.servers.hostile import serving
from tests.servers.mutating import mutated
from tests.servers.polite.office import Office, place
from tests.servers.polite.server import Clock, ScoreServer
from tests.servers.resolver import Resolver, ask
from tests.servers.traps import TRAPS, everything

ROOT = Path(__file__).parent.parent
STARTED = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)
README = (ROOT / "tests" / "servers" / "README.md").read_text(encoding="utf-8")


@contextmanager
def command(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A command of the kit, stopped as a person stops it."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.servers", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def get(url: str, data: bytes | None = None, **headers: str) -> tuple[int, bytes]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        with urllib.request.urlopen(
            urllib.request.Request(url, data=data, headers=named), timeout=10
        ) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


# --- the commands ------------------------------------------------------------------


def test_the_readme_names_every_command_and_every_command_has_help() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.servers", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    names = re.findall(r"^    (\w+)  ", done.stdout, re.MULTILINE)
    assert len(names) == 7
    for name in names:
        assert f"| `{name}" in README


def test_the_score_command_serves_feeds_and_prints_the_table_when_it_is_stopped() -> None:
    with command("score", "--feeds", "2", "--clock", "2026-03-02T07:30Z", "--json") as process:
        assert process.stderr is not None
        first = process.stderr.readline().strip()
        assert get(first)[0] == 200
        control = first.rpartition("/0/")[0] + "/-/clock"
        assert get(control, b"+60") == (200, b"2026-03-02T07:31:00+00:00\n")
        assert get(first)[0] == 200
        process.send_signal(signal.SIGINT)
        printed, _ = process.communicate(timeout=20)
    assert process.returncode == 1
    rows = {row["check"]: row for row in json.loads(printed)}
    assert rows["unconditional requests after the first"]["wrong"] == 1
    assert rows["polls closer than the minimum"]["wrong"] == 1
    assert rows["User-Agent changing, or none, or a browser's"]["verdict"] == "pass"


def test_damaged_files_are_served_with_the_number_that_repeats_the_damage(tmp_path: Path) -> None:
    body = b"<rss><channel><title>Hoggar</title></channel></rss>" * 5
    (tmp_path / "a.xml").write_bytes(body)
    with command("mutating", str(tmp_path), "--seed", "40") as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        answers = [get(url)[1] for _ in range(3)]
        printed = [process.stdout.readline() for _ in range(3)]
    assert answers == [mutated(body, number) for number in (40, 41, 42)]
    assert [int(line.split()[-1]) for line in printed] == [40, 41, 42]


def test_bodies_and_traps_are_served_at_their_names() -> None:
    with command("bodies") as process:
        assert process.stdout is not None
        assert get(process.stdout.readline().strip()) == (200, b"/etc/passwd")
    with serving(everything) as server:
        assert get(server.url + "bomb-behind-404")[0] == 404
        status, listed = get(server.url + "nothing")
    assert status == 404
    assert listed.decode().split() == [f"/{name}" for name in TRAPS]


# --- the score server --------------------------------------------------------------


def test_each_feed_is_at_a_host_of_its_own_five_to_a_host() -> None:
    placed = place(300)
    assert len({feed.host for feed in placed}) == 60
    assert len({(feed.host, feed.path) for feed in placed}) == 300


def test_the_server_logs_what_was_asked_and_controls_are_not_logged() -> None:
    clock = Clock(STARTED)
    office = Office(place(6), clock)
    with ScoreServer(office, set_clock=clock.set) as server:
        first, *_, last = server.urls()
        status, _ = get(f"{first}?x=1", If_None_Match='"a"', Referer="r")
        assert (status, get(last)[0]) == (200, 200)
        origin = f"http://127.77.0.2:{server.port}"
        assert get(f"{origin}/favicon.ico")[0] == 404
        assert get(f"{origin}/-/feeds")[1].decode().split() == list(server.urls())
        assert get(f"{origin}/-/clock", b"2026-04-01T00:00:00Z")[0] == 200
        assert get(f"{origin}/-/clock", b"tomorrow")[0] == 400
        assert get(f"{origin}/-/score?minimum=x")[0] == 400
        assert get(f"{origin}/-/other")[0] == 404
        lines = get(f"{origin}/-/log")[1].decode().splitlines()
    asked, second, other = office.log
    assert (asked.feed, asked.query, asked.etag, asked.at) == (0, "x=1", '"a"', STARTED)
    assert (second.feed, second.host) == (5, "127.77.0.2")
    assert other.feed is None
    assert [json.loads(line)["feed"] for line in lines] == [0, 5, None]
    assert clock() == datetime(2026, 4, 1, tzinfo=UTC)


def test_a_request_that_waits_is_in_flight_at_its_host() -> None:
    office = Office(place(5), lambda: STARTED)
    with (
        office.answering("GET", "127.77.0.1", "/0/both", {}),
        office.answering("GET", "127.77.0.1", "/1/etag-only", {}),
        office.answering("GET", "127.77.0.2", "/", {}),
    ):
        pass
    office.answer("GET", "127.77.0.1", "/0/both", {})
    assert [one.in_flight for one in office.log] == [1, 2, 1, 1]


def test_a_clock_stands_still_or_goes_on() -> None:
    still, going = Clock(STARTED), Clock(STARTED, pace=60)
    assert still() == still() == STARTED
    assert going() > STARTED


# --- damage and names --------------------------------------------------------------


@given(st.binary(max_size=300), st.integers(0, 10_000))
def test_damage_is_the_same_each_time(body: bytes, number: int) -> None:
    assert mutated(body, number) == mutated(body, number)


def test_most_damages_change_something() -> None:
    body = b"<rss><channel><item><title>Ports of the north</title></item></channel></rss>"
    assert len({mutated(body, number) for number in range(200)}) > 150


def test_a_name_changes_its_address_between_two_questions() -> None:
    with Resolver(["198.51.100.7", "2001:db8::7"], ["127.0.0.1"]) as resolver:
        found = [ask("feeds.example", resolver.port) for _ in range(3)]
        other = ask("other.example", resolver.port)
        six = ask("feeds.example", resolver.port, kind=28)
    assert found == [["198.51.100.7"], ["127.0.0.1"], ["127.0.0.1"]]
    assert other == ["198.51.100.7"]
    assert six == ["2001:db8::7"]
    assert resolver.questions == ["feeds.example"] * 3 + ["other.example", "feeds.example"]
