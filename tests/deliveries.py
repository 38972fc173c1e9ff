"""Data: alerts and deliveries for the tests of planning, wording and sending."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from monitor.models import Alert, Article, Delivery, Evidence, Match, Severity

NOW = datetime(2025, 3, 7, 21, 16, tzinfo=UTC)

TITLE = "Alger et Washington discutent d’une vente d’armements américains"
TEXT = (
    "Une délégation a passé trois jours dans la capitale fédérale. "
    "L’ambassadeur d’Algérie aux États-Unis a parlé d’un calendrier et de listes d’armes. "
    "الجزائر تنظر في شراء أسلحة أمريكية. "
    "A senior official said Algeria would look at American weapons first."
)


def mention(
    condition: str, word: str, kind: str = "name", *, field: str = "body", text: str = TEXT
) -> Evidence:
    """Return the first place of a word as evidence, with the sentence (up to a full stop)."""
    start = text.index(word)
    begin = text.rfind(". ", 0, start) + 2 if ". " in text[:start] else 0
    end = text.find(". ", start)
    return Evidence(
        condition=condition,
        field=field,
        start=start,
        end=start + len(word),
        text=word,
        kind=kind,
        sentence=text[begin : end + 1 if end >= 0 else len(text)],
        sentence_start=begin,
    )


def in_title(condition: str, word: str, kind: str = "name", *, title: str = TITLE) -> Evidence:
    return mention(condition, word, kind, field="title", text=title)


EVIDENCE = (
    in_title("country: DZ", "Alger", "capital"),
    mention("country: DZ", "Algérie"),
    mention("country: DZ", "الجزائر"),
    mention("country: DZ", "Algeria"),
    in_title("country: US", "Washington", "capital"),
    mention("country: US", "États-Unis"),
    mention("country: US", "أمريكية", "demonym"),
    mention("country: US", "American", "demonym"),
    in_title("concept: arms", "armements", "term"),
    mention("concept: arms", "أسلحة", "term"),
    mention("concept: arms", "weapons", "term"),
)

ARTICLE = Article(
    keys=("guid:feed:1", "url:https://elwasat.example/1"),
    url="https://elwasat.example/politique/1?edition=matin",
    title=TITLE,
    text=TEXT,
    language="fr",
    published_at=datetime(2025, 3, 7, 21, 14, tzinfo=UTC),
    feed_url="https://elwasat.example/rss",
    feed_name="El Wasat – Politique",
    publisher="elwasat.example",
)


def match(evidence: Sequence[Evidence] = EVIDENCE, **changes: object) -> Match:
    made = Match(
        rule_id="algeria-us-arms",
        rule_version="3f9c2a1b",
        rule_title="Algeria – US arms",
        severity=Severity.HIGH,
        relevance=0.871,
        is_weak=False,
        notify=None,
        evidence=tuple(evidence),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def delivery(article: Article = ARTICLE, found: Match | None = None, **changes: object) -> Delivery:
    alert = Alert(
        key="k", article=article, match=found or match(), destinations=("desk",), created_at=NOW
    )
    made = Delivery(
        id=1,
        public_id="nm-7K2QM9XA",
        alert=alert,
        destination="desk",
        attempts=1,
        created_at=NOW,
    )
    return replace(made, **changes)  # type: ignore[arg-type]
