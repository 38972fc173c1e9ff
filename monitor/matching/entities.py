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

_ABBREVIATIONS = """
Apr. Art. Aug. Bros. Capt. Co. Col. Corp. D. Dec. Dott. Dr. Dª. Dña. E.U. EE. Exmo. Feb.
Gen. Gov. Gén. Hon. Inc. Jan. Jr. Lt. Ltd. M. MM. Mar. Mr. Mrs. Ms. No. Nov. Nr. Oct.
On. Pr. Prof. Rep. Sen. Sept. Sgt. Sig. Sr. Sra. St. Ste. U.K. U.N. U.S. U.S.A. UU. Ud.
Uds. art. bzw. ca. cf. e.g. etc. févr. i.e. janv. juil. p. pp. vs. z.B. г. гг. им. млн.
млрд. т.д. т.п. тыс. أ. د. م.
"""
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
    nlp = _pipeline()
    with nlp.memory_zone():  # or each word ever seen is kept for ever
        for sentence in nlp(passage).sents:
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
    for abbreviation in _ABBREVIATIONS.split():
        tokenizer.add_special_case(abbreviation, [{ORTH: abbreviation}])
    return nlp
