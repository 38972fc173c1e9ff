from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from monitor.matching.index import Entry, Index, Terms
from monitor.matching.words import fold, fold_term, spell

LETTERS = "aZéÉßﬁ½ñ'’-.,· \t\n\xa0\u0301\u200bاًـلجئ阿国アｱดनी한İıſ_1٢🙂"


def found(text: str, term: str, language: str = "any", **options: bool) -> list[str]:
    """What a term finds in a text, as the text has it."""
    folded = fold(text)
    entry = Entry(key=f"term:{term}", text=term, language=language, **options)
    index = Index(Terms.of([entry], lambda word, _: (word,)))
    hits = index.scan(folded, None if language == "any" else language).hits(entry.key)
    return [text[slice(*folded.span(hit.start, hit.end))] for hit in hits]


@pytest.mark.parametrize(
    ("term", "text", "surface"),
    [
        ("Algérie", "Le ministre d'Algérie", "Algérie"),
        ("Algérie", "L’ALGERIE a signé", "ALGERIE"),
        ("Algérie", "l'Alge\u0301rie", "Alge\u0301rie"),
        ("algéro", "un accord algéro-américain", "algéro"),
        ("arms deal", "an arms-deal was signed", "arms-deal"),
        ("arms deal", "an arms \n deal was signed", "arms \n deal"),
        ("bras d'honneur", "un bras d’honneur", "bras d’honneur"),
        ("U.S.", "U.S.-Algerian talks", "U.S"),
        ("EE. UU.", "con EE. UU. y", "EE. UU"),
        ("EE. UU.", "con EE.UU. y", "EE.UU"),
        ("США", "в США сказали", "США"),
        ("Straße", "die STRASSE", "STRASSE"),
        ("f-16", "des F-16, livrés", "F-16"),
        ("الجزائر", "صفقة للجزائر", "للجزائر"),
        ("الجزائر", "بين واشنطن وبالجزائر", "وبالجزائر"),
        ("الجزائر", "والجزائرِ", "والجزائرِ"),
        ("أسلحة", "صفقة الأسلحة", "الأسلحة"),
        ("صفقة أسلحة", "عن صفقة الأسلحة", "صفقة الأسلحة"),
        ("معدات عسكرية", "المعدات العسكرية", "المعدات العسكرية"),
        ("أمريكا", "امريكا", "امريكا"),
        ("阿尔及利亚", "美国与阿尔及利亚签署", "阿尔及利亚"),
        ("アルジェリア", "米国とアルジェリアは", "アルジェリア"),
        ("한국", "한국 정부", "한국"),
        ("भारत", "भारत सरकार", "भारत"),
    ],
)
def test_a_term_is_found_as_newspapers_write_it(term: str, text: str, surface: str) -> None:
    assert found(text, term) == [surface]


@pytest.mark.parametrize(
    ("term", "text"),
    [
        ("argel", "largely Bargeld"),
        ("us", "Russia, campus, business"),
        ("arms deal", "open arms. Deal or not"),
        ("arms deal", "arms, deal"),
        ("الرياض", "الرياضة اليوم"),
        ("مالي", "شمالي إجمالي ماليزيا"),
        ("سلاح", "سلاحف"),
        ("того", "тоготип"),
        ("reunion", "reunions"),
    ],
)
def test_a_term_is_not_found_inside_other_words(term: str, text: str) -> None:
    assert found(text, term) == []


def test_an_exact_term_asks_for_its_letters_case_and_accents() -> None:
    assert found("US and us and Us", "US", is_exact=True) == ["US"]
    assert found("Elysee, Élysée", "Élysée", is_exact=True) == ["Élysée"]
    assert found("the U.S. said, u.s. said", "U.S.", is_exact=True) == ["U.S"]


def test_a_prefix_goes_on_in_its_last_word_only() -> None:
    assert found("armes armement army", "armem", is_prefix=True) == ["armement"]
    assert found("fighter jets, fighterjets", "fighter je", is_prefix=True) == ["fighter jets"]


def test_a_list_applies_to_the_language_of_the_text_only() -> None:
    entry = Entry(key="country:DZ", text="Argel", language="es")
    index = Index(Terms.of([entry], lambda word, _: (word,)))
    folded = fold("Bargeld in Argel")
    assert list(index.scan(folded, "de").hits(entry.key)) == []
    assert len(list(index.scan(folded, "es").hits(entry.key))) == 1


@given(st.text())
def test_folding_any_text_keeps_every_word_at_its_place(text: str) -> None:
    folded = fold(text)
    assert len(folded.text) == len(folded.barred)
    previous = 0
    for word in folded.starts():
        end = folded.text.find(" ", word)
        start, after = folded.span(word, end)
        assert previous <= start < after <= len(text)
        previous = start


@given(
    st.text(st.sampled_from(LETTERS + "\n\u200b\u0301"))
    | st.text(st.characters(max_codepoint=0x7F))
    | st.text(" \n\t-ab.'", max_size=8)
)
@example("ﬁ \u200b 1")
def test_a_text_folds_at_once_as_it_does_letter_by_letter(text: str) -> None:
    folded = fold(text)
    letters, places = spell(text)
    assert folded.barred == f" {letters} "
    assert [folded.place(at) for at in range(1, len(letters) + 1)] == list(places)


@given(st.text(st.sampled_from(LETTERS.replace("½", ""))))  # one character, two words
def test_what_is_cut_out_of_a_text_folds_to_the_word_it_was_found_by(text: str) -> None:
    folded = fold(text)
    for at in folded.starts():
        word = folded.text[at : folded.text.index(" ", at)]
        cut = fold_term(text[slice(*folded.span(at, at + len(word)))])
        assert cut == word or "ß" in text  # half of it is the whole of it


@given(st.text(st.sampled_from(LETTERS), max_size=12))
def test_a_term_folds_as_a_text_does(text: str) -> None:
    assert fold_term(text) == fold(text).barred.strip(" |")


SCRIPTS = "".join(map(chr, (*range(0x20, 0x370), *range(0x370, 0x530), *range(0x5D0, 0x6D4))))


@given(st.text(alphabet=SCRIPTS))
def test_a_text_finds_itself_however_it_is_normalised(text: str) -> None:
    """The same words in NFC and NFD are the same words, in the scripts whose accents fold."""
    assert (
        fold(unicodedata.normalize("NFD", text)).text
        == fold(unicodedata.normalize("NFC", text)).text
    )


@given(st.text(min_size=1))
def test_a_term_with_a_word_is_found_in_itself(text: str) -> None:
    if fold_term(text):
        assert found(text, text)
