"""Mechanism: spaCy. Its sentence borders, on matched articles only; later its recogniser.

Blank pipelines know the punctuation of every script, and need no model. spaCy is imported when
the first article has matched: a command that has nothing to show does not pay for it. The
readers' server process has imported it before.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spacy.language import Language

_AROUND = 1_500
"""Characters on each side of a mention in which its sentence is looked for."""

_LONGEST_RUN = re.compile(r"\S{200}")
"""What no tokeniser should be asked to take apart: it would take seconds."""


def sentence_around(text: str, start: int, end: int, language: str | None) -> tuple[int, int]:
    """The first character of the sentence that holds ``text[start:end]``, and one past its last.

    A paragraph's end is a sentence's end.
    """
    low = max(text.rfind("\n", 0, start) + 1, start - _AROUND)
    high = text.find("\n", end)
    high = min(len(text) if high < 0 else high, end + _AROUND)
    passage = _LONGEST_RUN.sub(lambda run: "x" * len(run.group()), text[low:high])
    first, last = low, high
    for sentence in _pipeline(language or "xx")(passage).sents:
        if low + sentence.start_char <= start:
            first = low + sentence.start_char
        if low + sentence.end_char >= end:
            last = low + sentence.end_char
            break
    return first, last


@cache
def _pipeline(language: str) -> Language:
    import spacy  # noqa: PLC0415 - takes a second and 100 MB

    try:
        nlp = spacy.blank(language)
    except ImportError:  # spaCy has no such language, or it needs a tokeniser of its own
        nlp = spacy.blank("xx")
    nlp.add_pipe("sentencizer", config={"punct_chars": None})
    return nlp
