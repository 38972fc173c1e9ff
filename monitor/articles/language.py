"""Decides: which language a text is in."""

from __future__ import annotations

from copy import copy
from functools import cache, lru_cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

_MEASURED = 200
"""Characters of the text that are looked at, beside the title: more change nothing and cost time."""

Languages = frozenset[str]


def detect(title: str, text: str, among: Languages) -> str | None:
    """The likeliest of the languages (ISO 639-1), or ``None`` where there is nothing to read."""
    sample = f"{title}\n{text[:_MEASURED]}".strip()
    if not any(character.isalpha() for character in sample):
        return None
    return str(_identifier(among).classify(sample)[0])


def primary(tag: str | None) -> str | None:
    """The language of a tag: ``fr`` of ``fr-DZ``; ``None`` of what is none."""
    subtag = (tag or "").strip().replace("_", "-").split("-")[0].lower()
    return subtag if subtag.isalpha() and len(subtag) in (2, 3) else None


@cache
def _every_language() -> LanguageIdentifier:
    """The model as it comes; unpacking it takes a tenth of a second."""
    return LanguageIdentifier.from_model_file(MODEL_FILE)


@lru_cache(maxsize=4)
def _identifier(among: Languages) -> LanguageIdentifier:
    identifier = copy(_every_language())
    identifier.set_languages(sorted(among & frozenset(identifier.labels)))
    return identifier
