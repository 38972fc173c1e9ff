from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from monitor.matching import automaton
from monitor.matching.alphabet import Alphabet
from monitor.matching.index import Entry, Index, Terms
from monitor.matching.words import fold

LETTERS = st.text("ab c", min_size=1, max_size=5).map(str.encode)


@given(
    st.lists(LETTERS, min_size=1, max_size=8, unique=True),
    st.lists(st.text("ab c", max_size=60).map(str.encode), max_size=3),
    st.text("ab c", max_size=60).map(str.encode),
)
def test_both_libraries_find_every_place(
    patterns: list[bytes], read: list[bytes], text: bytes
) -> None:
    every = {
        (start, start + len(pattern), number)
        for number, pattern in enumerate(patterns)
        for start in range(len(text))
        if text.startswith(pattern, start)
    }
    assert automaton.is_laid_out
    assert sorted(automaton.quickest(patterns, read)(text)) == sorted(every)
    assert sorted(automaton.portable(patterns)(text)) == sorted(every)


@given(st.text(), st.text())
def test_a_letter_takes_a_byte_and_the_same_one_everywhere(pattern: str, text: str) -> None:
    alphabet = Alphabet([pattern, " "])
    spelled = alphabet.spell(text)
    assert len(spelled) == len(text)
    assert [alphabet.spell(letter) for letter in text] == [bytes([one]) for one in spelled]
    assert all(
        (one == 0) == (letter not in pattern + " ")
        for one, letter in zip(spelled, text, strict=True)
    )


def test_words_that_share_their_bytes_are_told_apart() -> None:
    han = [chr(code) for code in range(0x4E00, 0x4E00 + 600)]
    entries = [Entry(key=f"term:{one}", text=one) for one in han]
    index = Index(Terms.of(entries, lambda word, _: (word,)))
    scan = index.scan(fold("".join(han)), None)
    found = {key: [(hit.start, hit.end) for hit in scan.hits(key)] for key in scan.counts()}
    assert [found[one.key] for one in entries] == [[(at, at + 1)] for at in range(1, 601)]


def test_what_is_found_stays_the_same_when_the_first_texts_were_read() -> None:
    index = Index(Terms.of([Entry(key="term:arms", text="arms")], lambda word, _: (word,)))
    text = fold("They sold arms. " * 40)
    found = [[hit.start for hit in index.scan(text, None).hits("term:arms")] for _ in range(6)]
    assert len(found[0]) == 40
    assert all(one == found[0] for one in found)
