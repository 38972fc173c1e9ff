"""Decides: the words of a message.

What a person needs at night, in this order: how urgent, which rule, what the article is called,
who says so and when, the link, why it matched, the sentences with the matched words marked.
Everything that came over the network passes through ``plain`` on its way here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from jinja2 import Environment, PackageLoader, StrictUndefined, Template, select_autoescape

from monitor.alerts import notices
from monitor.alerts.plain import bounded, fit, inert, paragraphs, safe_url
from monitor.alerts.quoting import MAX_HEADING, SHORT, Quote, heading_of, quotes_from, why
from monitor.alerts.times import moment
from monitor.models import Article, Delivery, Message

MAX_TITLE = 150
MAX_TEXT = 3400
"""Characters: Slack shows a message of up to 4,000, and some services count escapes."""
MAX_HTML = 29_000
"""Characters, of the 32,768 that Apprise puts into a mail; it would cut off the rest."""
MAX_REASONS = 8

_LEAD = 400


def message(delivery: Delivery, zone: tzinfo) -> Message:
    """Return a delivery in words, with its instants in ``zone``.

    ``title`` is one line of at most ``MAX_TITLE`` characters, ``text`` at most ``MAX_TEXT``.
    """
    alert, match = delivery.alert, delivery.alert.match
    if notices.is_notice(match):
        return _notice(delivery, zone)
    article = alert.article
    heading = heading_of(article, match.evidence)
    rule = bounded(inert(match.rule_title) or match.rule_id, SHORT)
    reasons, best = why(match.evidence)
    quotes = quotes_from(article, match.evidence, best)
    words: dict[str, object] = {
        "severity": match.severity.value,
        "rule": rule,
        "heading": heading,
        "article_language": inert(article.language or ""),
        "source": _source(article),
        "published": moment(article.published_at, zone)
        if article.published_at
        else "no date given",
        "relevance": f"{match.relevance:.0%}",
        "url": safe_url(article.url),
        "reasons": reasons[:MAX_REASONS],
        "more_reasons": max(len(reasons) - MAX_REASONS, 0),
        "lead": "" if reasons else bounded(paragraphs(article.text[: 2 * _LEAD]), _LEAD),
        "found": moment(alert.created_at, zone),
        "rule_id": match.rule_id,
        "rule_version": match.rule_version,
        "delivery_id": delivery.public_id,
    }
    title = bounded(f"[{match.severity.value}] {rule}: {_plain(heading)}", MAX_TITLE)
    words["title"] = title
    text = fit(_within(MAX_TEXT, _TEXT, words, quotes), MAX_TEXT)
    return Message(title=title, text=text, html=_within(MAX_HTML, _HTML, words, quotes))


def _within(
    limit: int, template: Template, words: Mapping[str, object], quotes: Sequence[Quote]
) -> str:
    """Render with as many quotes as there is room for."""
    rendered = ""
    for count in range(len(quotes), -1, -1):
        rendered = template.render(words, quotes=quotes[:count])
        if len(rendered) <= limit:
            break
    return rendered


def _plain(quote: Quote) -> str:
    return inert("".join(each.text for each in quote.pieces))


def _starred(quote: Quote) -> str:
    return "".join(f"*{each.text}*" if each.is_match else each.text for each in quote.pieces)


def _source(article: Article) -> str:
    names = dict.fromkeys(map(inert, (article.feed_name, article.publisher)))
    return " · ".join(bounded(name, SHORT) for name in names if name) or "unnamed source"


# --- notices -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """A line of a notice; an address is one that may be a link, as it comes from the user."""

    kind: str
    text: str
    label: str = ""

    @property
    def written(self) -> str:
        """As plain text has it."""
        mark = notices.NAME if self.kind == "name" else ""
        return mark + " ".join(filter(None, (self.label, self.text)))


def _notice(delivery: Delivery, zone: tzinfo) -> Message:
    """A message about the service itself: what is said of articles would mean nothing."""
    alert = delivery.alert
    rule = bounded(inert(alert.match.rule_title), SHORT)
    heading = bounded(inert(alert.article.title), MAX_HEADING)
    title = bounded(f"[{rule}] {heading}", MAX_TITLE)
    words = {
        "title": title,
        "rule": rule,
        "heading": heading,
        "noticed": moment(alert.created_at, zone),
        "paragraphs": [
            [_line(place, text) for place, text in enumerate(paragraph.split("\n"))]
            for paragraph in alert.article.text.split("\n\n")
        ],
        "delivery_id": delivery.public_id,
    }
    text = fit(_NOTICE_TEXT.render(words), MAX_TEXT)
    return Message(title=title, text=text, html=_NOTICE_HTML.render(words))


def _line(place: int, text: str) -> _Line:
    if place == 0:
        return _Line(kind="heading", text=inert(text))
    if text.startswith(notices.NAME):
        return _Line(kind="name", text=inert(text.removeprefix(notices.NAME)))
    if safe_url(text) == text:
        return _Line(kind="address", text=text)
    for label in (notices.TRIED, notices.ADVICE):
        if text.startswith(label):
            return _Line(kind="labelled", label=label, text=inert(text.removeprefix(label)))
    return _Line(kind="other", text=inert(text))


# --- templates ---------------------------------------------------------------------


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("monitor.alerts"),
        autoescape=select_autoescape(["html.j2"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["starred"] = _starred
    return environment


_TEMPLATES = _environment()
_TEXT = _TEMPLATES.get_template("alert.txt.j2")
_HTML = _TEMPLATES.get_template("alert.html.j2")
_NOTICE_TEXT = _TEMPLATES.get_template("notice.txt.j2")
_NOTICE_HTML = _TEMPLATES.get_template("notice.html.j2")
