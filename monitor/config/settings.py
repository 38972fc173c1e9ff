"""Decides: what the configuration says, and all that is wrong with it.

::

    TOML text → tables ──┐
                         ├→ one tree, in which the environment wins → Config | ConfigError
    environment → tree ──┘

Nothing is looked at but the arguments. Secrets are only named here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic_settings import BaseSettings, EnvSettingsSource, SettingsConfigDict

from monitor import mistakes
from monitor.config.shape import (
    SECTIONS,
    DestinationSettings,
    Feed,
    MetricsSettings,
    Operator,
    Poll,
    RouteSettings,
    Rules,
    Storage,
    TemplateSettings,
    checked,
)
from monitor.config.tomlfile import TomlFile, read_toml
from monitor.config.values import Folders, site_of
from monitor.errors import ConfigError, Mistake
from monitor.mistakes import Complaint, spelled
from monitor.models import FeedSource

PREFIX = "NEWS_MONITOR_"
"""Of every environment variable that is a setting."""
_BETWEEN = "__"


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The configuration, checked. Paths are relative only if that of the file is."""

    storage: Storage
    poll: Poll
    rules: Rules
    operator: Operator
    metrics: MetricsSettings
    templates: TemplateSettings
    feeds: tuple[Feed, ...]
    destinations: Mapping[str, DestinationSettings]
    routes: Mapping[str, RouteSettings]
    folder: Path
    """That of the file."""
    places: Mapping[str, Mistake] = field(repr=False, compare=False)
    """For each destination a mistake at the place of its URL; what is wrong is yet to be added."""

    @property
    def sources(self) -> tuple[FeedSource, ...]:
        """The feeds, with what was left out filled in."""
        return tuple(
            FeedSource(
                url=feed.url,
                name=feed.name or site_of(feed.url),
                publisher=feed.publisher or site_of(feed.url).removeprefix("www."),
                language=feed.language,
                tags=feed.tags,
                interval=feed.interval or self.poll.interval,
                has_own_interval=feed.interval is not None,
                full_text=self.poll.full_text if feed.full_text is None else feed.full_text,
            )
            for feed in self.feeds
        )


def parse(text: str, file: Path, environ: Mapping[str, str]) -> Config:
    """Check a configuration; nothing is looked at but the arguments.

    Args:
        text: TOML.
        file: where it came from: shown in mistakes, and what relative paths are relative to.
        environ: ``NEWS_MONITOR_POLL__INTERVAL=5m`` says what ``interval`` below ``[poll]`` does,
            and wins; below ``$STATE_DIRECTORY`` is a ``storage.path`` that is relative.

    Raises:
        ConfigError: with every mistake.
    """
    toml = read_toml(str(file), text)
    variables = _variables(environ, toml.tables)
    state = environ.get("STATE_DIRECTORY", "").partition(":")[0]
    folders = Folders(config=file.parent, state=Path(state) if state else file.parent)
    tree, wrong = checked(_merged(toml.tables, variables.tree), folders)

    def placed(complaint: Complaint) -> Mistake:
        return _placed(complaint, toml, variables)

    if tree is None or wrong or variables.wrong:
        raise ConfigError([*variables.wrong, *map(placed, wrong)])
    return Config(
        storage=tree.storage,
        poll=tree.poll,
        rules=tree.rules,
        operator=tree.operator,
        metrics=tree.metrics,
        templates=tree.templates,
        feeds=tree.feeds,
        destinations=tree.destinations,
        routes=tree.routes,
        folder=file.parent,
        places={
            name: placed(Complaint(path=("destinations", name, "url"), message=""))
            for name in tree.destinations
        },
    )


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Both trees; what stands in both is taken from the second."""
    both = {
        key: _merged(below[key], above[key])
        for key in below.keys() & above.keys()
        if isinstance(below[key], dict) and isinstance(above[key], dict)
    }
    return {**below, **above, **both}


def _placed(complaint: Complaint, toml: TomlFile, variables: _Variables) -> Mistake:
    """The complaint at its place in the file, or with the variable whose value it is about."""
    path = complaint.path
    for length in range(len(path), 0, -1):
        if name := variables.names.get(path[:length]):
            message = f"{spelled(path[length:])}: {complaint.message}".removeprefix(": ")
            return Mistake(file=name, message=message)
    below = (name for known, name in variables.names.items() if known[: len(path)] == path)
    if path not in toml.entries and (name := next(below, None)):
        return Mistake(file=name, message=complaint.message)
    message = f"{spelled(path)}: {complaint.message}".removeprefix(": ")
    return toml.mistake(path, message, is_key=complaint.is_key)


# --- the environment -------------------------------------------------------------------


class _Settings(BaseSettings):
    """The sections as pydantic-settings looks for them; ``shape`` checks what it finds."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter=_BETWEEN, enable_decoding=False
    )

    storage: dict[str, Any]
    poll: dict[str, Any]
    rules: dict[str, Any]
    operator: dict[str, Any]
    metrics: dict[str, Any]
    templates: dict[str, Any]
    feeds: list[Any]
    destinations: dict[str, Any]
    routes: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Variables:
    """What the environment says."""

    tree: Mapping[str, Any]
    names: Mapping[mistakes.Path, str]
    """The variable that each value came from."""
    wrong: tuple[Mistake, ...]


def _variables(environ: Mapping[str, str], tables: Mapping[str, Any]) -> _Variables:
    ours = {name: value for name, value in environ.items() if name.startswith(PREFIX)}
    rename = _renaming(tables.get("destinations"))
    source = EnvSettingsSource(_Settings)
    source.env_vars = {name.lower(): value for name, value in ours.items()}
    tree = {section: _with_lists(value) for section, value in source().items()}
    if isinstance(named := tree.get("destinations"), dict):
        tree["destinations"] = {rename(name): value for name, value in named.items()}
    names: dict[mistakes.Path, str] = {}
    wrong: list[Mistake] = []
    for variable in ours:
        section, *below = variable.removeprefix(PREFIX).lower().split(_BETWEEN)
        if section in SECTIONS:
            if section == "destinations":
                below[:1] = map(rename, below[:1])
            names[section, *below] = variable
        elif below or section.partition("_")[0] in SECTIONS:
            wrong.append(_unknown(variable, section))
    return _Variables(tree=tree, names=names, wrong=tuple(wrong))


def _unknown(variable: str, section: str) -> Mistake:
    """``NEWS_MONITOR_POLL_INTERVAL`` or ``NEWS_MONITOR_POL__INTERVAL``: nothing would come of it."""
    meant = mistakes.closest(section.partition("_")[0], SECTIONS)
    hint = f" (did you mean {PREFIX}{meant.upper()}{_BETWEEN}…?)" if meant else ""
    return Mistake(file=variable, message=f"unknown setting{hint}")


def _renaming(tables: Any) -> Callable[[str], str]:
    """From a name in a variable to that in the file: no shell takes ``desk-mail`` in a variable."""
    names = tables if isinstance(tables, dict) else {}
    written = {name.lower().replace("-", "_"): name for name in names}
    return lambda name: written.get(name, name)


def _with_lists(value: Any) -> Any:
    """Values that are written as JSON: ``["127.0.0.1"]``. What is none is left for the checks."""
    if isinstance(value, dict):
        return {key: _with_lists(item) for key, item in value.items()}
    if isinstance(value, str) and value.lstrip().startswith(("[", "{")):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value
