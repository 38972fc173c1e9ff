"""Feeds are found, added, removed, imported and exported by commands, as a user types them."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from monitor import config
from tests.servers import site
from tests.servers.feeds import FeedServer
from tests.servers.feedxml import Item
from tests.servers.hostile_bodies import almost_an_address_author
from tests.service import COMMAND, Service


@pytest.fixture(scope="module")
def gazette() -> Iterator[FeedServer]:
    with FeedServer() as server:
        site.furnish(server, datetime.now(UTC))
        yield server


@pytest.fixture
def service(tmp_path: Path) -> Service:
    """A configuration with a comment, and no daemon."""
    made = Service(tmp_path, destinations={"hook": "json://127.0.0.1/"})
    made.config.write_text("# mine\n" + made.config.read_text(encoding="utf-8"), encoding="utf-8")
    return made


def feeds(service: Service) -> dict[str, str | None]:
    """By address, the names in the file; it must be one that a daemon would take."""
    text = service.config.read_text(encoding="utf-8")
    assert text.startswith("# mine\n")
    return {feed.url: feed.name for feed in config.load(service.config, {}).feeds}


# --- add and discover ------------------------------------------------------------------


def test_a_page_leads_to_its_first_feed_that_can_be_read(
    service: Service, gazette: FeedServer
) -> None:
    service.environment["NEWS_MONITOR_POLL__HOST_INTERVAL"] = "300ms"
    before = len(gazette.requests)
    done = service.run(
        "feeds", "add", gazette.url("/"), "--tag", "a", "--tag", "b", "--language", "fr"
    )
    assert done.returncode == 0, done.stderr
    url = gazette.url("/rss/monde.xml")
    assert feeds(service) == {url: "La Gazette des Dunes – Monde"}
    [feed] = config.load(service.config, {}).feeds
    assert (feed.tags, feed.language, feed.interval) == (("a", "b"), "fr", None)
    for shown in (url, "fr, as its entries read", "Le port de Tadla rouvre", "Commentaires"):
        assert shown in done.stdout
    assert done.stdout.count(" +0") + done.stdout.count(" -0") == 5  # entries, with their dates
    assert "Une école de voile" not in done.stdout
    assert "next start" in done.stderr
    asked = gazette.requests[before:]
    assert [one.path for one in asked] == ["/", "/old/rss.xml", "/rss/monde.xml"]
    assert not any(one.is_conditional for one in asked)
    assert all(one.headers["user-agent"].startswith("news-monitor/") for one in asked)
    assert all(later.at - earlier.at >= 0.15 for earlier, later in pairwise(asked))


def test_what_is_followed_already_is_said_and_nothing_changes(
    service: Service, gazette: FeedServer
) -> None:
    url = gazette.url("/rss/monde.xml")
    assert service.call("feeds", "add", url, "--name", "Monde", "--yes").returncode == 0
    before = service.config.read_bytes()
    for again in (url + "#top", gazette.url("/")):
        done = service.call("feeds", "add", again)
        assert (done.returncode, done.stdout) == (0, f"there already: Monde, {url}\n")
    assert service.config.read_bytes() == before


def test_discover_shows_and_changes_nothing(service: Service, gazette: FeedServer) -> None:
    before = service.config.read_bytes()
    rows = "".join(
        f"<div class=x><a href='/{n}'>Story &amp; {n}</a></div>\n" for n in range(60_000)
    )
    page = f"<!doctype html><title>Qui sommes-nous</title>{rows}"  # as long as front pages are
    gazette.set_raw("/about", headers={"Content-Type": "text/html"}, body=page.encode())
    done = service.call("feeds", "discover", gazette.url("/about"), "--json")
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["feed"]["url"] == gazette.url("/feed/")
    assert seen["feed"]["language"] == "fr"
    assert [one["title"] for one in seen["feed"]["newest"]] == list(site._FRENCH[:2])
    assert seen["page"]["title"] == "Qui sommes-nous"
    assert service.config.read_bytes() == before


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/gone", "none of the feeds that this page names could be read"),
        ("/nothing", "http status: HTTP 404"),
        ("/author", "hostile: its reader was lost"),
    ],
)
def test_what_is_no_feed_is_not_added_and_the_reason_said(
    service: Service, gazette: FeedServer, path: str, says: str
) -> None:
    gazette.set_raw(
        "/author", headers={"Content-Type": "text/xml"}, body=almost_an_address_author()
    )
    done = service.call("feeds", "add", gazette.url(path))
    assert done.returncode == 1
    assert says in done.stderr
    assert feeds(service) == {}


def test_machines_are_told_too_what_is_no_feed(service: Service, gazette: FeedServer) -> None:
    done = service.call("feeds", "add", gazette.url("/gone"), "--json")
    said = json.loads(done.stdout)
    assert (done.returncode, said["added"], said["feed"]) == (1, False, None)
    assert [one["url"] for one in said["alternatives"]] == [gazette.url("/old/rss.xml")]


def test_an_address_that_is_not_allowed_is_not_asked(tmp_path: Path, gazette: FeedServer) -> None:
    service = Service(tmp_path, poll={"allow_private_hosts": []})
    before = len(gazette.requests)
    done = service.call("feeds", "add", gazette.url("/rss/monde.xml"))
    assert done.returncode == 1
    assert "forbidden address" in done.stderr
    assert "poll.allow_private_hosts" in done.stderr
    assert len(gazette.requests) == before
    unchecked = service.call("feeds", "add", gazette.url("/rss/monde.xml"), "--unchecked")
    assert unchecked.returncode == 0
    assert len(gazette.requests) == before
    assert len(config.load(service.config, {}).feeds) == 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["ftp://example.org/"], "begins with http: or https:"),
        (["https://user:pass@example.org/"], "not supported"),
        (["example.org", "--interval", "500ms"], "below poll.min_interval"),
    ],
)
def test_options_that_check_would_refuse_are_refused_before_anything_is_asked(
    service: Service, arguments: list[str], says: str
) -> None:
    done = service.call("feeds", "add", *arguments)
    assert done.returncode == 2
    assert says in " ".join(done.stderr.replace("│", " ").split())
    assert "pass@" not in done.stderr
    assert feeds(service) == {}


def test_text_of_a_hostile_feed_stays_text(service: Service) -> None:
    title = "Up\u202edate \u2066now"
    with FeedServer() as server:
        raw = (
            "<rss version='2.0'><channel><title>T\u009b31m [red]x[/red] \u202eevil</title>"
            "<item><title>\u009b2J[bold]Clear\u202e</title><link>javascript:x</link></item>"
            "</channel></rss>"
        )
        server.set_raw("/x", headers={"Content-Type": "text/xml"}, body=raw.encode())
        server.set_feed("/y", [Item(guid="1", link="http://e.example/", title=title)], title=title)
        for path in ("/x", "/y"):
            done = service.call("feeds", "add", server.url(path))
            assert done.returncode == 0, done.stderr
            written = service.config.read_text(encoding="utf-8")
            for text in (done.stdout, done.stderr, written):
                assert not {"\u202e", "\u2066", "\u009b", "\x1b"} & set(text)
        assert "[bold]Clear" in service.call("feeds", "discover", server.url("/x")).stdout


def on_a_terminal(service: Service, answer: str, *arguments: str) -> tuple[int, str]:
    """What a command shows on a terminal of 80 columns, and its exit code; it is asked once."""
    ours, theirs = pty.openpty()
    environment = {
        **service.environment,
        "TERM": "xterm-256color",
        "COLUMNS": "80",
        "NO_COLOR": "1",
    }
    process = subprocess.Popen(
        [*COMMAND, "-c", str(service.config), *arguments],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environment,
        start_new_session=True,
    )
    os.close(theirs)
    shown, end, has_answered = b"", time.monotonic() + 60, False
    while time.monotonic() < end and select.select([ours], [], [], 60)[0]:
        try:
            piece = os.read(ours, 65_536)
        except OSError:  # the terminal has no other end any more
            break
        shown += piece
        if b"[Y/n]" in shown and not has_answered:
            has_answered = True
            os.write(ours, answer.encode())
    os.close(ours)
    return process.wait(60), shown.decode()


def test_at_a_terminal_it_asks_first_and_lines_fit(service: Service, gazette: FeedServer) -> None:
    url = gazette.url("/ar/rss.xml")
    code, shown = on_a_terminal(service, "n\n", "feeds", "add", url)
    assert code == 1
    assert "nothing was changed" in shown
    assert feeds(service) == {}
    assert "ميناء تادلة" in shown
    assert "…" in shown  # cut at the edge
    code, shown = on_a_terminal(service, "\n", "feeds", "add", url)
    assert code == 0
    assert feeds(service) == {url: site.WIDE}


def test_a_running_daemon_is_named_and_takes_the_feed_when_told(
    service: Service, gazette: FeedServer
) -> None:
    with service:
        assert service.process is not None
        before = gazette.counts("/feed/").requests
        done = service.run("feeds", "add", gazette.url("/feed/"))
        assert done.returncode == 0, done.stderr
        assert f"kill -HUP {service.process.pid}" in done.stderr
        service.process.send_signal(1)
        gazette.wait_for_requests("/feed/", before + 2, timeout=60)


def test_a_feed_that_has_moved_for_good_is_followed_where_it_is_now(
    service: Service, gazette: FeedServer
) -> None:
    new = gazette.url("/rss/monde.xml")
    gazette.set_raw("/moved", status=308, headers={"Location": "/rss/monde.xml"})
    gazette.set_raw("/twice", status=301, headers={"Location": "/moved"})
    done = service.call("feeds", "add", gazette.url("/twice"))
    assert done.returncode == 0, done.stderr
    assert f"moved from  {gazette.url('/twice')}, permanently" in done.stdout
    assert "answered by" not in done.stdout
    assert f"added La Gazette des Dunes – Monde, {new}" in done.stdout
    assert list(feeds(service)) == [new]
    again = json.loads(service.call("feeds", "add", gazette.url("/twice"), "--json").stdout)
    assert again == {"added": False, "url": new, "name": "La Gazette des Dunes – Monde"}


def test_a_feed_that_answers_elsewhere_for_now_is_followed_where_it_was_asked(
    service: Service, gazette: FeedServer
) -> None:
    gazette.set_raw("/today", status=302, headers={"Location": "/rss/monde.xml"})
    gazette.set_raw("/before", status=301, headers={"Location": "/today"})
    seen = json.loads(service.call("feeds", "discover", gazette.url("/today"), "--json").stdout)
    assert seen["feed"]["moved_to"] is None
    done = service.call("feeds", "add", gazette.url("/before"))
    assert f"answered by  {gazette.url('/rss/monde.xml')}" in done.stdout
    assert list(feeds(service)) == [gazette.url("/today")]  # the permanent part of the way


# --- remove ----------------------------------------------------------------------------


def test_a_feed_is_removed_by_address_or_name_and_what_went_is_shown(tmp_path: Path) -> None:
    named = [{"url": f"https://{x}.example/rss", "name": f"Example {x}"} for x in "abc"]
    service = Service(tmp_path, feeds=named)
    done = service.call("feeds", "remove", "https://A.example/rss")
    assert done.returncode == 0
    assert '  url = "https://a.example/rss"' in done.stdout.splitlines()
    assert service.call("feeds", "remove", "example  B").returncode == 0
    assert [feed.name for feed in config.load(service.config, {}).feeds] == ["Example c"]
    unknown = service.call("feeds", "remove", "Example d")
    assert unknown.returncode == 1
    assert "did you mean Example c?" in unknown.stderr


def test_an_ambiguous_name_removes_nothing_and_lists_whom_it_fits(tmp_path: Path) -> None:
    service = Service(tmp_path, feeds=["https://x.example/a", "https://x.example/b"])
    done = service.call("feeds", "remove", "x.example")
    assert done.returncode == 1
    assert "2 feeds are called x.example" in done.stderr
    assert "https://x.example/a" in done.stdout
    assert "https://x.example/b" in done.stdout
    assert len(config.load(service.config, {}).feeds) == 2


# --- lists -----------------------------------------------------------------------------


def three_hundred() -> str:
    """A list as readers write it: folders in folders, and one feed in two of them."""
    folders = []
    for folder in range(10):
        inner = "".join(
            f'<outline type="rss" text="Feed &amp; {folder}/{number}" '
            f'xmlUrl="https://f{folder}.example/{number}?a=1&amp;b=2" language="fr"/>\n'
            for number in range(30)
        )
        folders.append(
            f'<outline text="Région {folder}"><outline text="Presse">\n{inner}</outline></outline>'
        )
    twice = '<outline text="Twice"><outline text="x" xmlUrl="https://f0.example/0?a=1&amp;b=2"/></outline>'
    return (
        f'<?xml version="1.0"?>\n<opml version="1.0"><head><title>All</title></head>\n<body>'
        f"{''.join(folders)}{twice}</body></opml>"
    )


def test_three_hundred_feeds_come_in_go_out_and_come_in_again(
    service: Service, tmp_path: Path
) -> None:
    (tmp_path / "all.opml").write_text(three_hundred(), encoding="utf-8")
    done = service.call("feeds", "import", str(tmp_path / "all.opml"), "--tag", "new")
    assert (done.returncode, done.stdout) == (0, "All: 300 added, 0 there already, 0 refused\n")
    first = config.load(service.config, {}).sources
    assert len(first) == 300
    assert first[0].name == "Feed & 0/0"
    assert first[0].tags == ("Région 0", "Presse", "new", "Twice")
    assert first[31].tags == ("Région 1", "Presse", "new")

    again = service.call("feeds", "import", str(tmp_path / "all.opml"))
    assert again.stdout == "All: 0 added, 300 there already, 0 refused\n"

    out = service.call("feeds", "export").stdout
    other = Service(tmp_path / "other")
    back = other.run("feeds", "import", "-", input=out)
    assert (back.returncode, back.stdout.split(": ")[1]) == (
        0,
        "300 added, 0 there already, 0 refused\n",
    )
    assert config.load(other.config, {}).sources == first
    assert other.call("feeds", "export").stdout.split("<body>")[1] == out.split("<body>")[1]


LIST = """<opml version="2.0"><head/><body>
<outline text="Good" xmlUrl="https://good.example/"/>
<outline text="Mail" xmlUrl="mailto:a@b.example"/>
<outline text="A page" type="link" url="https://page.example/"/>
</body></opml>"""


def test_what_cannot_be_followed_is_named_with_line_and_reason_and_the_rest_comes_in(
    service: Service,
) -> None:
    before = service.config.read_bytes()
    dry = service.call("feeds", "import", "-", "--dry-run", given=LIST)
    assert service.config.read_bytes() == before
    assert "1 would be added, 0 there already, 2 refused" in dry.stdout
    assert "https://good.example/" in dry.stdout
    done = service.call("feeds", "import", "-", given=LIST)
    assert done.returncode == dry.returncode == 1
    mail, page = done.stderr.splitlines()[:2]
    assert mail.startswith("standard input:3:1: Mail: url: a feed's URL begins with http: or")
    assert page.startswith("standard input:4:1: A page: is a link to a page, not a feed: `news-")
    assert feeds(service) == {"https://good.example/": "Good"}
    as_json = json.loads(service.call("feeds", "import", "-", "--json", given=LIST).stdout)
    assert (as_json["new"], as_json["known"]) == ([], ["https://good.example/"])
    assert [one["line"] for one in as_json["refused"]] == [3, 4]


def test_lists_to_start_from_come_in_by_name(service: Service) -> None:
    done = service.call("feeds", "import", "maghreb")
    assert done.returncode == 0, done.stderr
    assert len(feeds(service)) > 5
    unknown = service.call("feeds", "import", "maghrib")
    assert unknown.returncode == 1
    assert "nor such a list: africa, americas" in unknown.stderr


@pytest.mark.parametrize("given", ["", "<opml><body><outline"])
def test_a_broken_list_changes_nothing(service: Service, given: str) -> None:
    before = service.config.read_bytes()
    done = service.call("feeds", "import", "-", given=given)
    assert done.returncode == 1
    assert done.stderr.startswith("standard input:")
    assert service.config.read_bytes() == before


def test_an_export_overwrites_only_when_told(service: Service, tmp_path: Path) -> None:
    file = tmp_path / "out.opml"
    service.call("feeds", "import", "-", given=LIST)
    assert service.call("feeds", "export", str(file)).returncode == 0
    first = file.read_text(encoding="utf-8")
    assert "https://good.example/" in first
    file.write_text("other", encoding="utf-8")
    refused = service.call("feeds", "export", str(file))
    assert (refused.returncode, file.read_text(encoding="utf-8")) == (1, "other")
    assert "--force" in refused.stderr
    assert service.call("feeds", "export", str(file), "--force").returncode == 0
    assert file.read_text(encoding="utf-8").split("<body>")[1] == first.split("<body>")[1]


def test_a_configuration_with_mistakes_is_shown_and_left(service: Service) -> None:
    text = service.config.read_text(encoding="utf-8") + "[pol]\n"
    service.config.write_text(text, encoding="utf-8")
    for arguments in (["add", "example.org", "--unchecked"], ["import", "-"]):
        done = service.call("feeds", *arguments, given=LIST)
        assert done.returncode == 1
        assert "unknown key" in done.stderr
    assert service.config.read_text(encoding="utf-8") == text


def test_it_is_said_when_the_environment_names_the_feeds(service: Service) -> None:
    service.environment["NEWS_MONITOR_FEEDS"] = '[{"url": "https://e.example/"}]'
    before = service.config.read_bytes()
    done = service.call("feeds", "add", "https://other.example/", "--unchecked")
    assert done.returncode == 1
    assert "NEWS_MONITOR_FEEDS" in done.stderr
    assert service.config.read_bytes() == before


# --- check --online --------------------------------------------------------------------


def test_check_online_asks_each_feed_once_and_says_what_it_is(
    tmp_path: Path, gazette: FeedServer
) -> None:
    server = gazette
    old = datetime(2020, 1, 1, tzinfo=UTC)
    server.set_feed(
        "/old.xml", [Item(guid="1", link=server.url("/1"), title="A", published_at=old)]
    )
    paths = ["/rss/monde.xml", "/ar/rss.xml", "/old.xml", "/gone.xml", "/"]
    feeds_ = [{"url": server.url(path), "name": path} for path in paths]
    feeds_[1]["language"] = "fr"
    feeds_[0]["language"] = "es"
    service = Service(tmp_path, feeds=feeds_, poll={"interval": "1h", "host_interval": "500ms"})
    before = len(server.requests)
    done = service.run("check", "--online", "--json")
    assert done.returncode == 1, done.stderr
    assert "\r" not in done.stderr  # no bar where nobody looks
    said = json.loads(done.stdout)
    answers = {one["name"]: one for one in said["online"]}
    assert list(answers) == paths
    assert answers["/rss/monde.xml"]["entries"] == 7
    assert answers["/rss/monde.xml"]["title"] == "La Gazette des Dunes – Monde"
    assert answers["/ar/rss.xml"]["language"] == "ar"
    assert [answers[path]["reason"] for path in paths] == [
        None,
        None,
        None,
        "http status",
        "not a feed",
    ]
    lines = service.config.read_text(encoding="utf-8").splitlines()
    assert [lines[one["line"] - 1] for one in said["mistakes"]] == [
        f'url = "{server.url(path)}"' for path in paths[3:]
    ]
    warned = " ".join(one["message"] for one in said["warnings"])
    assert "/rss/monde.xml: its entries read as 'fr', not 'es'" in warned
    assert "/old.xml: its newest entry is from" in warned
    asked = server.requests[before:]
    assert sorted(one.path for one in asked) == sorted(paths)
    assert not any(one.is_conditional for one in asked)
    assert all(later.at - earlier.at >= 0.25 for earlier, later in pairwise(asked))
    assert not service.database.exists()


def test_check_online_changes_nothing_that_the_daemon_has_stored(
    tmp_path: Path, gazette: FeedServer
) -> None:
    service = Service(tmp_path, feeds=[gazette.url("/feed/")], arguments=["--once"])
    service.start()
    assert service.process is not None
    assert service.process.wait(60) == 0
    before = service.database.read_bytes()
    done = service.call("check", "--online")
    assert "À la une" in done.stdout
    assert service.database.read_bytes() == before
    asked = gazette.counts("/feed/").conditional
    service.start()
    assert service.process.wait(60) == 0
    assert gazette.counts("/feed/").conditional == asked + 1


def test_check_without_online_asks_nothing(tmp_path: Path, gazette: FeedServer) -> None:
    before = len(gazette.requests)
    service = Service(tmp_path, feeds=[gazette.url("/feed/")])
    assert service.call("check").returncode == 0
    assert len(gazette.requests) == before
