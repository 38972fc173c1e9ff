"""The data of the matcher: country packs and the concepts that ship as examples."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
import yaml  # noqa: TID251
from babel import Locale  # noqa: TID251

from monitor.matching.words import fold, fold_term

# fmt: off
COUNTRIES = (
    "DZ", "US", "MA", "TN", "LY", "EG", "FR", "ES", "IT", "DE", "GB", "RU", "UA", "CN", "TR",
    "IR", "IL", "SA", "KP", "KR", "GR", "MK", "SY", "BO", "CL",
)
# fmt: on
"""What the program promises a pack for."""

LANGUAGES = frozenset(["fr", "en", "ar", "es", "de", "it", "pt", "ru", "tr", "zh", "any"])
FULL = frozenset(["fr", "en", "ar", "es", "de", "it", "pt", "ru"])
"""The languages in which every pack has demonyms and capitals."""

SECTIONS = frozenset(
    ["names", "demonyms", "capitals", "government", "acronyms", "ambiguous", "drop", "except"]
)
LISTED = sorted(SECTIONS - {"ambiguous", "drop", "except"})

PACKS = Path(str(files("monitor"))) / "packs" / "countries"
CONCEPTS = Path(__file__).parents[1] / "rules" / "concepts"
SEED = Path(__file__).parents[2] / "shared" / "data" / "seed-article.txt"

Lists = dict[str, list[str]]


@cache
def load(path: Path) -> dict[str, Any]:
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert isinstance(data, dict), path
    return data


def pack(code: str) -> dict[str, Lists]:
    return {key: lists for key, lists in load(PACKS / f"{code}.yaml").items() if key != "code"}


def concept(name: str) -> dict[str, Any]:
    return load(CONCEPTS / f"{name}.yaml")


def terms(name: str) -> Lists:
    return {key: listed for key, listed in concept(name).items() if key not in {"id", "except"}}


def cldr_name(code: str, language: str) -> str:
    return str(Locale.parse(language).territories[code])


def words_of(code: str, language: str, sections: Iterable[str] = LISTED) -> set[str]:
    """All words for a country in a language, folded; those of ``any`` are in every one."""
    listed = chain.from_iterable(
        pack(code).get(section, {}).get(key, [])
        for section in sections
        for key in (language, "any")
    )
    names = [cldr_name(code, language)] if language != "any" else []
    return {fold_term(word) for word in chain(listed, names)}


def ambiguous_of(code: str, language: str) -> set[str]:
    marked = pack(code).get("ambiguous", {})
    return {fold_term(word) for word in (*marked.get(language, []), *marked.get("any", []))}


def all_files() -> list[Path]:
    return sorted([*PACKS.glob("*.yaml"), *CONCEPTS.glob("*.yaml")])


def lists_in(data: dict[str, Any]) -> Iterator[tuple[str, Lists]]:
    """Each mapping from languages to lists that a file holds, with a name for it."""
    top = {key: value for key, value in data.items() if isinstance(value, list)}
    if top:
        yield "terms", top
    for key, value in data.items():
        if isinstance(value, dict):
            yield key, value


def named(path: Path) -> str:
    return path.stem


every_file = pytest.mark.parametrize("path", all_files(), ids=named)
every_country = pytest.mark.parametrize("code", COUNTRIES)


# --- shape ---------------------------------------------------------------------------


def test_every_promised_country_has_a_pack_and_no_file_is_left_over() -> None:
    assert {path.stem for path in PACKS.glob("*.yaml")} == set(COUNTRIES)


@every_country
def test_a_pack_has_the_known_sections_and_its_own_code(code: str) -> None:
    data = load(PACKS / f"{code}.yaml")
    assert data["code"] == code
    assert {"code", "names", "demonyms", "capitals"} <= data.keys() <= SECTIONS | {"code"}
    assert all(isinstance(data[section], dict) for section in data.keys() & SECTIONS)


@pytest.mark.parametrize("name", ["arms", "sport"])
def test_a_concept_has_its_id_and_terms_in_every_language(name: str) -> None:
    data = concept(name)
    assert data["id"] == name
    assert data.keys() <= LANGUAGES | {"id", "except"}
    assert terms(name).keys() == LANGUAGES


@every_file
def test_every_list_is_of_a_known_language_and_is_not_empty(path: Path) -> None:
    for section, lists in lists_in(load(path)):
        assert lists, section
        assert lists.keys() <= LANGUAGES, section
        assert all(lists.values()), section


@every_file
def test_every_entry_is_clean_text_and_stands_once_in_its_list(path: Path) -> None:
    for section, lists in lists_in(load(path)):
        for language, listed in lists.items():
            place = f"{section}.{language}"
            assert all(isinstance(entry, str) for entry in listed), place
            for entry in listed:
                assert entry == unicodedata.normalize("NFC", entry), (place, entry)
                assert entry == " ".join(entry.split()), (place, entry)
                assert fold_term(entry), (place, entry)
            is_exact = section == "acronyms"
            assert not _repeated([_compared(entry, is_exact=is_exact) for entry in listed]), place


def _compared(entry: str, *, is_exact: bool) -> str:
    """What two entries must not share: an accent or a capital alone makes no second word."""
    if is_exact or entry.startswith("="):
        return entry
    return fold_term(entry) + "*" * entry.endswith("*")


def _repeated(listed: list[str]) -> list[str]:
    return sorted({entry for entry in listed if listed.count(entry) > 1})


@every_file
def test_no_key_is_written_twice(path: Path) -> None:
    waiting = [yaml.compose(path.read_text(encoding="utf-8"), yaml.SafeLoader)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, yaml.MappingNode):
            keys = [key.value for key, _ in node.value]
            assert len(keys) == len(set(keys)), _repeated(keys)
            waiting.extend(value for _, value in node.value)


# --- countries -----------------------------------------------------------------------


@every_country
@pytest.mark.parametrize("section", ["demonyms", "capitals"])
def test_a_country_has_demonyms_and_capitals_in_the_eight_languages(
    code: str, section: str
) -> None:
    assert pack(code)[section].keys() >= FULL


@every_country
def test_an_ambiguous_word_is_one_of_the_countrys_words(code: str) -> None:
    for language, marked in pack(code).get("ambiguous", {}).items():
        among = LANGUAGES if language == "any" else {language}
        known = set().union(*(words_of(code, one) for one in among))
        strangers = [word for word in marked if fold_term(word) not in known]
        assert not strangers, language


@every_country
@pytest.mark.parametrize("language", sorted(FULL))
def test_some_word_for_the_country_counts_without_support(code: str, language: str) -> None:
    assert words_of(code, language) - ambiguous_of(code, language)


@pytest.mark.parametrize("language", sorted(LANGUAGES - {"any"}))
def test_no_word_means_two_countries_unless_it_is_ambiguous_in_both(language: str) -> None:
    owners: defaultdict[str, set[str]] = defaultdict(set)
    for code in COUNTRIES:
        for word in words_of(code, language):
            owners[word].add(code)
    shared = {
        word: sorted(codes)
        for word, codes in owners.items()
        if len(codes) > 1 and any(word not in ambiguous_of(code, language) for code in codes)
    }
    assert not shared


@every_country
def test_an_arabic_word_with_the_article_has_no_bare_twin_that_is_another_word(code: str) -> None:
    """الجزائر but not جزائر (islands), الرياض but not رياض (a first name)."""
    never = {"جزائر", "رياض", "قاهرة", "مغرب", "صين", "رباط", "المملكة", "المتحدة"}
    assert words_of(code, "ar").isdisjoint(map(fold_term, never))


@pytest.mark.parametrize(
    ("language", "word"),
    [
        ("es", "EU"),
        ("es", "usa"),
        ("es", "sino"),
        ("es", "América"),
        ("it", "sino"),
        ("pt", "América"),
        ("pt", "usa"),
        ("fr", "EU"),
        ("en", "English"),
        ("de", "Roma"),
        ("en", "Korea"),
        ("en", "Georgia"),
    ],
)
def test_a_word_that_measured_as_a_trap_stands_in_no_pack(language: str, word: str) -> None:
    folded = [section for section in LISTED if section != "acronyms"]
    assert not [code for code in COUNTRIES if fold_term(word) in words_of(code, language, folded)]


# --- concepts ------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["arms", "sport"])
def test_a_prefix_keeps_three_letters_and_ends_its_term(name: str) -> None:
    lists = chain(terms(name).values(), concept(name)["except"].values())
    for term in chain.from_iterable(lists):
        assert "*" not in term[:-1], term
        assert "=" not in term[1:], term
        if term.endswith("*"):
            assert len(term.split()[-1]) > len("abc"), term
            assert not term.startswith("="), term


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_no_term_of_sport_is_also_one_of_arms(language: str) -> None:
    def folded(name: str) -> set[str]:
        listed = (*terms(name)[language], *terms(name)["any"])
        return {fold_term(term) for term in listed}

    assert folded("sport").isdisjoint(folded("arms"))


@pytest.mark.parametrize("name", ["arms", "sport"])
def test_an_excepted_phrase_masks_a_term_of_the_concept(name: str) -> None:
    """A phrase without one of the concept's terms in it would be a line that does nothing."""
    for language, phrases in concept(name)["except"].items():
        patterns = [_pattern(term) for term in (*terms(name)[language], *terms(name)["any"])]
        idle = [
            phrase
            for phrase in phrases
            if not any(pattern in _haystack(phrase, language) for pattern in patterns)
        ]
        assert not idle, language


def _pattern(term: str) -> str:
    return fold_term(term.strip("=*"))


def _haystack(phrase: str, language: str) -> str:
    """The folded phrase; in Arabic with each word once more as it is without the article."""
    folded = fold_term(phrase.strip("*"))
    return folded + folded.replace(" ال", " ") if language == "ar" else folded


@pytest.mark.parametrize(
    "word", ["match", "player", "goal", "team", "coach", "final", "football", "World Cup"]
)
def test_sport_is_a_veto_and_so_knows_no_word_of_political_news(word: str) -> None:
    assert fold_term(word) not in map(fold_term, terms("sport")["en"])


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["military", "army", "defence", "defense", "attack", "front", "arm", "weapon"]),
        ("fr", ["militaire", "armée", "défense", "attaque", "offensive", "front", "bras"]),
        ("ar", ["القاعدة", "عسكري", "الجيش", "الدفاع", "هجوم"]),
        ("es", ["militar", "ejército", "defensa", "ataque"]),
        ("de", ["Militär", "Armee", "Verteidigung", "Angriff"]),
        ("it", ["militare", "esercito", "difesa", "attacco"]),
        ("pt", ["militar", "exército", "defesa", "ataque"]),
        ("ru", ["военный", "армия", "оборона", "атака", "ракета"]),
    ],
)
def test_arms_knows_no_word_of_war_or_football_alone(language: str, words: list[str]) -> None:
    listed = set(map(_pattern, terms("arms")[language]))
    assert listed.isdisjoint(map(fold_term, words))


# --- the article that started it -------------------------------------------------------


@pytest.mark.skipif(not SEED.exists(), reason="the shared data is not here")
def test_the_seed_article_names_algeria_the_us_and_arms_in_its_first_60_words() -> None:
    text = SEED.read_text(encoding="utf-8")
    lead = fold(" ".join(text.split()[:60])).text
    arms = {_pattern(term) for term in terms("arms")["fr"] if not term.startswith("=")}
    for words in (words_of("DZ", "fr"), words_of("US", "fr") - ambiguous_of("US", "fr"), arms):
        assert any(f" {word}" in lead for word in words)
