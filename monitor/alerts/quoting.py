"""Decides: which words and sentences of an article show why it matched.

What comes out is text that ``plain`` has made inert, cut into pieces at the borders of the
matched words.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from monitor.alerts.plain import DROPPED, aligned, bounded, cut, inert, literal
from monitor.models import Article, Evidence

MAX_HEADING = 300
MAX_SENTENCE = 400
MAX_QUOTES = 4
QUOTES_WANTED = 3
"""So many are shown even of an article whose title says it all."""
MAX_MARKS = 12
"""In one sentence."""
SHORT = 80
"""For a name, a word, a condition."""

_FALLBACK_HEADING = 120
_RIGHT_TO_LEFT = frozenset({"ar", "arc", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"})

Span = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A run of a sentence; ``is_match``: it satisfied a condition."""

    text: str
    is_match: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """A title or sentence of the article, cut into pieces; the rest is for HTML's attributes."""

    pieces: tuple[Piece, ...]
    direction: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A matched word and why it counts: ``name``, ``demonym``, ``term`` …"""

    text: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """A condition that held: its best words, and how many more there are."""

    condition: str
    words: tuple[Word, ...]
    more: int


def plainly(quote: Quote) -> str:
    """Return it without marks."""
    return inert("".join(each.text for each in quote.pieces))


def starred(quote: Quote) -> str:
    """Return it with a star on each side of what matched."""
    return "".join(f"*{each.text}*" if each.is_match else each.text for each in quote.pieces)


def bold(quote: Quote) -> str:
    """Return it in CommonMark, with what matched in bold."""
    return "".join(
        f"**{literal(each.text)}**" if each.is_match else literal(each.text)
        for each in quote.pieces
    )


# --- why it matched ----------------------------------------------------------------


def why(evidence: Sequence[Evidence]) -> tuple[tuple[Reason, ...], tuple[Evidence, ...]]:
    """Return each condition once, in the rule's order, and the mentions chosen to show it."""
    conditions: dict[str, list[Evidence]] = {}
    for mention in evidence:
        conditions.setdefault(mention.condition, []).append(mention)
    together = _conditions_together(evidence)
    reasons: list[Reason] = []
    best: list[Evidence] = []
    for condition, mentions in conditions.items():
        ranked = sorted(mentions, key=lambda each: _rank(each, together[_sentence(each)]))
        chosen = _best(ranked)
        best += chosen
        reasons.append(
            Reason(
                condition=bounded(inert(condition), SHORT),
                words=tuple(map(_word, chosen)),
                more=len(mentions) - len(chosen),
            )
        )
    return tuple(reasons), tuple(best)


def _best(ranked: Sequence[Evidence]) -> list[Evidence]:
    """Return the first mention and the next one that says something else, elsewhere if it can."""
    first = ranked[0]
    others = [each for each in ranked if each.text.casefold() != first.text.casefold()]
    elsewhere = [each for each in others if _sentence(each) != _sentence(first)]
    return [first, *(elsewhere or others)[:1]]


def _conditions_together(evidence: Iterable[Evidence]) -> dict[tuple[str, int], int]:
    """Count the conditions that each sentence satisfies: the more, the better it explains."""
    held: dict[tuple[str, int], set[str]] = {}
    for each in evidence:
        held.setdefault(_sentence(each), set()).add(each.condition)
    return {sentence: len(conditions) for sentence, conditions in held.items()}


def _rank(mention: Evidence, conditions: int) -> tuple[bool, int, int]:
    return mention.field != "title", -conditions, mention.start


def _sentence(mention: Evidence) -> tuple[str, int]:
    return mention.field, mention.sentence_start


def _word(mention: Evidence) -> Word:
    is_read = mention.field in {"title", "body"}
    kind = mention.kind if is_read else f"{mention.kind}, in {mention.field}"
    return Word(text=bounded(inert(mention.text), SHORT), kind=inert(kind))


# --- what the article says ---------------------------------------------------------


def heading_of(article: Article, evidence: Iterable[Evidence]) -> Quote:
    """Return the title, or the first words of an article that has none."""
    field, text, limit = "title", article.title, MAX_HEADING
    if not inert(text[: 2 * limit]):
        field, text, limit = "body", article.text, _FALLBACK_HEADING
    if not inert(text[: 2 * limit]):
        return _quote((Piece(text="(untitled)", is_match=False),), None)
    spans = [(each.start, each.end) for each in evidence if each.field == field]
    return _quote(_pieces(text, spans, 0, limit), article.language)


def quotes_from(
    article: Article, evidence: Sequence[Evidence], best: Iterable[Evidence]
) -> tuple[Quote, ...]:
    """Return the sentences of the chosen mentions, each once, in the order of the article.

    The title is not among them: it stands above, with its own marks.
    """
    together = _conditions_together(evidence)
    quotable = {
        _sentence(each): each.sentence
        for each in evidence
        if each.sentence.strip() and each.field != "title"
    }
    ranked = sorted(quotable, key=lambda place: (-together[place], place))
    needed = {_sentence(each) for each in best}
    chosen = [place for place in ranked if place in needed][:MAX_QUOTES]
    telling = [place for place in ranked if place not in needed and together[place] > 1]
    chosen += telling[: max(QUOTES_WANTED - len(chosen), 0)]
    quotes = []
    for field, begin in sorted(chosen):
        sentence = quotable[field, begin]
        spans = [(e.start - begin, e.end - begin) for e in evidence if e.field == field]
        inside = _merged(spans, len(sentence))
        start = _window(sentence, inside, MAX_SENTENCE)
        pieces = _pieces(sentence, inside, start, MAX_SENTENCE)
        quotes.append(_quote(pieces, article.language))
    return tuple(quotes)


def _pieces(text: str, spans: Iterable[Span], start: int, limit: int) -> tuple[Piece, ...]:
    """Cut ``limit`` characters of a text, from ``start``, at the borders of what matched."""
    end = len(text)
    if end - start > limit:
        end = cut(text, start + limit)
        space = text.rfind(" ", start + limit * 7 // 8, end)
        end = space if space > start else end
    harmless = aligned(text[start:end])
    marks = _merged(((a - start, b - start) for a, b in spans), end - start)[:MAX_MARKS]
    pieces = [Piece(text="… ", is_match=False)] if start else []
    place = 0
    for a, b in marks:
        pieces += [_piece(harmless[place:a], False), _piece(harmless[a:b], True)]
        place = b
    pieces.append(_piece(harmless[place:], False))
    if end < len(text):
        pieces.append(Piece(text=" …", is_match=False))
    return tuple(piece for piece in pieces if piece.text)


def _piece(harmless: str, is_match: bool) -> Piece:
    return Piece(text=harmless.replace(DROPPED, ""), is_match=is_match)


def _merged(spans: Iterable[Span], length: int) -> list[Span]:
    """Return the parts of the spans that lie in a text, in order, overlapping ones as one."""
    merged: list[Span] = []
    for a, b in sorted((max(a, 0), min(b, length)) for a, b in spans):
        if a >= b:
            continue
        if merged and a <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(b, merged[-1][1]))
        else:
            merged.append((a, b))
    return merged


def _window(text: str, marks: Sequence[Span], limit: int) -> int:
    """Return where to start so that ``limit`` characters show the most marks."""
    if len(text) <= limit or not marks:
        return 0
    starts = [max(min(a - limit // 4, len(text) - limit), 0) for a, _ in marks]
    shown = [sum(start <= a and b <= start + limit * 7 // 8 for a, b in marks) for start in starts]
    best = shown.index(max(shown))
    if not starts[best]:
        return 0
    space = text.find(" ", starts[best], marks[best][0])
    return space + 1 if space >= 0 else cut(text, starts[best])


def _quote(pieces: tuple[Piece, ...], language: str | None) -> Quote:
    towards = direction("".join(each.text for each in pieces))
    name = inert(language or "")
    is_said_in_it = (name.partition("-")[0] in _RIGHT_TO_LEFT) == (towards == "rtl")
    return Quote(pieces=pieces, direction=towards, language=name if is_said_in_it else "")


def direction(text: str) -> str:
    """Return ``rtl`` or ``auto``: the former is said aloud for mail clients that know no ``auto``."""
    for character in text:
        kind = unicodedata.bidirectional(character)
        if kind in {"R", "AL"}:
            return "rtl"
        if kind == "L":
            return "auto"
    return "auto"
