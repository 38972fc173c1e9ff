"""The configuration: what it says, every mistake in it word for word, and no secret anywhere."""

from __future__ import annotations

import contextlib
import os
import pickle
import tempfile
import tomllib
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor import units
from monitor.config import Config, find, load, parse, resolve_destinations
from monitor.config.tomlplaces import locate, places
from monitor.errors import ConfigError, Mistake
from monitor.models import Destination, FeedSource, MessageFormat, OnUncertain, Rate

ROOT = Path(__file__).parent.parent
BAD = ROOT / "tests" / "config" / "bad"

FILE = Path("/etc/news-monitor/config.toml")
TOKEN = "T0PSECRET"


def mistakes_in(text: str, environ: dict[str, str] | None = None) -> tuple[Mistake, ...]:
    with pytest.raises(ConfigError) as caught:
        parse(text, FILE, environ or {})
    return caught.value.mistakes


def read(text: str = "", **environ: str) -> Config:
    return parse(text, FILE, environ)


# --- every mistake, word for word ------------------------------------------------------


@pytest.mark.parametrize("path", sorted(BAD.glob("*.toml")), ids=lambda path: path.stem)
def test_a_bad_file_gets_exactly_these_mistakes(path: Path) -> None:
    lines = path.read_bytes().decode(errors="replace").splitlines()
    expected = [line.removeprefix("# expect: ") for line in lines if line.startswith("# expect: ")]
    with pytest.raises(ConfigError) as caught:
        load(path, {})
    found = [f"{m.line}:{m.column}: {m.message}" for m in caught.value.mistakes]
    assert found == expected
    assert {mistake.file for mistake in caught.value.mistakes} == {str(path)}
    assert TOKEN not in str(caught.value)


def test_a_mistake_quotes_its_line() -> None:
    [mistake] = mistakes_in('[poll]\n\tinterval = "soon"\n')
    assert str(mistake).splitlines()[1:] == [
        '     interval = "soon"',
        "                ^",
    ]


def test_every_mistake_comes_at_once_those_of_the_environment_too() -> None:
    text = '[poll]\ninterval = "x"\ntimeout = 3\n[[feeds]]\nurl = "gopher://a"\n[[feeds]]\n'
    environ = {"NEWS_MONITOR_POLL__MAX_BYTES": "lots"}
    assert [(mistake.file, mistake.line) for mistake in mistakes_in(text, environ)] == [
        (str(FILE), 2),
        (str(FILE), 3),
        (str(FILE), 5),
        (str(FILE), 6),
        ("NEWS_MONITOR_POLL__MAX_BYTES", 0),
    ]


@pytest.mark.parametrize(
    "text",
    ["a = " + "[" * 5000, "a = " + "9" * 5000, "a = 0x" + "f" * 5000, "\0", "a\rb", "a = {" * 999],
)
def test_what_is_hardly_toml_is_a_mistake(text: str) -> None:
    assert mistakes_in(text)


# --- what it says ----------------------------------------------------------------------


def test_the_example_is_good_once_its_variables_are_set() -> None:
    environ = {"DESK_MAIL_URL": f"mailto://desk:{TOKEN}@example.org"}
    config = load(ROOT / "config.example.toml", environ)
    (found,) = resolve_destinations(config, environ)
    assert (found.name, found.url) == ("desk-mail", environ["DESK_MAIL_URL"])
    assert config.rules.dir == ROOT / "rules"
    assert config.sources[0] == FeedSource(
        url="https://example.org/monde/rss.xml",
        name="Example, world news",
        publisher="example.org",
        language="fr",
        tags=("maghreb", "defence"),
        interval=timedelta(minutes=10),
        has_own_interval=True,
    )


def test_what_the_example_says_of_the_defaults_is_true() -> None:
    """Each commented-out setting, taken at its word, changes nothing."""
    lines = (ROOT / "config.example.toml").read_text(encoding="utf-8").splitlines()
    text = "\n".join(
        line.removeprefix("# ")
        for line in lines
        if line.startswith(
            (
                "# path =",
                "# interval",
                "# min_",
                "# timeout",
                "# max_",
                "# allow_",
                '# dir = "rules',
            )
        )
        or line in {"[storage]", "[poll]", "[rules]"}
    )
    assert len(tomllib.loads(text)["poll"]) == 5
    said, silent = read(text), read()
    assert (said.storage, said.poll, said.rules) == (silent.storage, silent.poll, silent.rules)


def test_an_empty_file_has_the_defaults() -> None:
    config = read()
    assert config.storage.path == Path("/etc/news-monitor/news-monitor.db")
    assert config.rules.dir == Path("/etc/news-monitor/rules")
    assert config.poll.interval == timedelta(minutes=15)
    assert config.poll.min_interval == timedelta(minutes=5)
    assert config.poll.timeout == timedelta(seconds=30)
    assert config.poll.max_bytes == 10_000_000
    assert (config.poll.user_agent_contact, config.poll.allow_private_hosts) == ("", ())
    assert (config.sources, dict(config.destinations)) == ((), {})


def test_what_a_feed_leaves_out_is_filled_in() -> None:
    config = read(
        '[poll]\ninterval = "1h"\n[[feeds]]\nurl = "https://www.Example.org:8443/x"\n'
        '[[feeds]]\nurl = "http://feeds.example.org"\npublisher = "Example"\ntags = ["a"]\n'
    )
    first, second = config.sources
    assert (first.name, first.publisher) == ("www.example.org", "example.org")
    assert (first.interval, first.language, first.tags) == (timedelta(hours=1), None, ())
    assert (second.name, second.publisher, second.tags) == ("feeds.example.org", "Example", ("a",))


def test_paths_are_relative_to_the_file() -> None:
    text = '[storage]\npath = "db/n.db"\n[rules]\ndir = "../rules"\n'
    config = parse(text, Path("/srv/desk/my.toml"), {})
    assert config.storage.path == Path("/srv/desk/db/n.db")
    assert config.rules.dir == Path("/srv/desk/../rules")
    assert read('[storage]\npath = "/var/n.db"\n').storage.path == Path("/var/n.db")


def test_under_systemd_the_database_is_in_the_state_directory() -> None:
    state = {"STATE_DIRECTORY": "/var/lib/news-monitor:/var/lib/other"}
    assert read(**state).storage.path == Path("/var/lib/news-monitor/news-monitor.db")
    relative, absolute = '[storage]\npath = "n.db"\n', '[storage]\npath = "/srv/n.db"\n'
    assert read(relative, **state).storage.path == Path("/var/lib/news-monitor/n.db")
    assert read(absolute, **state).storage.path == Path("/srv/n.db")
    assert read(**state).rules.dir == Path("/etc/news-monitor/rules")


def test_private_hosts_are_names_addresses_and_networks() -> None:
    hosts = ["127.0.0.1", "localhost:8080", "[::1]", "[::1]:80", "::1", "10.0.0.0/8", "a.example."]
    config = read(f"[poll]\nallow_private_hosts = {hosts}\n")
    assert list(config.poll.allow_private_hosts) == hosts


def test_a_configuration_cannot_be_changed() -> None:
    config = read()
    with pytest.raises(Exception, match=r"frozen|cannot assign"):
        config.poll = config.poll  # type: ignore[misc]
    with pytest.raises(Exception, match="frozen"):
        config.poll.interval = timedelta(0)  # type: ignore[misc]


# --- the environment -------------------------------------------------------------------


def test_the_environment_wins_over_the_file_and_the_file_over_the_default() -> None:
    text = '[poll]\ninterval = "20m"\ntimeout = "20s"\n'
    config = read(text, NEWS_MONITOR_POLL__INTERVAL="30m")
    assert config.poll.interval == timedelta(minutes=30)
    assert config.poll.timeout == timedelta(seconds=20)
    assert config.poll.min_interval == timedelta(minutes=5)


def test_a_good_variable_hides_a_mistake_of_the_file() -> None:
    assert read('[poll]\ninterval = "x"\n', NEWS_MONITOR_POLL__INTERVAL="30m").poll


def test_a_destination_may_be_told_in_short_and_wording_stands_beside_the_file() -> None:
    text = '[destinations.a]\nurl = "json://x"\nformat = "short"\n[templates]\ndir = "words"\n'
    config = parse(text, FILE, {})
    (found,) = resolve_destinations(config, {})
    assert found.format is MessageFormat.SHORT
    assert config.templates.dir == FILE.parent / "words"
    assert parse("", FILE, {}).templates.dir is None


def test_lists_come_as_json() -> None:
    config = read(
        NEWS_MONITOR_POLL__ALLOW_PRIVATE_HOSTS='["127.0.0.1", "::1"]',
        NEWS_MONITOR_FEEDS='[{"url": "https://example.org/a", "tags": ["x"]}]',
    )
    assert config.poll.allow_private_hosts == ("127.0.0.1", "::1")
    assert config.sources[0].tags == ("x",)


def test_a_destination_can_come_from_the_environment_by_the_name_it_has_in_the_file() -> None:
    text = '[destinations.desk-mail]\nurl = "env:NOT_SET"\n'
    environ = {"NEWS_MONITOR_DESTINATIONS__DESK_MAIL__URL": f"json://{TOKEN}"}
    config = parse(text, FILE, environ)
    assert resolve_destinations(config, environ) == (
        Destination(name="desk-mail", url=f"json://{TOKEN}"),
    )
    environ = {"NEWS_MONITOR_DESTINATIONS__PAGER__URL": "env:MISSING"}
    with pytest.raises(ConfigError) as caught:
        resolve_destinations(parse("", FILE, environ), environ)
    assert str(caught.value) == (
        "NEWS_MONITOR_DESTINATIONS__PAGER__URL: the environment variable MISSING is not set"
    )


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        (
            "NEWS_MONITOR_POLL__INTERVAL",
            "",
            'expected a duration such as "90s", "15m", "1h30m" or "3d", found ""',
        ),
        ("NEWS_MONITOR_POLL__INTERVAL", "1m", "interval 1m is below poll.min_interval 5m"),
        ("NEWS_MONITOR_POLL__INTERVALL", "5m", 'unknown key (did you mean "interval"?)'),
        (
            "NEWS_MONITOR_POLL__A__B",
            "5m",
            'unknown key (there are "allow_private_hosts", "full_text", "host_interval", "interval", "max_bytes", "min_interval", "timeout", "user_agent_contact")',
        ),
        ("NEWS_MONITOR_POLL", "5m", 'expected a table, found "5m"'),
        ("NEWS_MONITOR_FEEDS", "x", 'expected a list, found "x"'),
        (
            "NEWS_MONITOR_FEEDS",
            "[" * 99_999,
            'expected a list, found "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[…"',
        ),
        (
            "NEWS_MONITOR_FEEDS",
            '[{"url": 3}]',
            "[0].url: expected text, found the number 3: put it in quotes",
        ),
        (
            "NEWS_MONITOR_POL__INTERVAL",
            "5m",
            "unknown setting (did you mean NEWS_MONITOR_POLL__…?)",
        ),
        (
            "NEWS_MONITOR_POLL_INTERVAL",
            "5m",
            "unknown setting (did you mean NEWS_MONITOR_POLL__…?)",
        ),
        ("NEWS_MONITOR_XYZ__A", "5m", "unknown setting"),
        (
            "NEWS_MONITOR_DESTINATIONS__A__URL",
            TOKEN,
            "expected an Apprise URL, env:NAME, file:/path or credential:name",
        ),
        ("NEWS_MONITOR_DESTINATIONS__A", TOKEN, "expected a table, found something else"),
    ],
)
def test_a_mistake_of_the_environment_names_the_variable(
    name: str, value: str, message: str
) -> None:
    [mistake] = mistakes_in("", {name: value})
    assert (mistake.file, mistake.line, mistake.message) == (name, 0, message)


def test_variables_that_are_no_settings_are_left_alone() -> None:
    environ = {
        "NEWS_MONITOR_CONFIG": "/etc/x.toml",
        "NEWS_MONITOR_FAILPOINTS": "a=kill",
        "POLL__INTERVAL": "x",
        "NEWS_MONITORING": "x",
        "HOME": "/root",
    }
    assert parse("", FILE, environ) == parse("", FILE, {})


def test_the_process_environment_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWS_MONITOR_POLL__INTERVAL", "99m")
    assert read().poll.interval == timedelta(minutes=15)


# --- secrets ---------------------------------------------------------------------------


def test_secrets_are_read_from_where_the_file_says(tmp_path: Path) -> None:
    (tmp_path / "slack.url").write_text(f"slack://{TOKEN}/file\n")
    (tmp_path / "cred").mkdir()
    (tmp_path / "cred" / "pager").write_text(f"  json://{TOKEN}/credential\n\n")
    text = f"""
[destinations.a]
url = "json://{TOKEN}/literal"
[destinations.b]
url = "env:URL_OF_B"
[destinations.c]
url = "file:slack.url"
[destinations.d]
url = "file:{tmp_path}/slack.url"
[destinations.e]
url = "credential:pager"
"""
    environ = {"URL_OF_B": f"json://{TOKEN}/env", "CREDENTIALS_DIRECTORY": str(tmp_path / "cred")}
    config = parse(text, tmp_path / "config.toml", environ)
    found = resolve_destinations(config, environ)
    assert [(one.name, one.url) for one in found] == [
        ("a", f"json://{TOKEN}/literal"),
        ("b", f"json://{TOKEN}/env"),
        ("c", f"slack://{TOKEN}/file"),
        ("d", f"slack://{TOKEN}/file"),
        ("e", f"json://{TOKEN}/credential"),
    ]
    assert TOKEN not in repr(found)


def test_every_secret_that_is_missing_is_told_with_its_place_and_none_is_shown(
    tmp_path: Path,
) -> None:
    (tmp_path / "empty").write_text(" \n")
    (tmp_path / "two-lines").write_text(f"json://{TOKEN}\njson://{TOKEN}\n")
    (tmp_path / "no-url").write_text(TOKEN)
    (tmp_path / "binary").write_bytes(b"json://\xff" + TOKEN.encode())
    (tmp_path / "nul").write_text(f"json://{TOKEN}\0")
    os.mkfifo(tmp_path / "pipe")
    reasons = {
        "env:UNSET": "the environment variable UNSET is not set",
        "env:EMPTY": "the environment variable EMPTY is empty",
        "env:SURROGATE": "the environment variable SURROGATE is not an Apprise URL",
        "file:nowhere": "the file nowhere cannot be read: No such file or directory",
        "file:.": "the file . is not a file",
        "file:pipe": "the file pipe is not a file",
        "file:empty": "the file empty is empty",
        "file:two-lines": "the file two-lines has more than one line",
        "file:no-url": "the file no-url is not an Apprise URL",
        "file:binary": "the file binary is not UTF-8",
        "file:nul": "the file nul is not an Apprise URL",
        "credential:gone": "the credential gone cannot be read: No such file or directory",
    }
    text = "".join(
        f'[destinations.d{number}]\nurl = "{where}"\n' for number, where in enumerate(reasons)
    )
    environ = {
        "EMPTY": "  ",
        "SURROGATE": f"json://\udce9{TOKEN}",
        "CREDENTIALS_DIRECTORY": str(tmp_path),
    }
    config = parse(text, tmp_path / "config.toml", environ)
    with pytest.raises(ConfigError) as caught:
        resolve_destinations(config, environ)
    assert [
        (mistake.line, mistake.column, mistake.message) for mistake in caught.value.mistakes
    ] == [
        (2 * number + 2, 7, f"destinations.d{number}.url: {reason}")
        for number, reason in enumerate(reasons.values())
    ]
    assert TOKEN not in str(caught.value)


def test_a_credential_outside_of_systemd_says_what_is_missing() -> None:
    config = read('[destinations.a]\nurl = "credential:a"\n')
    with pytest.raises(ConfigError, match="CREDENTIALS_DIRECTORY is not set"):
        resolve_destinations(config, {})


def test_no_text_of_a_configuration_shows_a_secret() -> None:
    config = read(f'[destinations.a]\nurl = "slack://{TOKEN}"\n')
    assert TOKEN not in f"{config} {config!r} {config.destinations} {config.destinations['a']!r}"
    assert TOKEN.encode() in pickle.dumps(config)  # it is there, only never shown


BROKEN = [
    "{secret}",
    'url = "{secret}',
    "url = {secret}",
    '[destinations.a\nurl = "{secret}"',
    '[destinations.a]\nurl = "{secret}"\nurl = "{secret}"',
    '[destinations.a]\nurl = ["{secret}"]',
    '[destinations.a]\nurl = "{secret}" x',
    '[destinations.a]\n"{secret}" = 3',
    '[destinations]\na = "{secret}"',
    '[destinations]\na = {{ url = "{secret}", x = 3 }}',
    'destinations = "{secret}"',
    'destinations.a = "{secret}"',
    'destinations.a.url = ["{secret}"]',
    '[[destinations]]\nurl = "{secret}"\nurl',
    '[destination.a]\nurl = "{secret}',
    '[poll]\ninterval = "{secret}"',
    '[x.a]\nurl = "{secret}',
    '[[feeds]]\nurl = "{secret}"\ninterval = x',
    '[[feeds]]\nurl = "{secret}',
    '[[feeds]]\nurl = "{secret}"',
    '[[feeds]]\nurl = "{secret}"\n[[feeds]]\nurl = "{secret}"',
]


@pytest.mark.parametrize(
    "secret", ["slack://{}/b/c", "https://hooks.example/{}", "mailto://a:{}@b", "https://a b:{}@c"]
)
@pytest.mark.parametrize("text", BROKEN)
def test_no_mistake_shows_the_url_of_a_destination(text: str, secret: str) -> None:
    try:
        config = read(text.format(secret=secret.format(TOKEN)))
    except ConfigError as error:
        shown = str(error)
    else:
        shown = repr(config.destinations)
    assert TOKEN not in shown


@pytest.mark.parametrize("text", [t for t in BROKEN if t.lstrip("[").startswith("destination")])
def test_no_mistake_shows_a_secret_that_is_no_url(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(text.format(secret=TOKEN))
    shown = [m for m in caught.value.mistakes if TOKEN in str(m)]
    # A key is not where a secret is written; it is what the mistake is about.
    assert all(mistake.message.startswith(f"destinations.a.{TOKEN}") for mistake in shown)


# --- finding the file ------------------------------------------------------------------


def test_the_file_is_looked_for_in_order(tmp_path: Path) -> None:
    first, second, home = tmp_path / "first", tmp_path / "second", tmp_path / "home"
    (home / ".config" / "news-monitor").mkdir(parents=True)
    for folder in (first, second, tmp_path / "news-monitor", home / ".config" / "news-monitor"):
        folder.mkdir(exist_ok=True)
        (folder / "config.toml").write_text("")
    environ = {
        "NEWS_MONITOR_CONFIG": "/named.toml",
        "CONFIGURATION_DIRECTORY": f"{tmp_path}/none:{first}:{second}",
        "XDG_CONFIG_HOME": str(tmp_path),
        "HOME": str(home),
    }
    assert find(Path("asked.toml"), environ) == Path("asked.toml")
    assert find(None, environ) == Path("/named.toml")
    del environ["NEWS_MONITOR_CONFIG"]
    assert find(None, environ) == first / "config.toml"
    del environ["CONFIGURATION_DIRECTORY"]
    assert find(None, environ) == tmp_path / "news-monitor" / "config.toml"
    del environ["XDG_CONFIG_HOME"]
    assert find(None, environ) == home / ".config" / "news-monitor" / "config.toml"


@pytest.mark.skipif(Path("/etc/news-monitor/config.toml").exists(), reason="there is one here")
def test_where_no_file_is_found_the_places_are_named() -> None:
    with pytest.raises(ConfigError) as caught:
        find(None, {"HOME": "/nowhere", "CONFIGURATION_DIRECTORY": "/none"})
    assert str(caught.value) == (
        "config.toml: not found at /none/config.toml, /nowhere/.config/news-monitor/config.toml,"
        " /etc/news-monitor/config.toml: run `news-monitor init`, or name yours with --config"
    )


def test_a_file_that_cannot_be_loaded_is_a_mistake(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "large").write_bytes(b"#" * 1_000_001)
    for name, message in {
        "nowhere": "there is no such file: run `news-monitor init`",
        ".": "is not a file",
        "pipe": "is not a file",
        "large": "is larger than 1 MB",
    }.items():
        with pytest.raises(ConfigError) as caught:
            load(tmp_path / name, {})
        assert str(caught.value) == f"{tmp_path / name}: {message}"


# --- places in TOML --------------------------------------------------------------------

TOML = '''\
# [no]
top = 1
[poll] # [not]
"inter\\u0076al" = "15m"  # interval
hosts = [ "[a]", # ]
  "b\\"",
]
text = """
[[feeds]]
url = 1 \\""" ""x"""""
'plain key' = \'\'\'[x]
\'\'\'
  a . "b.c".'d' = 1
[[feeds]]
url = "a"
[feeds.more]
k = {x = 1, y = "}"}
[[feeds]]
\turl = \'b\'
[ destinations . "a b" ]
url = 'x'
'''


def test_every_key_of_a_toml_text_has_its_place() -> None:
    tomllib.loads(TOML)
    found = {path: (*entry.key, *entry.value) for path, entry in places(TOML).items()}
    assert found == {
        ("top",): (2, 1, 2, 7),
        ("poll",): (3, 1, 3, 1),
        ("poll", "interval"): (4, 1, 4, 19),
        ("poll", "hosts"): (5, 1, 5, 9),
        ("poll", "text"): (8, 1, 8, 8),
        ("poll", "plain key"): (11, 1, 11, 15),
        ("poll", "a"): (13, 3, 13, 19),
        ("poll", "a", "b.c"): (13, 3, 13, 19),
        ("poll", "a", "b.c", "d"): (13, 3, 13, 19),
        ("feeds",): (14, 1, 14, 1),
        ("feeds", 0): (14, 1, 14, 1),
        ("feeds", 0, "url"): (15, 1, 15, 7),
        ("feeds", 0, "more"): (16, 1, 16, 1),
        ("feeds", 0, "more", "k"): (17, 1, 17, 5),
        ("feeds", 1): (18, 1, 18, 1),
        ("feeds", 1, "url"): (19, 2, 19, 8),
        ("destinations",): (20, 1, 20, 1),
        ("destinations", "a b"): (20, 1, 20, 1),
        ("destinations", "a b", "url"): (21, 1, 21, 7),
    }


def test_what_has_no_place_of_its_own_is_where_its_table_is() -> None:
    entries = places(TOML)
    assert locate(entries, ("feeds", 0, "more", "k", "y")) == (17, 5)
    assert locate(entries, ("feeds", 0, "more", "k"), is_key=True) == (17, 1)
    assert locate(entries, ("feeds", 1, "name")) == (18, 1)
    assert locate(entries, ("nothing",)) == (1, 1)


def paths_of(value: object, path: tuple[str | int, ...] = ()) -> set[tuple[str | int, ...]]:
    """Every path that is not inside an inline value, for what ``as_toml`` writes."""
    if isinstance(value, dict):
        below = [paths_of(item, (*path, key)) for key, item in value.items()]
    elif isinstance(value, list):
        below = [paths_of(item, (*path, number)) for number, item in enumerate(value)]
    else:
        below = []
    return {path}.union(*below) - {()}


def quoted(key: str) -> str:
    return (
        '"'
        + "".join(f"\\U{ord(c):08x}" if c in '"\\' or not c.isprintable() else c for c in key)
        + '"'
    )


def as_toml(tables: dict[str, list[dict[str, str]]]) -> str:
    lines = []
    for table, items in tables.items():
        for item in items:
            lines.append(f"[[{quoted(table)}]] # {table!r}")
            lines += [f"{quoted(key)} = {quoted(value)}" for key, value in item.items()]
    return "\n".join(lines)


TEXT = st.text(
    st.characters(codec="utf-8", exclude_characters="\r\n\0\x7f", exclude_categories=["Cc", "Cs"]),
    max_size=6,
)


@given(
    st.dictionaries(TEXT, st.lists(st.dictionaries(TEXT, TEXT, max_size=3), min_size=1, max_size=3))
)
def test_every_key_is_found_where_it_was_written(tables: dict[str, list[dict[str, str]]]) -> None:
    text = as_toml(tables)
    assert tomllib.loads(text) == tables
    entries = places(text)
    assert set(entries) == paths_of(tables)
    lines = text.split("\n")
    for path, entry in entries.items():
        line, column = entry.key
        assert lines[line - 1][column - 1] in '["'
        if len(path) == 3:
            line, column = entry.value
            assert lines[line - 1][: column - 1] == f"{quoted(str(path[-1]))} = "


# --- units -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("500ms", timedelta(milliseconds=500)),
        ("1s", timedelta(seconds=1)),
        ("90s", timedelta(seconds=90)),
        ("15m", timedelta(minutes=15)),
        ("1h30m", timedelta(minutes=90)),
        ("3d", timedelta(days=3)),
        ("2w", timedelta(weeks=2)),
        (
            "1w2d3h4m5s6ms",
            timedelta(weeks=1, days=2, hours=3, minutes=4, seconds=5, milliseconds=6),
        ),
        ("3650d", timedelta(days=3650)),
    ],
)
def test_a_duration(text: str, span: timedelta) -> None:
    assert units.parse_duration(text) == span


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0s",
        "0h0m",
        "5",
        "5 m",
        "m",
        "1.5h",
        "-1h",
        "30m1h",
        "1h1h",
        "1H",
        "٣s",
        "1s\n",
        "3651d",
        "999999999w",
        "99999999999s",
    ],
)
def test_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="duration"):
        units.parse_duration(text)


@given(st.integers(1, 3650 * 86_400_000))
def test_a_duration_is_written_as_it_is_read(milliseconds: int) -> None:
    span = timedelta(milliseconds=milliseconds)
    assert units.parse_duration(units.written(span)) == span


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("1B", 1),
        ("64KB", 64_000),
        ("10MB", 10_000_000),
        ("1 GB", 10**9),
        ("1KiB", 1024),
        ("1MiB", 2**20),
        ("1GiB", 2**30),
    ],
)
def test_a_size(text: str, count: int) -> None:
    assert units.parse_size(text) == count


@pytest.mark.parametrize(
    "text", ["", "0MB", "10", "10mb", "10M", "1.5MB", "MB", "-1KB", "1KB\n", "٣KB"]
)
def test_no_size(text: str) -> None:
    with pytest.raises(ValueError, match="size"):
        units.parse_size(text)


# --- anything at all -------------------------------------------------------------------

KEYS = st.sampled_from(
    [
        *("storage", "path", "poll", "interval", "min_interval", "timeout", "max_bytes", "rules"),
        *("dir", "feeds", "url", "name", "language", "tags", "destinations", "a-b", "x y", ""),
    ]
)
VALUES = st.sampled_from(
    [
        *(
            '"15m"',
            '"x"',
            "3",
            "true",
            "1.5",
            "1979-05-27",
            "[]",
            '["a", 3]',
            '{url = "env:A"}',
            "{}",
        ),
        *('"https://example.org/"', '"env:A"', '"file:/x"', "'''a\nb'''", "nan", "0xff", '"10MB"'),
    ]
)
NAMES = st.lists(KEYS.map(quoted), min_size=1, max_size=3).map(".".join)
LINES = st.one_of(
    NAMES.map("[{}]".format),
    NAMES.map("[[{}]]".format),
    st.tuples(NAMES, VALUES).map(" = ".join),
    st.sampled_from(["# [x]", "", "[", "a =", '"""', "url"]),
)


def check_anything(text: str, environ: dict[str, str]) -> None:
    config = parsed(text, environ)
    if isinstance(config, ConfigError):
        assert config.mistakes
        assert all(mistake.message for mistake in config.mistakes)
        str(config).encode()
    else:
        pickle.dumps((config, config.sources))
        with contextlib.suppress(ConfigError):
            resolve_destinations(config, environ)


def parsed(text: str, environ: dict[str, str]) -> Config | ConfigError:
    try:
        return parse(text, FILE, environ)
    except ConfigError as error:
        return error


@given(st.text(max_size=60))
def test_any_text_gives_a_configuration_or_mistakes(text: str) -> None:
    check_anything(text, {})


@given(st.lists(LINES, max_size=12).map("\n".join))
def test_any_toml_gives_a_configuration_or_mistakes(text: str) -> None:
    check_anything(text, {})


@given(
    st.dictionaries(
        st.lists(KEYS, min_size=1, max_size=3).map(
            lambda keys: "NEWS_MONITOR_" + "__".join(keys).upper()
        ),
        VALUES | st.text(max_size=8),
        max_size=4,
    )
)
def test_any_environment_gives_a_configuration_or_mistakes(environ: dict[str, str]) -> None:
    check_anything(
        '[[feeds]]\nurl = "https://example.org/a"\n[destinations.a-b]\nurl = "env:A"\n', environ
    )


@given(st.binary(max_size=60))
def test_any_bytes_in_a_file_give_a_configuration_or_mistakes(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "config.toml"
        path.write_bytes(data)
        with contextlib.suppress(ConfigError):
            load(path, {})


def test_a_destination_has_the_rate_of_its_service_unless_it_is_given_one() -> None:
    text = """
        [destinations]
        usual = {url = "slack://a/b/c"}
        given = {url = "slack://a/b/c", rate = "5/2s", on_uncertain = "mark"}
        free = {url = "slack://a/b/c", rate = "unlimited", on_uncertain = "skip"}
    """
    usual, given_, free = resolve_destinations(parse(text, FILE, {}), {})
    assert usual.rate == Rate(count=1, per=timedelta(seconds=1))
    assert (given_.rate, given_.on_uncertain) == (
        Rate(count=5, per=timedelta(seconds=2)),
        OnUncertain.MARK,
    )
    assert (free.rate, free.on_uncertain) == (None, OnUncertain.SKIP)
