"""Wiring: from the global options to a configuration, rules and a database."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import typer

from monitor import config, instance, loading
from monitor.alerts import plan
from monitor.config import Config
from monitor.errors import RulesError
from monitor.matching.packed import PackedRules
from monitor.matching.rules import RuleSet
from monitor.store.sqlite import SqliteStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The global options."""

    config: Path | None


def config_path(context: typer.Context) -> Path:
    """The configuration file that this command is about.

    Raises:
        ConfigError: there is none.
    """
    options: Options = context.obj
    return config.find(options.config, os.environ)


def settings(context: typer.Context) -> Config:
    """The configuration.

    Raises:
        ConfigError: with every mistake in it.
    """
    return config.load(config_path(context), os.environ)


def reader(context: typer.Context) -> SqliteStore:
    """The daemon's database, to be read.

    Raises:
        StoreError: there is none yet.
    """
    return SqliteStore.open_reader(settings(context).storage.path)


@contextmanager
def writer(context: typer.Context) -> Iterator[SqliteStore]:
    """The daemon's database, to write down what somebody decided, beside the daemon or without it.

    Raises:
        StoreError: there is none yet, or another process keeps it locked.
    """
    path = settings(context).storage.path
    SqliteStore.open_reader(path).close()  # a command makes no database
    store = SqliteStore.open(path, delivery_id=plan.delivery_id)
    try:
        yield store
    finally:
        store.close()


def rule_ids(context: typer.Context) -> frozenset[str] | None:
    """The ids of all rules; ``None`` where they cannot be read now."""
    try:
        return frozenset(rule.id for rule in ruleset(context, None).rules)
    except RulesError:
        return None


def is_served(context: typer.Context) -> bool:
    """Whether a daemon serves that database now."""
    return instance.is_served(settings(context).storage.path)


def packed_rules(context: typer.Context) -> PackedRules:
    """The rules of the configuration, for those who pass them on.

    Raises:
        RulesError: with every mistake in them.
    """
    found = settings(context)
    return loading.packed(found.rules.dir, loading.names_in(found))


def ruleset(context: typer.Context, folder: Path | None) -> RuleSet:
    """The rules of a folder, or those of the configuration.

    With a folder given no configuration is needed, and what rules name is not checked.

    Raises:
        RulesError: with every mistake in them.
    """
    if folder is not None:
        return loading.load(folder)
    found = settings(context)
    return loading.load(found.rules.dir, loading.names_in(found))
