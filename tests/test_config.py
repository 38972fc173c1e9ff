"""The configuration: what it says, every mistake in it word for word, and no secret anywhere."""

from __future__ import annotations

import os
import pickle
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
from monitor.models import Destination, FeedSource

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
    expected = [
        line.removeprefix("# expect: ") for line in lines if line.startswith("# expect: ")
    ]
    with pytest.raises(ConfigError) as caught:
        load(path, {})
    found = [f"{m.line}:{m.column}: {m.message}" for m in caught.value.mistakes]
    assert found == expected
    assert {mistake.file for mistake in caught.value.mistakes} == {str(path)}
    assert TOKEN not in str(caught.value)
