"""Data: the sections of the configuration, for pydantic to check.

What one value cannot know of another is checked here too: intervals, feeds named twice.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from monitor import units
from monitor.config.values import (
    AtOnce,
    DayHours,
    DigestDue,
    Duration,
    EscalationText,
    FeedUrl,
    Folders,
    FormatChoice,
    FullTextChoice,
    Header,
    Language,
    Line,
    Listen,
    Name,
    OnUncertainChoice,
    PathBesideConfig,
    PathInState,
    PrivateHost,
    RateChoice,
    Secret,
    Severities,
    Size,
    ThrottleChoice,
    ZoneName,
    same_feed,
)
from monitor.mistakes import Complaint, Path, complaints
from monitor.models import FullText, MessageFormat, OnUncertain, Severity


class Section(BaseModel):
    """What all sections have in common: no unknown keys, and no change once checked."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Storage(Section):
    """Where the database is, and how many nightly copies of it are kept beside it."""

    path: PathInState = Field(default="news-monitor.db", validate_default=True)
    backups: int = Field(default=7, ge=0, le=1000)


class Poll(Section):
    """How feeds are asked."""

    interval: Duration = timedelta(minutes=15)
    min_interval: Duration = timedelta(minutes=5)
    host_interval: Duration = timedelta(seconds=1)
    timeout: Duration = timedelta(seconds=30)
    max_bytes: Size = 10_000_000
    full_text: FullTextChoice = FullText.NEVER
    user_agent_contact: Header = ""
    allow_private_hosts: tuple[PrivateHost, ...] = ()


class Rules(Section):
    """Where the rules are."""

    dir: PathBesideConfig = Field(default="rules", validate_default=True)


class Feed(Section):
    """A feed as it is written in the file."""

    url: FeedUrl
    name: Line | None = None
    publisher: Line | None = None
    language: Language | None = None
    tags: tuple[Line, ...] = ()
    interval: Duration | None = None
    full_text: FullTextChoice | None = None


class Operator(Section):
    """Who is told of the service itself."""

    notify: tuple[Name, ...] = ()


class MetricsSettings(Section):
    """Where Prometheus finds numbers."""

    listen: Listen | None = None


class TemplateSettings(Section):
    """Where the operator's own wording is."""

    dir: PathBesideConfig | None = None


class DestinationSettings(Section):
    """A destination as it is written in the file: its URL, or where to read it."""

    url: Secret
    format: FormatChoice = MessageFormat.FULL
    quiet_hours: DayHours | None = None
    quiet_zone: ZoneName | None = None
    digest: DigestDue | None = None
    at_once: AtOnce = Severity.NORMAL
    throttle: ThrottleChoice | None = None
    rate: RateChoice = None
    """Left out, the usual one of its kind of service: see ``model_fields_set``."""
    on_uncertain: OnUncertainChoice = OnUncertain.RESEND


class RouteSettings(Section):
    """Where alerts go whose rules name nobody."""

    severity: Severities = frozenset()
    tags: tuple[Line, ...] = ()
    hours: DayHours | None = None
    zone: ZoneName | None = None
    to: Annotated[tuple[Name, ...], Field(min_length=1)]
    then: EscalationText | None = None


def _in_array(value: object) -> object:
    if isinstance(value, dict):
        raise ValueError("each feed begins with [[feeds]]")  # noqa: TRY004
    return value


class Tree(Section):
    """The whole file."""

    storage: Storage
    poll: Poll
    rules: Rules
    operator: Operator
    metrics: MetricsSettings
    templates: TemplateSettings
    feeds: Annotated[tuple[Feed, ...], BeforeValidator(_in_array)]
    destinations: dict[Name, DestinationSettings]
    routes: dict[Name, RouteSettings]


# --- checking --------------------------------------------------------------------------


def checked(tree: Mapping[str, Any], folders: Folders) -> tuple[Tree | None, list[Complaint]]:
    """The whole tree as it should be, and everything that is wrong with it."""
    tree = {**_EMPTY, **tree}
    wrong = [
        *(*_too_often(tree), *_twice(tree), *_nobody(tree)),
        *(*_undigested(tree), *_unrouted(tree)),
    ]
    try:
        return Tree.model_validate(tree, context=folders), wrong
    except ValidationError as error:
        wrong += complaints(error, keys=_known_keys, mapping="a table", is_secret=_is_secret)
    return None, wrong


def _known_keys(location: Path) -> Collection[str]:
    section = SECTIONS[str(location[0])] if location else Tree
    return section.model_fields


def _is_secret(location: Path) -> bool:
    return location[:1] == ("destinations",)


def _too_often(tree: Mapping[str, Any]) -> Iterator[Complaint]:
    """Intervals below the minimum: to stretch them without a word would be a surprise.

    The default interval is nobody's word, and gives way.
    """
    poll = tree["poll"] if isinstance(tree["poll"], dict) else {}
    minimum = _span(poll, "min_interval") or Poll().min_interval
    below = f"below poll.min_interval {units.written(minimum)}"
    tables = [(("poll",), poll), *((("feeds", number), feed) for number, feed in _feeds(tree))]
    for path, table in tables:
        if (interval := _span(table, "interval")) and interval < minimum:
            message = f"interval {units.written(interval)} is {below}"
            yield Complaint(path=(*path, "interval"), message=message)


def _span(table: Mapping[str, Any], key: str) -> timedelta | None:
    try:
        return units.parse_duration(table[key])
    except (KeyError, TypeError, ValueError):
        return None


def _twice(tree: Mapping[str, Any]) -> Iterator[Complaint]:
    first: dict[str, int] = {}
    for number, feed in _feeds(tree):
        if isinstance(url := feed.get("url"), str):
            other = first.setdefault(same_feed(url), number)
            if other != number:
                message = f"the same feed as feeds[{other}]"
                yield Complaint(path=("feeds", number, "url"), message=message)


def _nobody(tree: Mapping[str, Any]) -> Iterator[Complaint]:
    """Names under ``operator.notify`` that no destination has."""
    operator, named = tree["operator"], tree["destinations"]
    told = operator.get("notify") if isinstance(operator, dict) else None
    if isinstance(told, list) and isinstance(named, dict):
        for number, name in enumerate(told):
            if isinstance(name, str) and name not in named:
                there = ", ".join(sorted(named)) or "none"
                message = f"no such destination (there are: {there})"
                yield Complaint(path=("operator", "notify", number), message=message)


def _undigested(tree: Mapping[str, Any]) -> Iterator[Complaint]:
    """``at_once`` where nothing could wait."""
    for name, table in _tables(tree, "destinations"):
        if "at_once" in table and "digest" not in table:
            message = 'needs a digest for the rest: digest = "daily 07:00"'
            yield Complaint(path=("destinations", name, "at_once"), message=message)


def _unrouted(tree: Mapping[str, Any]) -> Iterator[Complaint]:
    """Names in routes that no destination has."""
    named = tree["destinations"] if isinstance(tree["destinations"], dict) else {}
    there = ", ".join(sorted(named)) or "none"
    message = f"no such destination (there are: {there})"
    for name, table in _tables(tree, "routes"):
        to = table.get("to")
        for number, one in enumerate(to if isinstance(to, list) else ()):
            if isinstance(one, str) and one not in named:
                yield Complaint(path=("routes", name, "to", number), message=message)
        then = table.get("then")
        if isinstance(then, str) and " " in then and then.split()[0] not in named:
            yield Complaint(path=("routes", name, "then"), message=message)


def _tables(tree: Mapping[str, Any], section: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    tables = tree[section] if isinstance(tree[section], dict) else {}
    return ((name, table) for name, table in tables.items() if isinstance(table, dict))


def _feeds(tree: Mapping[str, Any]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    feeds = tree["feeds"] if isinstance(tree["feeds"], list) else []
    return ((number, feed) for number, feed in enumerate(feeds) if isinstance(feed, dict))


SECTIONS: Mapping[str, type[Section]] = {
    "storage": Storage,
    "poll": Poll,
    "rules": Rules,
    "operator": Operator,
    "metrics": MetricsSettings,
    "templates": TemplateSettings,
    "feeds": Feed,
    "destinations": DestinationSettings,
    "routes": RouteSettings,
}
_EMPTY: Mapping[str, Any] = {
    "storage": {},
    "poll": {},
    "rules": {},
    "operator": {},
    "metrics": {},
    "templates": {},
    "feeds": [],
    "destinations": {},
    "routes": {},
}
