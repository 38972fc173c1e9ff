"""A text's language is the same however many are asked about at once."""

from __future__ import annotations

import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.articles import language
from monitor.matching import packs

SENTENCES = {
    "ar": "قالت وزارة الدفاع إن السفن وصلت إلى الميناء صباح اليوم",
    "de": "Der Bundestag stimmt am Donnerstag über die Lieferung der Panzer ab",
    "en": "The ministry said that three ships had left the harbour before dawn",
    "es": "El ministro dijo que las tropas volverán antes de fin de año",
    "fr": "Le ministère a annoncé que les négociations reprendront à l'été",
    "he": "משרד החוץ הודיע כי השיחות יתחדשו ביום ראשון",
    "hi": "मंत्री ने कहा कि बातचीत अगले सप्ताह फिर शुरू होगी",
    "it": "Il governo ha detto che l'accordo sarà firmato entro la settimana",
    "ja": "政府は来週から協議を再開すると発表した",
    "ko": "정부는 다음 주에 협상을 다시 시작한다고 밝혔다",
    "pl": "Minister powiedział, że żołnierze wrócą przed końcem roku",
    "pt": "O ministro afirmou que as tropas não voltarão antes do fim do ano",
    "ru": "Министерство сообщило, что переговоры возобновятся на следующей неделе",
    "sr": "Ministar je rekao da će se pregovori nastaviti sledeće nedelje",
    "th": "รัฐบาลประกาศว่าการเจรจาจะเริ่มขึ้นอีกครั้งในสัปดาห์หน้า",
    "tr": "Bakan, görüşmelerin gelecek hafta yeniden başlayacağını söyledi",
    "zh": "外交部表示谈判将于下周重新开始",
}
EVERY = frozenset(language._every_language().labels)

pieces = st.sampled_from(list(SENTENCES.values())).flatmap(
    lambda sentence: st.tuples(st.integers(0, len(sentence)), st.integers(0, len(sentence))).map(
        lambda ends: sentence[min(ends) : max(ends)]
    )
)
odd = st.text(st.characters(), max_size=40)
samples = st.lists(
    st.lists(pieces | odd | pieces.map(str.upper), min_size=1, max_size=6)
    .map("".join)
    .filter(bool),
    min_size=language._MANY,
    max_size=12,
)
choices = st.sampled_from(
    [
        packs.languages(),
        EVERY,
        frozenset({"fr", "en"}),
        EVERY - {"sr"},
        frozenset({"pt", "es", "it"}),
    ]
)


@given(samples, choices)
def test_samples_together_score_to_the_bit_as_the_library_scores_each(
    texts: list[str], among: frozenset[str]
) -> None:
    model = language._identifier(among)
    for text, scores in zip(texts, language.scores_of(texts, model), strict=True):
        if scores is None:
            assert len(set(model._raw_score(model._encode(text)).tolist())) == 1, "it has features"
        else:
            assert scores.tobytes() == model._raw_score(model._encode(text)).tobytes()


@given(samples, choices)
def test_samples_together_are_in_the_language_that_the_library_says_of_each(
    texts: list[str], among: frozenset[str]
) -> None:
    model = language._identifier(among)
    assert language.classify_all(texts, model) == [model.classify(text)[0] for text in texts]


@given(st.lists(st.tuples(pieces | odd, pieces | odd), max_size=12))
def test_a_text_is_in_the_same_language_among_others_and_alone(
    texts: list[tuple[str, str]],
) -> None:
    among = packs.languages()
    assert language.detect_all(texts, among) == [language.detect(*one, among) for one in texts]


def test_each_of_many_is_told_by_its_own_words() -> None:
    known = {spoken: text for spoken, text in SENTENCES.items() if spoken in packs.languages()}
    texts = [*((text, "") for text in known.values()), ("", "1 234 !"), ("", "")]
    assert language.detect_all(texts, packs.languages()) == [*known, None, None]


def test_what_ends_a_text_says_nothing_of_the_next() -> None:
    """Cut inside words, so that a feature would reach across the border if it could."""
    model = language._identifier(packs.languages())
    texts = list(SENTENCES["fr"]) + list(SENTENCES["ru"])
    alone = [model._raw_score(model._encode(text)) for text in texts]
    for one, scores in zip(alone, language.scores_of(texts, model), strict=True):
        assert scores is None or scores.tobytes() == one.tobytes()


def test_a_text_does_not_count_what_its_neighbour_has() -> None:
    features, owners = np.array([3, 3, -1, 0, 3], np.int32), np.array([0, 0, 0, 1, 1])
    places, counts = language._counted(features, owners)
    assert (places.tolist(), counts.tolist()) == ([0, 3, 4], [2, 1, 1])


def test_a_long_word_of_one_letter_is_read_to_its_end() -> None:
    model = language._identifier(packs.languages())
    for text in ("a" * 5_000, unicodedata.normalize("NFD", "é" * 3_000), "ا" * 3_000):
        (scores, *_) = language.scores_of([text, "b"], model)
        assert scores is not None
        assert scores.tobytes() == model._raw_score(model._encode(text)).tobytes()


def test_the_library_is_the_one_whose_tables_we_read() -> None:
    """Another release may have others: look, then name it in ``language._KNOWN``."""
    assert language._is_known(language._identifier(packs.languages()))


def test_another_release_is_asked_for_each_text_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = list(SENTENCES.values())
    model = language._identifier(packs.languages())
    told = language.classify_all(texts, model)
    monkeypatch.setattr(language, "_KNOWN", "0.0")
    assert not language._is_known(model)
    assert language.classify_all(texts, model) == told


def test_a_language_of_two_columns_is_left_to_the_library() -> None:
    model = language._identifier(frozenset({"sr", "en"}))
    assert model._alias_pairs
    assert not language._is_known(model)
