from __future__ import annotations

import pickle
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor import reading
from monitor.matching.engine import compile_rules, judge, judge_in
from monitor.matching.evaluate import Interval, evaluate, smallest_windows
from monitor.matching.explain import Explanation, explain
from monitor.matching.index import Entry, Index, Terms
from monitor.matching.page import MAIN, Mention, Page
from monitor.matching.relevance import relevance
from monitor.matching.rules import (
    All,
    Any,
    Concept,
    Condition,
    Country,
    Field,
    Names,
    Not,
    Rule,
    RuleSet,
    Scope,
    Term,
    TermList,
    Where,
)
from monitor.models import Article

NOW = datetime(2025, 3, 10, 12, tzinfo=UTC)
ARMS = TermList(
    id="arms",
    terms={
        "any": (Term(text="HIMARS"),),
        "en": (Term(text="arms"), Term(text="arms deal"), Term(text="weapons")),
        "fr": (Term(text="armement"), Term(text="armements")),
        "ar": (Term(text="صفقة أسلحة"),),
    },
    masks={"en": (Term(text="arms folded"),)},
)
ALGERIA, USA = Country(codes=("DZ",)), Country(codes=("US",))
DEAL = All(of=(ALGERIA, USA, Concept(id="arms")))


def rule(match: Condition, **given: object) -> Rule:
    return Rule(id="r", version="v1", match=match, **given)  # type: ignore[arg-type]


def ask(
    one: Rule, title: str = "", text: str = "", language: str = "en", **given: object
) -> Explanation:
    article = Article(title=title, text=text, language=language, **given)  # type: ignore[arg-type]
    engine = compile_rules(RuleSet(rules=(one,), concepts={"arms": ARMS}))
    return explain(engine, one, article, NOW)


def fires(
    match: Condition, title: str = "", text: str = "", language: str = "en", **given: object
) -> bool:
    return ask(rule(match, min_relevance=0.0), title, text, language, **given).fires


@pytest.mark.parametrize(
    ("title", "language"),
    [
        ("Washington and Algiers discuss an arms deal", "en"),
        ("U.S.-Algerian talks on weapons", "en"),
        ("Armements américains pour l'Algérie", "fr"),
        ("صفقة أسلحة أمريكية للجزائر", "ar"),
    ],
)
def test_the_founding_rule_fires_in_each_language(title: str, language: str) -> None:
    assert fires(DEAL, title, language=language)


@pytest.mark.parametrize(
    "title",
    [
        "Algeria told us it would keep its arms deal",
        "Algeria and Russia agree on weapons",
        "US and Algeria agree on gas",
        "US officials in Algeria, arms folded, listened",
    ],
)
def test_the_founding_rule_is_silent_on_a_near_miss(title: str) -> None:
    assert not fires(DEAL, title)


def test_a_condition_is_confined_to_its_field() -> None:
    in_title = Term(text="arms deal", scope=Scope(fields=frozenset({Field.TITLE})))
    assert fires(in_title, title="An arms deal")
    assert not fires(in_title, text="An arms deal")
    in_lead = Term(text="arms deal", scope=Scope(fields=frozenset({Field.LEAD})))
    assert fires(in_lead, title="An arms deal")
    assert fires(in_lead, text="word " * 50 + "arms deal")
    assert not fires(in_lead, text="word " * 70 + "arms deal")
    in_url = Term(text="arms", scope=Scope(fields=frozenset({Field.URL})))
    assert fires(in_url, title="x", url="https://example.org/us-arms-deal")
    assert not fires(in_url, title="arms", url="https://example.org/other")
    in_category = Term(text="defence", scope=Scope(fields=frozenset({Field.CATEGORY})))
    assert fires(in_category, title="x", categories=("Politics", "Defence"))
    in_author = Term(text="jane doe", scope=Scope(fields=frozenset({Field.AUTHOR})))
    assert fires(in_author, title="x", author="Jane Doe")


def test_a_term_outside_title_and_body_does_not_count_unless_asked_for() -> None:
    assert not fires(Term(text="arms"), title="x", url="https://example.org/arms", author="Arms")


def test_by_narrows_the_names_of_a_country() -> None:
    demonym = Country(codes=("DZ",), by=frozenset({Names.DEMONYM}))
    assert fires(demonym, title="An Algerian minister")
    assert not fires(demonym, title="A minister in Algiers, Algeria")


def test_within_asks_for_all_in_one_window_and_explain_says_how_near_it_came() -> None:
    near = replace(DEAL, within=10)
    assert fires(near, text="Algeria and the United States on arms")
    text = "Algeria " + "word " * 20 + "the United States on arms"
    assert not fires(near, text=text)
    told = ask(rule(near), text=text)
    assert "the narrowest window is 26 words" in told.why or any(
        "narrowest window is 26 words" in line.note for line in told.match
    )


def test_a_window_may_reach_from_the_title_into_the_body() -> None:
    assert fires(
        replace(DEAL, within=8), title="Algeria and Washington", text="Arms were discussed"
    )


def test_any_not_and_unless() -> None:
    either = Any(of=(ALGERIA, Term(text="=Boukadoum")))
    assert fires(either, title="In Algeria")
    assert fires(All(of=(ALGERIA, Not(of=USA))), title="Algeria and Russia")
    assert not fires(All(of=(ALGERIA, Not(of=USA))), title="Algeria and the United States")
    vetoed = rule(ALGERIA, unless=(Term(text="football"),), min_relevance=0.0)
    assert ask(vetoed, title="Algeria").fires
    told = ask(vetoed, title="Algeria football")
    assert not told.fires
    assert told.why == 'vetoed by unless: "football"'


def test_where_passes_only_what_has_what_it_asks_for() -> None:
    french = rule(ALGERIA, where=Where(languages=frozenset({"fr"})))
    assert ask(french, title="L'Algérie", language="fr").fires
    assert "language is en" in ask(french, title="Algeria").why
    tagged = rule(ALGERIA, where=Where(feed_tags=frozenset({"maghreb"})))
    assert ask(tagged, title="Algeria", feed_url="https://x.example", tags=("maghreb",)).fires
    assert not ask(tagged, title="Algeria", feed_url="https://x.example", tags=()).fires
    recent = rule(ALGERIA, where=Where(max_age=timedelta(hours=72)))
    assert ask(recent, title="Algeria", published_at=NOW - timedelta(hours=71)).fires
    assert not ask(recent, title="Algeria", published_at=NOW - timedelta(hours=73)).fires
    assert "no date" in ask(recent, title="Algeria").why


def test_an_ambiguous_name_counts_only_with_support() -> None:
    turkey = Country(codes=("TR",))
    assert not fires(turkey, title="Turkey recipes for the holidays")
    assert fires(turkey, title="Turkey and its Turkish minister")
    either = All(of=(turkey, Any(of=(turkey, Country(codes=("GR",))))))
    assert fires(either, title="Talks between Turkey and Greece")
    assert not fires(either, title="Greek turkey recipes")
    assert not fires(either, text="Greece. " + "word " * 20 + "turkey recipes")


def test_evidence_points_into_the_article_and_says_why_it_counts() -> None:
    text = "Nothing yet. Sabri Boukadoum, ambassadeur d'Algérie, parle d'armements américains."
    one = rule(DEAL, min_relevance=0.0)
    engine = compile_rules(RuleSet(rules=(one,), concepts={"arms": ARMS}))
    (match,) = judge(engine, Article(title="Un titre", text=text, language="fr"), NOW).matches
    assert {(found.condition, found.text, found.kind) for found in match.evidence} == {
        ("country: DZ", "Algérie", "name"),
        ("country: US", "américains", "demonym"),
        ("concept: arms", "armements", "term"),
    }
    for found in match.evidence:
        assert text[found.start : found.end] == found.text
        assert text[found.sentence_start :].startswith(found.sentence)
        assert found.text in found.sentence
        assert "Nothing yet" not in found.sentence


def test_no_mention_in_a_sentence_that_is_shown_is_left_out() -> None:
    shown = "Algeria, Algiers and the Algerians speak of Algerian arms with the United States."
    text = f"{shown} Later Algeria was not named with anybody. Algiers neither."
    one = rule(DEAL, min_relevance=0.0)
    engine = compile_rules(RuleSet(rules=(one,), concepts={"arms": ARMS}))
    (match,) = judge(engine, Article(text=text, language="en"), NOW).matches
    named = [found.text for found in match.evidence if found.condition == "country: DZ"]
    assert sorted(named) == ["Algeria", "Algerian", "Algerians", "Algiers"]
    assert {found.sentence for found in match.evidence} == {shown}


def test_a_passing_mention_far_down_is_weak_and_a_lead_is_not() -> None:
    filler = "A sentence about nothing in particular is here. " * 40
    passing = "Morocco received arms from the United States. " + filler + "Algeria watched."
    lead = "Algeria will receive arms from the United States. " + filler
    assert ask(rule(DEAL), text=lead).fires
    told = ask(rule(DEAL), text=passing)
    assert not told.fires
    assert told.why.startswith("too weak: relevance")


def test_a_short_text_needs_presence_only() -> None:
    assert ask(rule(DEAL), text="Arms for Algeria: Washington agrees").fires


# --- intervals ---------------------------------------------------------------------------


def mention(name: str, at: int) -> Mention:
    return Mention(MAIN, at, at, f"term:{name}", "term", Field.BODY, at, at + 1)


LETTERS = "abpqxyz"
INDEX = Index(
    Terms.of(
        [Entry(key=f"term:{letter}", text=letter) for letter in LETTERS], lambda word, _: (word,)
    )
)


def page(**at: list[int]) -> Page:
    """A text of the word "o", but for these words at these places."""
    words = ["o"] * (1 + max((place for places in at.values() for place in places), default=0))
    for name, places in at.items():
        for place in places:
            words[place] = name
    return Page(Article(text=" ".join(words)), None, INDEX, frozenset())


def plain_windows(lists: list[list[int]]) -> set[tuple[int, int]]:
    """Every choice of one place of each list, and of those only the windows that hold no other."""
    spans = {(0, 0)} if not lists else set()
    choices = [()] if lists else []
    for places in lists:
        choices = [(*choice, place) for choice in choices for place in places]
    spans = {(min(choice), max(choice)) for choice in choices}
    return {
        (a, b)
        for a, b in spans
        if not any((c, d) != (a, b) and a <= c and d <= b for c, d in spans)
    }


@given(
    st.lists(
        st.lists(st.integers(0, 12), min_size=1, max_size=4, unique=True), min_size=1, max_size=3
    )
)
def test_the_smallest_windows_are_those_of_trying_every_choice(lists: list[list[int]]) -> None:
    intervals = [
        tuple(Interval(MAIN, i, i, (mention(f"t{n}", i),)) for i in sorted(places))
        for n, places in enumerate(lists)
    ]
    found = {(window.first, window.last) for window in smallest_windows(intervals)}
    assert found == plain_windows(lists)


@given(
    st.lists(st.integers(0, 40), max_size=4),
    st.lists(st.integers(0, 40), max_size=4),
    st.integers(1, 20),
)
def test_within_holds_if_some_choice_is_narrow_enough(
    a: list[int], b: list[int], within: int
) -> None:
    a, b = [2 * place for place in a], [2 * place + 1 for place in b]
    where = page(a=a, b=b)
    both = All(of=(Term(text="a"), Term(text="b")), within=within)
    expected = any(abs(x - y) + 1 <= within for x in a for y in b)
    assert (evaluate(both, where) is not None) is expected


@given(st.lists(st.integers(0, 300), min_size=1, max_size=5))
def test_relevance_is_from_0_to_1_and_more_mentions_never_hurt(places: list[int]) -> None:
    term = Term(text="a")
    scores = []
    for listed in (places, [*places, 0]):
        where = page(a=listed, b=[301])
        found = evaluate(term, where)
        assert found is not None
        scores.append(relevance(term, found, where).score)
    assert 0 <= scores[0] <= scores[1] <= 1


def test_what_an_article_lacks_does_not_narrow_a_window_around_it() -> None:
    lacking = Any(of=(Not(of=Term(text="x")), Term(text="y")))
    where = page(a=[0], b=[5], y=[500])
    for inner in (lacking, All(of=(Not(of=Term(text="x")),))):
        together = All(of=(Term(text="a"), Term(text="b"), inner), within=10)
        assert evaluate(together, where) is not None


def test_a_wide_choice_does_not_hide_a_narrow_one() -> None:
    wide = All(of=(Term(text="p"), Term(text="q")))
    both = All(of=(Term(text="a"), Any(of=(wide, Term(text="z")))), within=10)
    assert evaluate(both, page(a=[0], p=[1], q=[50], z=[2])) is not None


def test_a_masked_word_supports_no_ambiguous_one() -> None:
    france = Country(codes=("FR",))
    assert not fires(
        Any(of=(france, All(of=(USA, france)))), title="Paris Hilton paid in US dollars"
    )


def test_a_word_that_is_name_and_capital_counts_as_both() -> None:
    for by in (Names.NAME, Names.CAPITAL):
        assert fires(Country(codes=("DZ",), by=frozenset({by})), title="Алжир", language="ru")


# --- the language of what is judged ------------------------------------------------------


BILINGUAL = RuleSet(
    rules=(
        Rule(id="arms", version="v1", match=Concept(id="arms")),
        Rule(
            id="french",
            version="v1",
            match=Country(codes=("DZ",)),
            where=Where(languages=frozenset({"fr"})),
        ),
    ),
    concepts={"arms": ARMS},
)


def test_an_article_is_judged_in_the_language_it_is_said_to_be_in() -> None:
    engine = compile_rules(BILINGUAL)
    article = Article(text="Algérie : armement", language="en")
    in_french = judge_in(engine, article, "fr", NOW)
    assert [match.rule_id for match in in_french.matches] == ["arms", "french"]
    assert in_french == judge(engine, replace(article, language="fr"), NOW)
    assert in_french.language == "fr"
    assert judge(engine, article, NOW).matches == ()
    assert judge(engine, article, NOW).language == "en"


TEXTS = (
    Article(title="Algérie : la loi d'armement", text="Le ministère en a parlé à la presse."),
    Article(title="Nothing of note", text="The weather was fine all week, and people were out."),
    Article(title="Algeria buys weapons", text="The ministry said so.", language="en-GB"),
    Article(title="Rien à signaler", text="Il a fait beau toute la semaine, et l'été dure."),
    Article(title="صفقة أسلحة", text="قالت وزارة الدفاع إن الجزائر وقعت"),
    Article(title="1 234", text="!", language="?"),
    Article(title="Algérie : armement", text="", language="?"),
    Article(),
)


@pytest.mark.parametrize("articles", [TEXTS, TEXTS[::-1] * 3, TEXTS[2:5], TEXTS[:1], ()])
def test_articles_together_are_judged_as_each_alone(
    articles: tuple[Article, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = compile_rules(BILINGUAL)
    monkeypatch.setattr(reading, "_engine", engine)
    spoken = [reading.with_language(article, engine.languages) for article in articles]
    judged = reading.judge_all(articles, NOW)
    assert judged == tuple(judge(engine, one, NOW) for one in spoken)
    assert judged == tuple(one for each in articles for one in reading.judge_all([each], NOW))
    assert [one.language for one in judged] == [one.language for one in spoken]


def test_the_language_of_each_article_is_its_feeds_word_or_what_it_reads_as(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reading, "_engine", compile_rules(BILINGUAL))
    told = [one.language for one in reading.judge_all(TEXTS, NOW)]
    assert told == ["fr", "en", "en", "fr", "ar", None, "fr", None]


def test_an_answer_about_many_articles_without_a_match_is_short() -> None:
    engine = compile_rules(BILINGUAL)
    article = Article(title="Nothing of note", text="The weather was fine.", language="en")
    answer = tuple(judge(engine, article, NOW) for _ in range(50))
    assert len(pickle.dumps(answer)) < 300
