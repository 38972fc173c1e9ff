"""Decides: the words of a message.

What a person needs at night, in this order: how urgent, which rule, what the article is called,
who says so and when, the link, why it matched, the sentences with the matched words marked.
Everything that came over the network passes through ``plain`` on its way here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, tzinfo

from jinja2 import Environment, PackageLoader, StrictUndefined, Template, select_autoescape

from monitor.alerts.plain import bounded, fit, inert, paragraphs, safe_url
from monitor.alerts.quoting import SHORT, Quote, heading_of, quotes_from, why
from monitor.models import Article, Delivery, Message

MAX_TITLE = 150
MAX_TEXT = 3400
"""Characters: Slack shows a message of up to 4,000, and some services count escapes."""
MAX_HTML = 29_000
"""Characters, of the 32,768 that Apprise puts into a mail; it would cut off the rest."""
MAX_REASONS = 8

_LEAD = 400
_UNDERSCORE = re.compile(r"(?<!\w)_|_(?!\w)")
"""One within a word is no emphasis."""
_HEADING = re.compile(r"^#", re.MULTILINE)
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def message(delivery: Delivery, zone: tzinfo) -> Message:
    """Return a delivery in words, with its instants in ``zone``.

    ``title`` is one line of at most ``MAX_TITLE`` characters, ``text`` at most ``MAX_TEXT``.
    """
    alert, match = delivery.alert, delivery.alert.match
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
        "published": _moment(article.published_at, zone),
        "relevance": f"{match.relevance:.0%}",
        "url": safe_url(article.url),
        "reasons": reasons[:MAX_REASONS],
        "more_reasons": max(len(reasons) - MAX_REASONS, 0),
        "lead": "" if reasons else bounded(paragraphs(article.text[: 2 * _LEAD]), _LEAD),
        "found": _moment(alert.created_at, zone),
        "rule_id": match.rule_id,
        "rule_version": match.rule_version,
        "delivery_id": delivery.public_id,
    }
    title = bounded(f"[{match.severity.value}] {rule}: {_plain(heading)}", MAX_TITLE)
    words["title"] = title
    text = fit(_within(MAX_TEXT, _TEXT, words, quotes), MAX_TEXT)
    return Message(
        title=title,
        text=text,
        html=_within(MAX_HTML, _HTML, words, quotes),
        markdown=fit(_within(MAX_TEXT, _MARKDOWN, words, quotes), MAX_TEXT),
        short=_SHORT.render(words),
        id=delivery.public_id,
        topic=match.rule_id,
    )


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


def _literal(text: str) -> str:
    """Return inert text so that CommonMark, and Slack's dialect of it, show it as it is.

    By look-alikes, as in ``plain``: of backslashes Slack knows nothing.
    """
    text = _UNDERSCORE.sub("\uff3f", text).replace("~", "\u223c").replace("\\", "\u29f5")
    return _HEADING.sub("\uff03", text)


def _bold(quote: Quote) -> str:
    return "".join(
        f"**{_literal(each.text)}**" if each.is_match else _literal(each.text)
        for each in quote.pieces
    )


def _source(article: Article) -> str:
    names = dict.fromkeys(map(inert, (article.feed_name, article.publisher)))
    return " · ".join(bounded(name, SHORT) for name in names if name) or "unnamed source"


def _moment(instant: datetime | None, zone: tzinfo) -> str:
    if instant is None:
        return "no date given"
    try:
        local = instant.astimezone(zone)
    except (OverflowError, ValueError):  # year 1 or 9999, which has no other zone's side
        local = instant.astimezone(UTC)
    day = f"{_DAYS[local.weekday()]} {local.day} {_MONTHS[local.month - 1]} {local.year}"
    minute = local.isoformat(timespec="minutes")  # 2025-03-07T22:14+01:00
    return f"{day}, {minute[11:16]} {minute[16:]}"


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("monitor.alerts"),
        autoescape=select_autoescape(["html.j2"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["starred"] = _starred
    environment.filters["bold"] = _bold
    environment.filters["literal"] = _literal
    return environment


_TEMPLATES = _environment()
_TEXT = _TEMPLATES.get_template("alert.txt.j2")
_HTML = _TEMPLATES.get_template("alert.html.j2")
_MARKDOWN = _TEMPLATES.get_template("alert.md.j2")
_SHORT = _TEMPLATES.get_template("alert.short.j2")
