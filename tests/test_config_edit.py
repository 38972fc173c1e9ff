"""Feeds are added to and removed from the configuration; whatever else is in it stays as written."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from collections.abc import Iterator
from datetime import timedelta
from difflib import ndiff
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor import config
from monitor.config.edit import FeedEntry, faults, with_feeds, without_feeds
from monitor.errors import ConfigError
from tests.service import clean_environment

ROOT = Path(__file__).parent.parent
EXAMPLE = (ROOT / "config.example.toml").read_text(encoding="utf-8")

NEW = FeedEntry(
    url="https://new.example/rss", name='الشرق "اليوم"', language="ar", tags=("maghreb", "x")
)


def changes(before: str, after: str) -> tuple[list[str], list[str]]:
    """The lines that went, and those that came."""
    lines = list(ndiff(before.splitlines(), after.splitlines()))
    return (
        [line[2:] for line in lines if line.startswith("- ")],
        [line[2:] for line in lines if line.startswith("+ ")],
    )


def said(text: str) -> list[str]:
    return [line for line in text.splitlines() if line]


def is_within(few: str, many: str) -> bool:
    """Whether all that the one says, the other says in the same order; a diff may miss that."""
    left = iter(said(many))
    return all(line in left for line in said(few))


def urls(text: str) -> list[str]:
    return [feed["url"] for feed in tomllib.loads(text).get("feeds", [])]


def test_a_feed_is_added_below_the_others_and_above_what_is_about_destinations() -> None:
    after = with_feeds(EXAMPLE, [NEW])
    gone, come = changes(EXAMPLE, after)
    assert gone == []
    assert [line for line in come if line] == [
        "[[feeds]]",
        'url = "https://new.example/rss"',
        'name = "الشرق \\"اليوم\\""',
        'language = "ar"',
        'tags = ["maghreb", "x"]',
    ]
    assert after.index("new.example") < after.index("# One [destinations.NAME]")
    assert after.index("www.example.com/ar/feed") < after.index("new.example")


@pytest.mark.parametrize("number", [0, 1])
def test_only_the_lines_of_a_removed_feed_go(number: int) -> None:
    after, (cut,) = without_feeds(EXAMPLE, [number])
    gone, come = changes(EXAMPLE, after)
    assert come == []
    assert sorted(filter(None, gone)) == sorted(cut.splitlines())
    assert cut.startswith("[[feeds]]\n")
    assert urls(after) == [url for place, url in enumerate(urls(EXAMPLE)) if place != number]
    for comment in (
        "# One [[feeds]] for each feed",
        '# dir = "rules"',
        "# One [destinations.NAME]",
    ):
        assert comment in after


def test_adding_and_removing_again_leaves_the_file_as_it_was() -> None:
    after, _ = without_feeds(with_feeds(EXAMPLE, [NEW]), [2])
    assert after == EXAMPLE


def test_a_comment_right_above_a_feed_goes_with_it_and_one_apart_stays() -> None:
    text = (
        '# about all feeds\n\n# asked for by Anna\n[[feeds]] # here\nurl = "https://a"\n'
        'tags = [\n  "x", # why\n]\n\n[[feeds]]\nurl = "https://b"\n# end\n'
    )
    after, (cut,) = without_feeds(text, [0])
    assert after == '# about all feeds\n\n[[feeds]]\nurl = "https://b"\n# end\n'
    assert cut.startswith("# asked for by Anna\n[[feeds]] # here\n")


def test_the_end_of_a_long_string_is_no_comment_of_the_next_feed() -> None:
    first = '[[feeds]]\nurl = "https://a"\nname = """\n# one"""\n'
    after, _ = without_feeds(first + '[[feeds]]\nurl = "https://b"\n', [1])
    assert after == first


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", '[[feeds]]\nurl = "https://n"\n'),
        ('[poll]\ninterval = "5m"\n', '[poll]\ninterval = "5m"\n\n[[feeds]]\nurl = "https://n"\n'),
        ("feeds = [] # none\n", 'feeds = [{ url = "https://n" }] # none\n'),
        (
            'feeds = [\n  {url = "https://a"}, # a\n]\n',
            'feeds = [\n  {url = "https://a"}, # a\n  { url = "https://n" },\n]\n',
        ),
        (
            '[[feeds]]\r\nurl = "https://a" # a\r\n',
            '[[feeds]]\r\nurl = "https://a" # a\r\n\r\n[[feeds]]\r\nurl = "https://n"\r\n',
        ),
    ],
    ids=["empty", "no feeds", "an empty array", "an array of inline tables", "lines of Windows"],
)
def test_feeds_are_added_in_the_form_that_the_file_has(text: str, expected: str) -> None:
    after = with_feeds(text, [FeedEntry(url="https://n")])
    assert after == expected
    back, _ = without_feeds(after, [len(urls(after)) - 1])
    assert urls(back) == urls(text)


def test_feeds_between_other_tables_are_found() -> None:
    text = '[[feeds]]\nurl="a"\n[destinations.d]\nurl="env:X"\n\n[[feeds]]\nurl="b"\n[poll]\n'
    after, _ = without_feeds(text, [1])
    assert after == '[[feeds]]\nurl="a"\n[destinations.d]\nurl="env:X"\n\n[poll]\n'
    assert urls(with_feeds(text, [FeedEntry(url="c")])) == ["a", "b", "c"]


_WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=12)
_ENTRIES = st.builds(
    FeedEntry,
    url=st.integers(0, 10**6).map(lambda number: f"https://example.org/{number}"),
    name=st.none() | _WORDS,
    publisher=st.none() | _WORDS,
    language=st.sampled_from([None, "fr", "ar"]),
    tags=st.lists(_WORDS, max_size=3).map(tuple),
    interval=st.sampled_from([None, "10m"]),
)
_COMMENTS = st.sampled_from(["", "\n", "# c\n", "\n# [[feeds]]\n", "\n\n# x = 'y'\n\n"])


@st.composite
def _files(draw: st.DrawFn) -> str:
    """Configurations with comments and blank lines at every place."""
    text = draw(_COMMENTS)
    for number in range(draw(st.integers(0, 4))):
        text += f'[[feeds]]{draw(st.sampled_from(["", " # f"]))}\nurl = "https://f/{number}"\n'
        text += draw(st.sampled_from(["", 'tags = [\n"a", # x\n\n"b"]\n', 'name = """\n# n"""\n']))
        text += draw(_COMMENTS) + draw(
            st.sampled_from(["", f"[destinations.d{number}]\nurl='e'\n"])
        )
    return text + draw(st.sampled_from(["", "[poll]\n", "# end"]))


@given(_files(), st.lists(_ENTRIES, max_size=3))
def test_whatever_is_added_every_line_of_before_stays(text: str, entries: list[FeedEntry]) -> None:
    after = with_feeds(text, entries)
    assert is_within(text, after)
    assert tomllib.loads(after).get("feeds", [])[len(urls(text)) :] == [e.table for e in entries]


@given(_files(), st.data())
def test_whatever_is_removed_no_other_line_changes(text: str, data: st.DataObject) -> None:
    there = range(len(urls(text)))
    numbers = data.draw(st.sets(st.sampled_from(there))) if there else set()
    if not numbers:
        return
    after, cut = without_feeds(text, numbers)
    assert is_within(after, text)
    assert len(cut) == len(numbers)
    assert sorted(said(after) + said("".join(cut))) == sorted(said(text))


def test_faults_are_those_that_a_check_would_find() -> None:
    hour = timedelta(hours=1)
    assert faults(NEW, hour) == ()
    [scheme] = faults(FeedEntry(url="ftp://example.org/"), hour)
    assert scheme.startswith("url: a feed's URL begins with http: or https:")
    assert len(faults(FeedEntry(url="https://e.org", language="French", interval="5m"), hour)) == 2


# --- the file itself -------------------------------------------------------------------


def add(path: Path, url: str) -> config.Config:
    return config.change(path, {}, lambda text, _: with_feeds(text, [FeedEntry(url=url)]))


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    file = tmp_path / "config.toml"
    file.write_text("# mine\n[poll]\n", encoding="utf-8")
    file.chmod(0o640)
    yield file
    assert [found.name for found in file.parent.iterdir() if found.name.startswith(".")] == []


def test_a_change_keeps_permissions_and_gives_the_new_configuration(path: Path) -> None:
    settings = add(path, "https://example.org/a")
    assert [feed.url for feed in settings.feeds] == ["https://example.org/a"]
    assert config.load(path, {}) == settings
    assert path.stat().st_mode & 0o777 == 0o640
    assert path.read_text(encoding="utf-8").startswith("# mine\n[poll]\n")


def test_a_symbolic_link_stays_one_and_its_target_changes(path: Path) -> None:
    link = path.parent / "link.toml"
    link.symlink_to("config.toml")
    add(link, "https://example.org/a")
    assert link.is_symlink()
    assert "example.org/a" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("before", "url", "says"),
    [
        ("[pol]\n", "https://example.org", "unknown key"),
        ("", "https://user:secret@example.org/", "not supported"),
        ('[[feeds]]\nurl = "https://example.org/"\n', "https://EXAMPLE.org", "the same feed"),
        ("#" * 999_990, "https://example.org/", "larger than 1 MB: nothing was written"),
    ],
    ids=["wrong before", "wrong after", "there already", "too large"],
)
def test_what_check_would_refuse_is_not_written(
    path: Path, before: str, url: str, says: str
) -> None:
    path.write_text(before, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        add(path, url)
    assert says in str(caught.value)
    assert "secret" not in str(caught.value)
    assert path.read_text(encoding="utf-8") == before


def test_an_edit_that_cannot_be_proved_changes_nothing(path: Path) -> None:
    before = path.read_bytes()
    entry = FeedEntry(url="https://example.org/\x1b[0m", name="\ud800")
    with pytest.raises(ConfigError):
        config.change(path, {}, lambda text, _: with_feeds(text, [entry]))
    assert path.read_bytes() == before


def child(path: Path, *urls_: str, **environment: str) -> subprocess.Popen[bytes]:
    code = (
        "import sys, pathlib; from tests.test_config_edit import add\n"
        "for url in sys.argv[2:]: add(pathlib.Path(sys.argv[1]), url)"
    )
    return subprocess.Popen(
        [sys.executable, "-c", code, str(path), *urls_],
        cwd=ROOT,
        env=clean_environment(**environment),
    )


def test_those_who_add_at_once_all_add(path: Path) -> None:
    wanted = [[f"https://example.org/{one}/{two}" for two in range(10)] for one in range(4)]
    for process in [child(path, *some) for some in wanted]:
        assert process.wait(60) == 0
    found = urls(path.read_text(encoding="utf-8"))
    assert sorted(found) == sorted(url for some in wanted for url in some)


def test_a_death_before_the_end_leaves_the_old_file_whole(path: Path) -> None:
    before = path.read_bytes()
    process = child(path, "https://example.org/", NEWS_MONITOR_FAILPOINTS="config: written=kill")
    assert process.wait(60) < 0
    assert path.read_bytes() == before
    for left in path.parent.glob(".config.toml.*"):
        left.unlink()
    assert urls(path.read_text(encoding="utf-8")) == []
    add(path, "https://example.org/")


def test_where_nothing_can_be_written_beside_it_the_file_stays(path: Path) -> None:
    longest = path.with_name("c" * 250 + ".toml")
    path.rename(longest)
    with pytest.raises(OSError, match="too long") as caught:
        add(longest, "https://example.org/")
    assert caught.value.filename == str(longest)
    assert longest.read_bytes() == b"# mine\n[poll]\n"
