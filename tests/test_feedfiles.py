"""``tests/feeds``: one small file is one bug report; what is expected of it stands next to it.

A file of expectations says what the case is ``about``, perhaps the ``content_type`` it came
with, and either the ``error`` or, for each of the ``articles``, the fields that matter.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor import reading
from monitor.feeds.parse import parse
from monitor.models import FeedSource, FetchError, ParsedFeed, Response

FOLDER = Path(__file__).parent / "feeds"
CASES = sorted(path for path in FOLDER.rglob("*.*") if path.suffix != ".json")
URL = "https://feeds.example/news/feed.xml"
NOW = datetime(2025, 3, 10, 12, tzinfo=UTC)
LANGUAGES = frozenset({"en", "fr", "ar", "ru"})


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_feed_is_read_as_expected(path: Path) -> None:
    expected = json.loads(path.with_suffix(".json").read_text("utf-8"))
    body = path.read_bytes()
    response = Response(
        url=URL, body=body, body_hash="", content_type=expected.get("content_type", "")
    )
    parsed = parse(body, response, FeedSource(url=URL), NOW)
    if "error" in expected:
        assert isinstance(parsed, FetchError)
        assert parsed.detail == expected["error"]
        return
    assert isinstance(parsed, ParsedFeed), parsed
    articles = [
        reading.with_language(reading.as_text(article), LANGUAGES) for article in parsed.articles
    ]
    wanted = expected["articles"]
    read = [
        {name: _plain(getattr(article, name)) for name in fields}
        for article, fields in zip(articles, wanted, strict=False)
    ]
    assert (read, len(articles)) == (wanted, len(wanted)), expected["about"]


def test_each_expectation_belongs_to_a_feed() -> None:
    assert {path.with_suffix(".json") for path in CASES} == set(FOLDER.rglob("*.json"))


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value
