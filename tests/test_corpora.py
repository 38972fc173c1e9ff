"""Real feeds, and what another reader makes of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from monitor.models import FetchError
from tests import corpora

pytestmark = pytest.mark.skipif(
    not corpora.CORPORA.is_dir(), reason="no corpora beside the repository"
)

REAL = [
    path
    for folder in ("feedjira", "rss-parser")
    for path in sorted((corpora.CORPORA / folder).rglob("*.*"))
    if path.suffix in (".xml", ".rss", ".atom", ".json")
]
_ENTRY = re.compile(rb"<(?:item|entry)[\s>]|^\s+\"id\":", re.MULTILINE)


def test_every_difference_from_gofeed_is_explained() -> None:
    feeds = list(corpora.pairs())
    assert len(feeds) > 500
    found = [one for feed, expected in feeds for one in corpora.differences(feed, expected)]
    assert [one for one in found if one.cause is None] == []
    assert {one.cause for one in found} == set(corpora.Cause), "a cause that explains nothing"


def test_a_difference_that_nothing_explains_is_seen(tmp_path: Path) -> None:
    feed = tmp_path / "gofeed" / "a.xml"
    feed.parent.mkdir()
    feed.write_text("<rss><channel><item><title>Arms talks</title></item></channel></rss>")
    expected = feed.with_suffix(".json")
    expected.write_text('{"items": [{"title": "Gas talks", "link": "https://a.example/1"}]}')
    assert list(corpora.pairs(tmp_path)) == [(feed, expected)]
    found = list(corpora.differences(feed, expected))
    assert [(one.field, one.cause) for one in found] == [("title", None), ("link", None)]
    assert corpora.main([str(tmp_path)]) == 1


@pytest.mark.parametrize("path", REAL, ids=lambda path: path.name)
def test_a_real_feed_yields_its_entries(path: Path) -> None:
    """Each that says anything; files of this folder without entries are pieces of pages."""
    entries = len(_ENTRY.findall(path.read_bytes()))
    parsed = corpora.read(path)
    if entries == 0:
        assert isinstance(parsed, FetchError)
        return
    assert not isinstance(parsed, FetchError)
    silent = 1 if path.name in ("incomplete-fields.atom", "missing-fields.atom") else 0
    assert (len(parsed.articles), parsed.skipped) == (entries - silent, silent)
