"""Each condition as it is written becomes the right value, and what names something changes versions."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.errors import Mistake
from monitor.matching import page, rulevalues
from monitor.matching.conditions import condition
from monitor.matching.lint import lint
from monitor.matching.rulefile import read
from monitor.matching.rules import (
    EVERYWHERE,
    LEAD_WORDS,
    Alias,
    All,
    Any,
    AtLeast,
    Concept,
    Condition,
    Count,
    Country,
    Entity,
    EntityKind,
    EntityNames,
    Field,
    Group,
    Leaf,
    Named,
    Names,
    Near,
    Not,
    NotNear,
    Regex,
    RuleSet,
    Same,
    Scope,
    Score,
    Term,
    TermList,
    Unit,
    Weight,
    inner,
)
from tests.schemacheck import complaints, rule_schema

COUNTRIES = ("DZ", "FR", "MA", "US")
GROUPS = ("EU", "NATO", "maghreb")
CONCEPTS = {name: TermList(id=name, terms={"en": (Term(text=name),)}) for name in ("arms", "sport")}
ENTITIES = {
    name: EntityNames(id=name, kind=EntityKind.PERSON, names={"any": (Term(text=name),)})
    for name in ("boukadoum", "macron")
}
GAS, OIL, COAL = Term(text="gas"), Term(text="oil"), Term(text="coal")
DZ = Country(codes=("DZ",))
LEAD, TITLE = (
    Scope(fields=frozenset({Field.LEAD})),
    Scope(fields=frozenset({Field.TITLE})),
)


def read_files(
    files: Mapping[str, str], groups: Sequence[str] | Mapping[str, object] = GROUPS
) -> tuple[RuleSet, tuple[Mistake, ...]]:
    data = {f"rules/{path}": text.encode() for path, text in files.items()}
    return read(data, countries=COUNTRIES, groups=groups, concepts=CONCEPTS, entities=ENTITIES)


def read_good(files: Mapping[str, str], groups: Mapping[str, object] | None = None) -> RuleSet:
    ruleset, mistakes = read_files(files, groups if groups is not None else GROUPS)
    assert mistakes == ()
    return ruleset


def matched(written: str) -> Condition:
    return read_good({"r.yaml": f"id: r\nmatch: {written}\n"}).rules[0].match


# --- one of each -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("{term: gas}", GAS),
        ("{term: '=US', lang: fr}", Term(text="US", is_exact=True, language="fr")),
        ("{term: 'arme*'}", Term(text="arme", is_prefix=True)),
        ("{term: Élysée, accents: exact}", Term(text="Élysée", has_accents=True)),
        ("{term: gas, only_near: oil}", Term(text="gas", only_near=(OIL,))),
        (
            "{term: gas, only_near: [oil, {country: DZ}], unless_near: {all: [oil, coal]}}",
            Term(text="gas", only_near=(OIL, DZ), unless_near=(All(of=(OIL, COAL)),)),
        ),
        (
            "{term: arms, except: [coat of arms, 'arms fold*']}",
            Term(
                text="arms",
                masks=(Term(text="coat of arms"), Term(text="arms fold", is_prefix=True)),
            ),
        ),
        ("{term: gas, except: gas station}", Term(text="gas", masks=(Term(text="gas station"),))),
        ("{country: [DZ, FR, DZ]}", Country(codes=("DZ", "FR"))),
        (
            "{country: DZ, by: capital}",
            Country(codes=("DZ",), by=frozenset({Names.CAPITAL})),
        ),
        ("{group: EU}", Group(ids=("EU",))),
        (
            "{group: [EU, maghreb], by: [name, demonym]}",
            Group(ids=("EU", "maghreb"), by=frozenset({Names.NAME, Names.DEMONYM})),
        ),
        ("{concept: arms}", Concept(id="arms")),
        ("{entity: boukadoum}", Entity(id="boukadoum")),
        (
            "{named: {label: ORG, text: ' Sonatrach  SpA'}}",
            Named(label="ORG", text="Sonatrach SpA"),
        ),
        ("{named: {label: PER}}", Named(label="PER")),
        (r"{regex: '\bM-?\d{2}\b'}", Regex(pattern=r"\bM-?\d{2}\b")),
        ("{all: [gas, oil], within: 12 words}", All(of=(GAS, OIL), within=12)),
        ("{any: [gas, oil]}", Any(of=(GAS, OIL))),
        ("{all: [gas, {not: oil}]}", All(of=(GAS, Not(of=OIL)))),
        ("{at_least: {n: 2, of: [gas, oil, coal]}}", AtLeast(n=2, of=(GAS, OIL, COAL))),
        ("{near: {words: 12, of: [gas, oil]}}", Near(words=12, of=(GAS, OIL))),
        (
            "{near: {words: 9999, of: [gas, oil], ordered: true}}",
            Near(words=9999, of=(GAS, OIL), ordered=True),
        ),
        ("{same: {unit: sentence, of: [gas, oil]}}", Same(unit=Unit.SENTENCE, of=(GAS, OIL))),
        (
            "{same: {unit: paragraph, of: [{all: [gas, oil]}]}}",
            Same(unit=Unit.PARAGRAPH, of=(All(of=(GAS, OIL)),)),
        ),
        ("{not_near: {words: 5, of: gas, to: oil}}", NotNear(words=5, of=GAS, to=OIL)),
        ("{count: {of: gas, min: 3}}", Count(of=GAS, min=3)),
        (
            "{count: {of: gas, min: 3, short: {words: 150, min: 1}}}",
            Count(of=GAS, min=3, short_words=150, short_min=1),
        ),
        (
            """{score: {threshold: 10, of: [
                {concept: arms, weight: 6, max: 9},
                {term: gas, weight: 2.5},
                {not: oil, weight: 1},
                {all: [gas, oil], within: 3, in: title, weight: -1},
            ]}}""",
            Score(
                threshold=10.0,
                of=(
                    Weight(of=Concept(id="arms"), weight=6.0, most=9.0),
                    Weight(of=GAS, weight=2.5),
                    Weight(of=Not(of=OIL), weight=1.0),
                    Weight(
                        of=All(
                            of=(Term(text="gas", scope=TITLE), Term(text="oil", scope=TITLE)),
                            within=3,
                        ),
                        weight=-1.0,
                    ),
                ),
            ),
        ),
        ("{term: gas, in: lead}", Term(text="gas", scope=LEAD)),
        (
            "{concept: arms, first_words: 20}",
            Concept(id="arms", scope=Scope(fields=LEAD.fields, first_words=20)),
        ),
        (
            "{group: EU, in: [title, lead], first_words: 90}",
            Group(
                ids=("EU",),
                scope=Scope(fields=frozenset({Field.TITLE, Field.LEAD}), first_words=90),
            ),
        ),
    ],
)
def test_a_condition_as_it_is_written_becomes_its_value(written: str, meant: Condition) -> None:
    assert matched(written) == meant


@pytest.mark.parametrize(
    "written",
    [
        "{near: {words: 3, of: [gas, {term: oil}]}, in: lead}",
        "{near: {words: 3, of: [gas, {term: oil, in: lead}]}, first_words: 60}",
    ],
)
def test_in_goes_down_into_every_combination(written: str) -> None:
    of = tuple(Term(text=text, scope=LEAD) for text in ("gas", "oil"))
    assert matched(written) == Near(words=3, of=of)


def test_in_goes_down_to_what_stands_around_a_term_but_not_into_its_exceptions() -> None:
    assert matched("{term: gas, only_near: oil, except: gas station, in: title}") == Term(
        text="gas",
        only_near=(Term(text="oil", scope=TITLE),),
        masks=(Term(text="gas station"),),
        scope=TITLE,
    )


def test_first_words_of_what_is_around_go_only_to_what_has_no_place_of_its_own() -> None:
    found = matched("{any: [gas, {term: oil, in: lead}, {term: coal, in: title}], first_words: 9}")
    nine = Scope(fields=LEAD.fields, first_words=9)
    assert [one.scope for one in inner(found) if isinstance(one, Leaf)] == [nine, LEAD, TITLE]
    assert LEAD.first_words == LEAD_WORDS


def test_what_says_nothing_of_its_place_shares_the_one_scope_that_the_engine_looks_for() -> None:
    found = inner(matched("{all: [gas, {country: DZ}, {concept: arms}, {entity: macron}]}"))
    assert all(one.scope is EVERYWHERE for one in found if isinstance(one, Leaf))


def test_no_more_mentions_can_be_asked_for_than_a_page_keeps() -> None:
    assert rulevalues.MAX_MENTIONS <= page.MENTIONS


# --- any condition ---------------------------------------------------------------------

texts = st.sampled_from(["gas", "fighter jet", "Élysée", "سلاح", "核兵器", "F-16"])
fields = st.frozensets(st.sampled_from(Field), max_size=3)
distances = st.integers(1, 9_999)


@st.composite
def scopes(draw: st.DrawFn) -> Scope:
    chosen = draw(fields)
    words = draw(distances) if Field.LEAD in chosen else LEAD_WORDS
    return Scope(fields=chosen, first_words=words)


kinds = st.frozensets(st.sampled_from(Names), min_size=1)
plain_terms = st.builds(
    Term, text=texts, is_exact=st.booleans(), scope=scopes(), has_accents=st.booleans()
)
leaves = st.one_of(
    plain_terms,
    st.builds(Term, text=st.just("arme"), is_prefix=st.just(True)),
    st.builds(
        Country,
        codes=st.lists(st.sampled_from(COUNTRIES), min_size=1, unique=True).map(tuple),
        by=kinds,
        scope=scopes(),
    ),
    st.builds(
        Group,
        ids=st.lists(st.sampled_from(GROUPS), min_size=1, unique=True).map(tuple),
        by=kinds,
        scope=scopes(),
    ),
    st.builds(Concept, id=st.sampled_from(sorted(CONCEPTS)), scope=scopes()),
    st.builds(Entity, id=st.sampled_from(sorted(ENTITIES)), scope=scopes()),
    st.builds(
        Named, label=st.sampled_from(["PER", "ORG", "LOC", "MISC"]), text=texts, scope=scopes()
    ),
    st.builds(Regex, pattern=st.sampled_from(["ga[sz]", r"\d+%", "(?i)oil"]), scope=scopes()),
)
points = st.floats(-1e6, 1e6).filter(bool)


def combinations(of: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    several = st.lists(of, min_size=1, max_size=3).map(tuple)
    found = leaves  # where something must be found, a `not` would be refused
    return st.one_of(
        st.builds(All, of=several, within=st.none() | distances),
        st.builds(Any, of=several),
        st.builds(Not, of=of),
        several.flatmap(lambda of: st.builds(AtLeast, n=st.integers(1, len(of)), of=st.just(of))),
        st.builds(
            Near,
            words=distances,
            of=st.lists(of, min_size=2, max_size=3).map(tuple),
            ordered=st.booleans(),
        ),
        st.builds(Same, unit=st.sampled_from(Unit), of=several),
        st.builds(NotNear, words=distances, of=of, to=found),
        st.builds(Count, of=found, min=st.integers(1, 200)),
        st.builds(
            Count, of=found, min=st.just(5), short_words=distances, short_min=st.integers(1, 5)
        ),
        st.builds(
            Term,
            text=texts,
            language=st.none() | st.sampled_from(["fr", "ar"]),
            only_near=st.lists(found, max_size=2).map(tuple),
            unless_near=st.lists(found, max_size=2).map(tuple),
            masks=st.lists(st.builds(Term, text=texts), max_size=2).map(tuple),
        ),
        st.builds(
            Score,
            threshold=st.floats(min_value=0.001, max_value=1e6),
            of=st.lists(
                st.builds(Weight, of=of, weight=points, most=st.none() | st.floats(0.001, 1e6)),
                max_size=2,
            ).map(lambda weights: (*weights, Weight(of=GAS, weight=1.0))),
        ),
    )


conditions = st.recursive(leaves, combinations, max_leaves=6)


def written(condition: Condition) -> dict[str, object]:
    """A condition as its author would write it."""
    if isinstance(condition, Leaf):
        return {**_leaf(condition), **_scope(condition)}
    match condition:
        case All(of=of, within=within):
            return {"all": _all(of), **({"within": within} if within else {})}
        case Any(of=of):
            return {"any": _all(of)}
        case Not(of=one):
            return {"not": written(one)}
        case AtLeast(n=n, of=of):
            return {"at_least": {"n": n, "of": _all(of)}}
        case Near(words=words, of=of, ordered=ordered):
            return {"near": {"words": words, "of": _all(of), "ordered": ordered}}
        case Same(unit=unit, of=of):
            return {"same": {"unit": unit, "of": _all(of)}}
        case NotNear(words=words, of=one, to=other):
            return {"not_near": {"words": words, "of": written(one), "to": written(other)}}
        case Count(of=one, min=least, short_words=words, short_min=short):
            body: dict[str, object] = {"of": written(one), "min": least}
            return {"count": body | ({"short": {"words": words, "min": short}} if words else {})}
        case Score(threshold=threshold, of=weights):
            return {"score": {"threshold": threshold, "of": [_weight(one) for one in weights]}}


def _leaf(leaf: Leaf) -> dict[str, object]:
    match leaf:
        case Term():
            return _term(leaf)
        case Country(codes=codes, by=by):
            return {"country": codes, "by": sorted(by)}
        case Group(ids=ids, by=by):
            return {"group": ids, "by": sorted(by)}
        case Concept(id=name):
            return {"concept": name}
        case Entity(id=name):
            return {"entity": name}
        case Named(label=label, text=text):
            return {"named": {"label": label, "text": text}}
        case Regex(pattern=pattern):
            return {"regex": pattern}


def _weight(one: Weight) -> dict[str, object]:
    most = {} if one.most is None else {"max": one.most}
    return {**written(one.of), "weight": one.weight, **most}


def _all(conditions: Sequence[Condition]) -> list[dict[str, object]]:
    return [written(one) for one in conditions]


def _marked(term: Term) -> str:
    return f"{'=' * term.is_exact}{term.text}{'*' * term.is_prefix}"


def _term(term: Term) -> dict[str, object]:
    options = {
        "lang": term.language,
        "accents": "exact" if term.has_accents else None,
        "only_near": _all(term.only_near),
        "unless_near": _all(term.unless_near),
        "except": [_marked(mask) for mask in term.masks],
    }
    chosen = {key: value for key, value in options.items() if value}
    return {"term": _marked(term), **chosen}


def _scope(leaf: Leaf) -> dict[str, object]:
    if not leaf.scope.fields:
        return {}
    words = leaf.scope.first_words
    return {"in": sorted(leaf.scope.fields)} | (
        {} if words == LEAD_WORDS else {"first_words": words}
    )


@settings(max_examples=200)
@given(conditions)
def test_any_condition_is_read_as_it_was_written_and_the_schema_and_lint_know_it(
    one: Condition,
) -> None:
    rule = {"id": "r", "match": "gas", "unless": [written(one)]}
    text = json.dumps(rule, ensure_ascii=False)
    assert complaints(json.loads(text), rule_schema()) == []
    ruleset = read_good({"r.yaml": text})
    assert ruleset.rules[0].unless == (one,)
    lint(ruleset, today=date(2026, 3, 7), languages=["fr"])


def test_every_condition_is_among_those() -> None:
    """Or the test above would say nothing of a new one."""
    assert {str(kind) for kind in (Condition).__args__} == {
        str(type(case))
        for case in (
            *(GAS, DZ, Group(ids=()), Concept(id=""), Entity(id=""), Named(label="")),
            *(Regex(pattern=""), All(of=()), Any(of=()), Not(of=GAS), AtLeast(n=1, of=())),
            *(Near(words=1, of=()), Same(unit=Unit.SENTENCE, of=()), Count(of=GAS, min=1)),
            *(NotNear(words=1, of=GAS, to=OIL), Score(threshold=1, of=())),
        )
    }
    assert condition.__module__ == "monitor.matching.conditions"


# --- term lists, entities, packs ---------------------------------------------------------


def test_a_term_of_a_concept_may_have_options() -> None:
    text = """\
id: energy
fr: [gaz, {term: Total, only_near: [{concept: arms}, pétrole], accents: exact}]
any: [{term: Apache, unless_near: {entity: macron}, except: Apache Kafka}]
"""
    assert read_good({"concepts/energy.yaml": text}).concepts["energy"].terms == {
        "fr": (
            Term(text="gaz"),
            Term(
                text="Total",
                has_accents=True,
                only_near=(Concept(id="arms"), Term(text="pétrole")),
            ),
        ),
        "any": (
            Term(
                text="Apache",
                unless_near=(Entity(id="macron"),),
                masks=(Term(text="Apache Kafka"),),
            ),
        ),
    }


def test_an_entity_file() -> None:
    text = """\
id: tebboune
kind: person
fr: [Abdelmadjid Tebboune, {term: Tebboune, unless_near: stade}]
ar: [عبد المجيد تبون]
any: [A. Tebboune]
except: {fr: [stade Tebboune]}
"""
    ruleset = read_good({"entities/t.yaml": text, "r.yaml": "id: r\nmatch: {entity: tebboune}\n"})
    assert ruleset.entities["tebboune"] == EntityNames(
        id="tebboune",
        kind=EntityKind.PERSON,
        names={
            "fr": (
                Term(text="Abdelmadjid Tebboune"),
                Term(text="Tebboune", unless_near=(Term(text="stade"),)),
            ),
            "ar": (Term(text="عبد المجيد تبون"),),
            "any": (Term(text="A. Tebboune"),),
        },
        masks={"fr": (Term(text="stade Tebboune"),)},
    )
    assert ruleset.entities["tebboune"].place.file == "rules/entities/t.yaml"
    assert ruleset.entities.keys() == {*ENTITIES, "tebboune"}
    assert ruleset.rules[0].match == Entity(id="tebboune")


def test_an_entity_of_the_same_id_replaces_one_that_is_there() -> None:
    ruleset = read_good({"entities/m.yaml": "id: macron\nkind: person\nfr: [E. Macron]\n"})
    assert ruleset.entities["macron"].names == {"fr": (Term(text="E. Macron"),)}


def test_an_entity_id_that_two_files_have_names_the_other_file() -> None:
    text = "id: macron\nkind: person\nfr: [Macron]\n"
    _, [mistake] = read_files({"entities/a.yaml": text, "entities/b.yaml": text})
    assert mistake.file == "rules/entities/b.yaml"
    assert mistake.message == 'id: "macron" is already the id of rules/entities/a.yaml'


def test_a_concept_and_an_entity_may_have_the_same_id() -> None:
    files = {
        "concepts/x.yaml": "id: x\nfr: [gaz]\n",
        "entities/x.yaml": "id: x\nkind: organisation\nfr: [Gaz SA]\n",
    }
    ruleset = read_good(files)
    assert ruleset.concepts["x"].terms == {"fr": (Term(text="gaz"),)}
    assert ruleset.entities["x"].kind is EntityKind.ORGANISATION


@pytest.mark.parametrize(
    "written",
    [
        "{entity: broken}",
        "{concept: leaning}",
        "{term: gas, only_near: {entity: broken}}",
        "{not_near: {words: 5, of: gas, to: {concept: leaning}}}",
        "{score: {threshold: 1, of: [{term: gas, weight: 1}, {entity: broken, weight: 1}]}}",
    ],
)
def test_a_rule_that_names_what_leans_on_a_broken_entity_is_left_out(written: str) -> None:
    files = {
        "entities/b.yaml": "id: broken\nkind: person\nfr: []\n",
        "concepts/l.yaml": "id: leaning\nfr: [{term: gaz, only_near: {entity: broken}}]\n",
        "r.yaml": f"id: r\nmatch: {written}\n",
        "s.yaml": "id: s\nmatch: gas\n",
    }
    ruleset, [mistake] = read_files(files)
    assert mistake.file == "rules/entities/b.yaml"
    assert [rule.id for rule in ruleset.rules] == ["s"]
    assert not {"leaning", "broken"} & {*ruleset.concepts, *ruleset.entities}


def test_a_circle_through_what_terms_want_nearby_is_told_once() -> None:
    files = {
        "concepts/a.yaml": "id: a\nfr: [{term: gaz, only_near: {entity: b}}]\n",
        "entities/b.yaml": "id: b\nkind: person\nfr: [{term: Gaz, unless_near: {concept: a}}]\n",
    }
    ruleset, [mistake] = read_files(files)
    assert str(mistake).startswith(
        "rules/concepts/a.yaml:1:5: id: goes in a circle: a → b → a, by what its terms want nearby"
    )
    assert not {"a", "b"} & {*ruleset.concepts, *ruleset.entities}


def test_a_pack_of_ones_own_becomes_words_for_a_country() -> None:
    text = """\
code: DZ
names: {fr: [El Djazaïr], any: [Dzayer]}
demonyms: {fr: [dzair*]}
capitals: {fr: [la Blanche, El Bahdja]}
government: {fr: [les Tagarins]}
acronyms: {any: [R.A.D.P.], fr: [radp]}
ambiguous: {fr: [la blanche], any: [Dzayer]}
except: {fr: [rue d'Alger, "hôtel Dzayer*"]}
"""
    assert read_good({"packs/DZ.yaml": text}).aliases == (
        Alias(country="DZ", language="fr", text="El Djazaïr", kind=Names.NAME),
        Alias(country="DZ", language="any", text="Dzayer", kind=Names.NAME, is_ambiguous=True),
        Alias(country="DZ", language="fr", text="dzair*", kind=Names.DEMONYM),
        Alias(
            country="DZ", language="fr", text="la Blanche", kind=Names.CAPITAL, is_ambiguous=True
        ),
        Alias(country="DZ", language="fr", text="El Bahdja", kind=Names.CAPITAL),
        Alias(country="DZ", language="fr", text="les Tagarins", kind=Names.GOVERNMENT),
        Alias(country="DZ", language="any", text="R.A.D.P.", kind=Names.NAME, is_exact=True),
        Alias(country="DZ", language="fr", text="radp", kind=Names.NAME, is_exact=True),
        Alias(country="DZ", language="fr", text="rue d'Alger", kind=Names.NAME, is_mask=True),
        Alias(country="DZ", language="fr", text="hôtel Dzayer*", kind=Names.NAME, is_mask=True),
    )


def test_words_that_two_packs_give_are_there_once() -> None:
    text = "code: DZ\nnames: {fr: [Dzayer]}\n"
    assert len(read_good({"packs/a.yaml": text, "packs/b.yaml": text}).aliases) == 1


def test_of_a_pack_with_a_mistake_no_word_is_kept() -> None:
    ruleset, mistakes = read_files({"packs/a.yaml": "code: DZ\nnames: {fr: [Dzayer, 3]}\n"})
    assert len(mistakes) == 1
    assert ruleset.aliases == ()


def test_an_exception_in_a_pack_is_another_version_of_its_rules() -> None:
    pack = "code: DZ\nnames: {fr: [Dzayer]}\n"
    asked = "{country: DZ}"
    changed = version(asked, {**LISTS, "packs/DZ.yaml": pack + "except: {fr: [hôtel Dzayer]}\n"})
    assert changed != version(asked)


# --- versions --------------------------------------------------------------------------

LISTS = {
    "concepts/energy.yaml": "id: energy\nfr: [{term: gaz, only_near: {entity: total}}]\nuse: fuel\n",
    "concepts/fuel.yaml": "id: fuel\nfr: [carburant]\n",
    "entities/total.yaml": "id: total\nkind: organisation\nfr: [Total]\n",
    "packs/DZ.yaml": "code: DZ\nnames: {fr: [Dzayer]}\n",
}
EU = {"EU": ("DE", "FR"), "NATO": ("FR", "US")}


def version(match: str, files: Mapping[str, str] = LISTS, groups: Mapping[str, object] = EU) -> str:
    return read_good({**files, "r.yaml": f"id: r\nmatch: {match}\n"}, groups).rules[0].version


DIFFERENT = [
    "gas",
    "{term: gas, lang: fr}",
    "{term: gas, accents: exact}",
    "{term: gas, only_near: oil}",
    "{term: gas, only_near: coal}",
    "{term: gas, unless_near: oil}",
    "{term: gas, except: oil}",
    "{term: gas, in: lead}",
    "{term: gas, first_words: 20}",
    "{term: gas, in: [lead, title]}",
    "{regex: gas}",
    "{named: {label: ORG, text: gas}}",
    "{named: {label: PER, text: gas}}",
    "{named: {label: PER}}",
    "{group: EU}",
    "{group: [EU, NATO]}",
    "{group: EU, by: name}",
    "{entity: macron}",
    "{concept: arms}",
    "{all: [gas, oil]}",
    "{any: [gas, oil]}",
    "{at_least: {n: 1, of: [gas, oil]}}",
    "{at_least: {n: 2, of: [gas, oil]}}",
    "{near: {words: 5, of: [gas, oil]}}",
    "{near: {words: 6, of: [gas, oil]}}",
    "{near: {words: 6, of: [gas, oil], ordered: true}}",
    "{near: {words: 6, of: [oil, gas], ordered: true}}",
    "{same: {unit: sentence, of: [gas, oil]}}",
    "{same: {unit: paragraph, of: [gas, oil]}}",
    "{not_near: {words: 6, of: gas, to: oil}}",
    "{not_near: {words: 6, of: oil, to: gas}}",
    "{count: {of: gas, min: 2}}",
    "{count: {of: gas, min: 2, short: {words: 9, min: 1}}}",
    "{count: {of: gas, min: 2, short: {words: 9, min: 2}}}",
    "{score: {threshold: 2, of: [{term: gas, weight: 1}]}}",
    "{score: {threshold: 2, of: [{term: gas, weight: 1.25}]}}",
    "{score: {threshold: 2, of: [{term: gas, weight: 1, max: 2}]}}",
    "{score: {threshold: 2.5, of: [{term: gas, weight: 1}]}}",
]


def test_every_difference_in_a_condition_changes_the_version() -> None:
    assert len({version(match) for match in DIFFERENT}) == len(DIFFERENT)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("{term: gas}", "gas"),
        (
            "{near: {words: 6, of: [gas, oil], ordered: false}}",
            "{near: {of: [gas, oil], words: 6}}",
        ),
        ("{term: gas, first_words: 60}", "{term: gas, in: lead}"),
        (
            "{score: {threshold: 2, of: [{term: gas, weight: 1}]}}",
            "{score: {threshold: 2.0, of: [{term: gas, weight: 1.0}]}}",
        ),
        ("{country: DZ, by: [name, demonym, capital, government]}", "{country: DZ}"),
    ],
)
def test_what_means_the_same_has_the_same_version(one: str, other: str) -> None:
    assert version(one) == version(other)


@pytest.mark.parametrize(
    ("match", "path", "old", "new", "changes"),
    [
        ("{entity: total}", "entities/total.yaml", "[Total]", "[Total, TotalEnergies]", True),
        ("{entity: total}", "entities/total.yaml", "[Total]", "[=Total]", True),
        ("{entity: macron}", "entities/total.yaml", "[Total]", "[=Total]", False),
        ("{concept: energy}", "entities/total.yaml", "[Total]", "[=Total]", True),
        ("{concept: energy}", "concepts/fuel.yaml", "carburant", "essence", True),
        ("{concept: fuel}", "entities/total.yaml", "[Total]", "[=Total]", False),
        (
            "{term: gas, unless_near: {concept: energy}}",
            *("concepts/fuel.yaml", "carburant", "essence", True),
        ),
        ("{country: DZ}", "packs/DZ.yaml", "Dzayer", "Djazair", True),
        ("{country: DZ}", "packs/DZ.yaml", "names", "demonyms", True),
        ("{group: NATO}", "packs/DZ.yaml", "Dzayer", "Djazair", True),
        ("{concept: fuel}", "packs/DZ.yaml", "Dzayer", "Djazair", False),
        # A country's word in the name of a person is none.
        ("{country: DZ}", "entities/total.yaml", "[Total]", "[=Total]", True),
        ("{named: {label: ORG}}", "entities/total.yaml", "[Total]", "[=Total]", True),
        # An unambiguous word for one country bears out an ambiguous one for another.
        ("{country: US}", "packs/DZ.yaml", "Dzayer", "Djazair", True),
    ],
)
def test_a_version_follows_what_the_rule_names(
    match: str, path: str, old: str, new: str, *, changes: bool
) -> None:
    assert old in LISTS[path]
    changed = {**LISTS, path: LISTS[path].replace(old, new)}
    assert (version(match, changed) != version(match)) is changes


def test_a_version_follows_the_members_of_a_group_that_the_rule_names() -> None:
    grown = {**EU, "EU": ("DE", "ES", "FR")}
    assert version("{group: EU}", groups=grown) != version("{group: EU}")
    assert version("{group: NATO}", groups=grown) == version("{group: NATO}")
    assert version("{country: FR}", groups=grown) == version("{country: FR}")


def test_the_version_of_all_rules_follows_entities_packs_and_groups() -> None:
    rule = {"r.yaml": "id: r\nmatch: gas\n"}
    found = {
        read_good({**rule, **files}, groups).version
        for files, groups in (
            (LISTS, EU),
            ({**LISTS, "entities/total.yaml": LISTS["entities/total.yaml"] + "en: [Total]\n"}, EU),
            ({**LISTS, "packs/DZ.yaml": LISTS["packs/DZ.yaml"] + "capitals: {fr: [x]}\n"}, EU),
            (LISTS, {**EU, "EU": ()}),
        )
    }
    assert len(found) == 4
