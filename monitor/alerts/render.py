"""Decides: a delivery as a message: one truth, rendered for each kind of channel.

``words`` says what there is to say, ``templating`` renders it; here is how much of it fits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, tzinfo

from monitor.alerts import notices, samples
from monitor.alerts.plain import bounded, fit, line
from monitor.alerts.templating import OURS, Templates
from monitor.alerts.words import Words, alert_words, digest_words, groups, notice_words
from monitor.errors import Mistake
from monitor.models import Delivery, Message

MAX_TITLE = 150
MAX_TEXT = 3400
"""Characters of an alert: Slack shows a message of up to 4,000, and some services count escapes."""
MAX_DIGEST = 20_000
"""Characters of a digest; chats get the beginning, and its true count."""
MAX_HTML = 29_000
"""Characters, of the 32,768 that Apprise lets a mail service have; it would cut off the rest."""

DIGEST = "digest"
"""What a digest is about, where an alert has its rule."""

_Fill = Callable[[int], Mapping[str, object]]
"""From how many sentences or items there is room for, to the words."""


def message(delivery: Delivery, zone: tzinfo) -> Message:
    """Return a delivery in our words, with its instants in ``zone``.

    ``title`` is one line of at most ``MAX_TITLE`` characters, ``text`` at most ``MAX_TEXT``, of a
    digest ``MAX_DIGEST``.
    """
    return rendered(delivery, zone, OURS)[0]


def rendered(
    delivery: Delivery, zone: tzinfo, templates: Templates
) -> tuple[Message, tuple[Mistake, ...]]:
    """Return the same by templates of the operator, and what was wrong with those: in place of
    each that failed stands ours."""
    if (digest := delivery.digest) is not None:
        words, count = digest_words(delivery, digest, zone)

        def items(room: int) -> Words:
            return words | {"groups": groups(digest, zone, room)}

        said = _Said(templates, "digest", items, count, MAX_DIGEST)
        topic = DIGEST
    elif notices.is_notice(delivery.alert.match):
        words = notice_words(delivery, zone)
        said = _Said(templates, "notice", lambda _: words, 0, MAX_TEXT)
        topic = delivery.alert.match.rule_id
    else:
        words, quotes = alert_words(delivery, zone)

        def sentences(room: int) -> Words:
            return words | {"quotes": quotes[:room]}

        said = _Said(templates, "alert", sentences, len(quotes), MAX_TEXT)
        topic = delivery.alert.match.rule_id
    title = bounded(line(said.form("title", MAX_TITLE * 8)), MAX_TITLE)
    words["title"] = title
    made = Message(
        title=title,
        text=said.form("txt", said.limit),
        html=said.form("html", MAX_HTML),
        markdown=said.form("md", said.limit),
        short=said.form("short", MAX_TEXT),
        id=delivery.public_id,
        follows=delivery.follows,
        topic=topic,
    )
    return made, tuple(said.mistakes)


class _Said:
    """One delivery, its words, and what has been found wrong meanwhile."""

    def __init__(
        self, templates: Templates, kind: str, fill: _Fill, count: int, limit: int
    ) -> None:
        self._templates, self._kind, self._fill = templates, kind, fill
        self._count = count
        self.limit = limit
        self.mistakes: list[Mistake] = []

    def form(self, form: str, limit: int) -> str:
        """Render with as many sentences or items as there is room for; if there is no room even
        without, what the operator's template makes is not used."""
        name = f"{self._kind}.{form}.j2"
        text = self._rendered(self._templates, name, limit)
        if len(text) > limit and name in self._templates.theirs:
            what = f"what it makes is longer than {limit} characters"
            self.mistakes.append(Mistake(file=self._file(name), message=what))
            text = self._rendered(self._templates.without([name]), name, limit)
        return text if form == "html" else fit(text.rstrip("\n"), limit)

    def _rendered(self, templates: Templates, name: str, limit: int) -> str:
        low, high, best = 0, self._count, ""
        room = high
        while True:  # the whole first: it nearly always fits
            made = templates.render(name, self._fill(room))
            if made.mistake and made.mistake not in self.mistakes:
                self.mistakes.append(made.mistake)
            if len(made.text) <= limit:
                low, best = room + 1, made.text
            else:
                high = room - 1
                best = best or (made.text if room == 0 else "")
            if low > high:
                return best or made.text
            room = (low + high) // 2

    def _file(self, name: str) -> str:
        return str(self._templates.folder / name) if self._templates.folder else name


def tried(templates: Templates) -> tuple[Templates, tuple[Mistake, ...]]:
    """Render samples: return the templates that can be used, and what is wrong with the others."""
    wrong: dict[Mistake, None] = {}
    for sample in (samples.alert(), samples.bare_alert(), samples.digest()):
        wrong |= dict.fromkeys(rendered(sample, UTC, templates)[1])
    bad = {name for name in templates.theirs for each in wrong if each.file.endswith(f"/{name}")}
    return templates.without(bad), tuple(wrong)
