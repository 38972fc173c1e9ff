"""The engine says what the plain evaluator says, on random rules and texts in mixed scripts."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from monitor.matching import plain
from monitor.matching.engine import (
    compile_rules,
    country_entries,
    judge,
    languages_of,
    leaves_of,
    rule_entries,
)
from monitor.matching.rules import (
    All,
    Any,
    AtLeast,
    Concept,
    Condition,
    Count,
    Country,
    Field,
    Near,
    Not,
    NotNear,
    Rule,
    RuleSet,
    Same,
    Scope,
    Score,
    Term,
    TermList,
    Unit,
    Weight,
)
from monitor.models import Article

NOW = datetime(2026, 3, 1, tzinfo=UTC)
WORDS = [
    "arms",
    "arm",
    "deal",
    "Deal",
    "deals",
    "US",
    "us",
    "U.S.",
    "U.S.-Algerian",
    "Algeria",
    "Algérie",
    "d'Algérie",
    "l'Algérie",
    "algéro",
    "Chad",
    "Jordan",
    "Amman",
    "Damascus",
    "guinea",
    "Guinea",
    "Bissau",
    "coat",
    "of",
    "armée",
    "Élysée",
    "Elysee",
    "Straße",
    "STRASSE",
    "الجزائر",
    "للجزائر",
    "وبالجزائر",
    "سلاح",
    "أسلحة",
    "الأسلحة",
    "صفقة",
    "صفقات",
    "الولاياتالمتحدة",
    "أمريكا",
    "مالي",
    "المالية",
    "США",
    "Алжира",
    "алжиро",
    "оружие",
    "оружия",
    "соглашение",
    "阿尔及利亚",
    "美国",
    "武器",
    "F-16",
    "ﬁn",
    "½",
    "éte",
]
TERMS = [
    "arms",
    "deal",
    "arme*",
    "=US",
    "US",
    "=Élysée",
    "Straße",
    "deals",
    "coat",
    "سلاح",
    "صفقة",
    "оружие",
    "соглашение",
    "武器",
    "F-16",
    "armée*",
    "algéro",
    "arms deal",
    "coat of arms",
    "صفقة سلاح",
    "d'Algérie",
    "U.S.-Algerian",
    "of arms",
]
FORMS = {
    "en": {"deal": ("deal", "deals", "dealt"), "arm": ("arm", "arms")},
    "ar": {"سلاح": ("سلاح", "أسلحة", "الأسلحة"), "صفقة": ("صفقة", "صفقات")},
    "ru": {"оружие": ("оружие", "оружия"), "соглашение": ("соглашение", "соглашения")},
}
CONCEPTS = {
    "arms": TermList(
        id="arms",
        terms={
            "en": (
                Term(text="deal", only_near=(Term(text="arms"),)),
                Term(text="arms", unless_near=(Term(text="coat"),)),
            ),
            "ar": (Term(text="صفقة سلاح"), Term(text="سلاح")),
            "any": (Term(text="武器"), Term(text="F-16"), Term(text="оружие")),
        },
        masks={"en": (Term(text="coat of arms"),), "any": (Term(text="us arms"),)},
    )
}
SCOPES = (
    Scope(),
    Scope(fields=frozenset({Field.TITLE})),
    Scope(fields=frozenset({Field.BODY})),
    Scope(fields=frozenset({Field.LEAD}), first_words=4),
)


def may_count(key: str) -> bool:
    """Only a few countries are in the texts: the plain way would take a second over all of them."""
    code = key.rpartition("country:")[2]
    return code in {"DZ", "US", "JO", "TD", "GN", "GW", "SY", "OM", "ML", "PG", "GQ"}


LANGUAGES = languages_of(RuleSet(concepts=CONCEPTS))
COUNTRIES = [
    one
    for spoken in sorted({*LANGUAGES, "any"})
    for one in country_entries(spoken)
    if may_count(one.key)
]


def term(written: str, scope: Scope) -> Term:
    text = written.removeprefix("=").removesuffix("*")
    return Term(
        text=text,
        is_exact=written[0] == "=" or text == "US",
        is_prefix=written[-1] == "*",
        scope=scope,
    )


LEAVES = st.one_of(
    st.builds(term, st.sampled_from(TERMS), st.sampled_from(SCOPES)),
    st.builds(
        lambda code, scope: Country(codes=(code,), scope=scope),
        st.sampled_from(["DZ", "US", "JO", "TD", "GN", "GW"]),
        st.sampled_from(SCOPES),
    ),
    st.builds(lambda scope: Concept(id="arms", scope=scope), st.sampled_from(SCOPES)),
)


def combined(of: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    two = st.lists(of, min_size=2, max_size=3).map(tuple)
    words = st.integers(1, 8)
    return st.one_of(
        st.builds(lambda of, within: All(of=of, within=within), two, st.none() | words),
        st.builds(lambda of: Any(of=of), two),
        st.builds(lambda of: Not(of=of), of),
        st.builds(lambda of, n: AtLeast(n=min(n, len(of)), of=of), two, st.integers(1, 3)),
        st.builds(lambda of, n, o: Near(of=of, words=n, ordered=o), two, words, st.booleans()),
        st.builds(lambda of: Same(of=of, unit=Unit.PARAGRAPH), two),
        st.builds(lambda a, b, n: NotNear(of=a, to=b, words=n), of, of, words),
        st.builds(lambda of, n: Count(of=of, min=n, short_words=6), of, st.integers(1, 3)),
        st.builds(
            lambda of, weights, threshold: Score(
                threshold=threshold,
                of=tuple(
                    Weight(of=one, weight=weight, most=3.0)
                    for one, weight in zip(of, weights, strict=False)
                ),
            ),
            two,
            st.lists(st.sampled_from([-2.0, 1.0, 2.0]), min_size=3, max_size=3),
            st.integers(-1, 4).map(float),
        ),
    )


CONDITIONS = st.recursive(LEAVES, combined, max_leaves=6)
GLUE = st.sampled_from([" ", " ", " ", "  ", ", ", ". ", "-", "\n", "\n\n", "’", ""])
TEXTS = st.lists(st.tuples(st.sampled_from(WORDS), GLUE), max_size=12).map(
    lambda parts: "".join(word + glue for word, glue in parts)
)


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(
    conditions=st.lists(CONDITIONS, min_size=1, max_size=4),
    title=TEXTS.map(lambda text: " ".join(text.split())),
    text=TEXTS,
    language=st.sampled_from(["en", "fr", "ar", "ru", "zh", None]),
)
@example(
    conditions=[Near(of=(Country(codes=("DZ",)), Concept(id="arms")), words=3, ordered=True)],
    title="",
    text="للجزائر صفقة الأسلحة",
    language="ar",
)
def test_the_engine_agrees_with_the_plain_evaluator(
    conditions: list[Condition], title: str, text: str, language: str | None
) -> None:
    rules = tuple(
        Rule(id=f"r{number}", match=condition, min_relevance=0)
        for number, condition in enumerate(conditions)
    )
    ruleset = RuleSet(rules=rules, concepts=CONCEPTS, forms=FORMS)
    engine = compile_rules(ruleset)
    article = Article(title=title, text=text, language=language)
    judged = judge(engine, article, NOW)
    assert judged.troubles == ()
    found = {match.rule_id for match in judged.matches}
    page = plain.PlainPage(
        article, [*COUNTRIES, *rule_entries(leaves_of(ruleset), ruleset)], LANGUAGES, forms
    )
    expected = {rule.id for rule in rules if plain.holds(rule.match, page)}
    assert found == expected


def forms(word: str, language: str) -> tuple[str, ...]:
    return FORMS.get(language, {}).get(word, (word,))
