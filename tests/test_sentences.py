from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.matching import recogniser
from monitor.matching.recogniser import sentence_around


@pytest.mark.parametrize(
    ("text", "word", "sentence"),
    [
        ("One thing. Arms for Algeria! Another.", "Arms", "Arms for Algeria!"),
        (
            "Hier, M. Boukadoum a parlé d'armes. Puis rien.",
            "armes",
            "Hier, M. Boukadoum a parlé d'armes.",
        ),
        (
            "The U.S. Army left. Mr. Smith sold arms to Algeria.",
            "arms",
            "Mr. Smith sold arms to Algeria.",
        ),
        ("Talks with EE. UU. go on. Nothing else.", "Talks", "Talks with EE. UU. go on."),
        ("ما الخبر؟ صفقة أسلحة للجزائر. لا شيء.", "أسلحة", "صفقة أسلحة للجزائر."),
        ("美国说。阿尔及利亚购买武器。没有了。", "武器", "阿尔及利亚购买武器。"),
        ("A headline\nArms for Algeria\nA footer", "Arms", "Arms for Algeria"),
        ("Arms", "Arms", "Arms"),
    ],
)
def test_the_sentence_around_a_word_is_found(text: str, word: str, sentence: str) -> None:
    start = text.index(word)
    first, last = sentence_around(text, start, start + len(word))
    assert text[first:last].strip() == sentence


@pytest.mark.parametrize("run", ["😀" * 16_000, "a" * 100_000, "<" * 50_000, "é." * 20_000])
def test_a_monstrous_word_beside_it_does_not_stop_the_search(run: str) -> None:
    text = f"{run} Arms for Algeria. {run}"
    start = text.index("Arms")
    first, last = sentence_around(text, start, start + 4)
    assert first <= start < start + 4 <= last
    assert last - first <= 3_100


@pytest.mark.parametrize("filler", range(280, 310))
def test_a_full_stop_is_found_however_far_before(filler: int) -> None:
    text = f"An old one. {'x' * filler} Arms for Algeria."
    start = text.index("Arms")
    assert sentence_around(text, start, start + 4)[0] == len("An old one. ")


PLAIN = [
    *("Arms", "algéro-américain", "l'UE", "États", "US", "Dr", "Sept", "2019", "gens\xa0»", '"so'),
    *("sei", "США", "млн", "جلاسكو", "المالية", "(Algier", "جدًا"),
]
UNCLEAR = [
    *("U.S", "E.U", "EE", "(U.S", "“Mr", "M", "J", "McX", "z.B", "т.д", "д", "مساءً", "raus‘"),
    *("14½", "3", "٣٠", "5 %", "km2"),
]
"""Their full stops may be for spaCy to judge: of many in a row it judges the nearest."""
ENDS = [" ", ". ", ".\xa0", '." ', '". ', "». ", "!) ", "? ", ", "]
AT_ENDS = ' "“(\xa0'
"""To which of two sentences they belong is a matter of taste."""


def pieces(words: list[str], most: int) -> st.SearchStrategy[list[tuple[str, str]]]:
    return st.lists(st.tuples(st.sampled_from(words), st.sampled_from(ENDS)), max_size=most)


@settings(max_examples=400)
@given(pieces(PLAIN, 6), pieces(UNCLEAR, 3), st.randoms())
def test_what_is_sure_is_what_spacy_says(
    plain: list[tuple[str, str]], unclear: list[tuple[str, str]], chance: Random
) -> None:
    parts = [*plain, *unclear]
    chance.shuffle(parts)
    before = "".join(word + end for word, end in parts)
    text = f"{before}Here it is. {before}"
    start = len(before)
    spans = recogniser.sentences(text)
    whole = next((low, high) for low, high in spans if low <= start < high)
    first, last = sentence_around(text, start, start + 4)
    assert text[first:last].strip(AT_ENDS) == text[slice(*whole)].strip(AT_ENDS)
