"""Mechanism: spaCy. Its sentence borders, on matched articles only; later its recogniser.

A blank pipeline knows the punctuation of every script, and needs no model. spaCy is imported when
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

ABBREVIATIONS = tuple(
    "M. MM. Mr. Mrs. Ms. Dr. Pr. Prof. St. Ste. Gen. Gén. Col. Lt. Sgt. Capt. Sen. Rep. Gov. Hon."
    " Jr. Sr. No. Nr. Art. art. vs. etc. e.g. i.e. p. pp. cf. ca. bzw. z.B. Sr. Sra. D. Dª. Dña."
    " Ud. Uds. Sig. Dott. On. Exmo. Ltd. Inc. Corp. Co. Bros. U.S. U.K. U.N. E.U. U.S.A. EE. UU."
    " Jan. Feb. Mar. Apr. Aug. Sept. Oct. Nov. Dec. janv. févr. juil. г. гг. им. т.д. т.п. тыс. млн."
    " млрд. د. م. أ.".split()
)
"""Words whose full stop ends no sentence, as newspapers of the pack's languages write them."""

_LONGEST_RUN = re.compile(r"\S{200}")
"""What no tokeniser should be asked to take apart: it would take seconds."""


def sentence_around(text: str, start: int, end: int) -> tuple[int, int]:
    """The first character of the sentence that holds ``text[start:end]``, and one past its last.

    A paragraph's end is a sentence's end.
    """
    low = max(text.rfind("\n", 0, start) + 1, start - _AROUND)
    high = text.find("\n", end)
    high = min(len(text) if high < 0 else high, end + _AROUND)
    passage = _LONGEST_RUN.sub(lambda run: "x" * len(run.group()), text[low:high])
    first, last = low, high
    for sentence in _pipeline()(passage).sents:
        if low + sentence.start_char <= start:
            first = low + sentence.start_char
        if low + sentence.end_char >= end:
            last = low + sentence.end_char
            break
    return first, last


@cache
def _pipeline() -> Language:
    """One for all languages: the blank French one alone takes three seconds to make.

    What it would know beside punctuation are the abbreviations that end in a full stop.
    """
    import spacy  # noqa: PLC0415 - takes a second and 100 MB
    from spacy.symbols import ORTH  # noqa: PLC0415
    from spacy.tokenizer import Tokenizer  # noqa: PLC0415
    from spacy.util import compile_infix_regex  # noqa: PLC0415

    nlp = spacy.blank("xx")
    tokenizer = nlp.tokenizer
    assert isinstance(tokenizer, Tokenizer)
    nlp.add_pipe("sentencizer")
    infixes = [*(nlp.Defaults.infixes or ()), "[。！？]"]  # no blank follows them
    tokenizer.infix_finditer = compile_infix_regex(infixes).finditer
    for abbreviation in ABBREVIATIONS:
        tokenizer.add_special_case(abbreviation, [{ORTH: abbreviation}])
    return nlp
