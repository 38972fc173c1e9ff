"""The JSON Schema by which editors complete and check a rule."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from monitor.matching.conditionshape import HEADS
from monitor.matching.yamlnodes import compose, plain_yaml
from tests.schemacheck import complaints, rule_schema

ROOT = Path(__file__).parent.parent
BAD = ROOT / "tests" / "rules" / "bad"
LISTS = {"concepts", "entities", "packs"}


def rule_files(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*.yaml")) if LISTS.isdisjoint(path.parts)]


def test_the_schema_knows_every_key_and_describes_it() -> None:
    schema = rule_schema()
    assert schema["additionalProperties"] is False
    assert sorted(schema["required"]) == ["id", "match"]
    assert schema["properties"].keys() == {
        *(
            "id",
            "title",
            "owner",
            "severity",
            "status",
            "digest",
            "throttle",
            "review_by",
            "match",
            "unless",
            "where",
        ),
        *("notify", "min_relevance", "tests"),
    }
    shapes = [schema, *(s for s in schema["$defs"].values() if s.get("type") == "object")]
    assert len(shapes) > 2 * len(HEADS)
    for shape in shapes:
        assert shape["additionalProperties"] is False
        assert shape["description"]
        for name, key in shape["properties"].items():
            assert key["description"], name
            assert key.get("default", 0) is not None, name
    assert json.loads(json.dumps(schema)) == schema


def test_the_schema_has_every_condition_and_each_once_more_with_a_weight() -> None:
    schema = rule_schema()
    kinds = schema["$defs"]["ConditionShape"]["oneOf"]
    assert [kind["type"] for kind in kinds if "$ref" not in kind] == ["string"]
    weighted = schema["$defs"]["ScoreBody"]["properties"]["of"]["items"]["oneOf"]
    for found, more in ((kinds, set()), (weighted, {"weight"})):
        shapes = [
            schema["$defs"][kind["$ref"].rpartition("/")[2]] for kind in found if "$ref" in kind
        ]
        assert {frozenset(shape["required"]) for shape in shapes} == {
            frozenset({head, *more}) for head in HEADS
        }


@pytest.mark.parametrize("path", rule_files(ROOT / "rules"), ids=lambda path: path.stem)
def test_the_schema_accepts_the_rules_that_come_with_the_program(path: Path) -> None:
    assert complaints(plain_yaml(path.read_text(encoding="utf-8")), rule_schema()) == []


SEEN_BY_THE_LOADER_ONLY = {
    *("unknown-concept", "unknown-destination", "unknown-feed-tag"),
    *("a-negative-branch", "only-negatives", "at-least-of-negatives", "negatives-in-near"),
    *("not-near-of-a-negative", "score-for-nothing", "score-out-of-reach", "impossible-date"),
    *("duration-is-forever", "duration-is-nothing", "nested-mistakes"),
    "stars",
}


BAD_TREES = {
    path.stem: document.root.plain
    for path in rule_files(BAD)
    if (document := compose(path.name, path.read_bytes())).root is not None
}


@pytest.mark.parametrize("name", BAD_TREES)
def test_the_schema_refuses_what_the_loader_refuses_but_for_names_and_sense(name: str) -> None:
    is_refused = bool(complaints(BAD_TREES[name], rule_schema()))
    assert is_refused is (name not in SEEN_BY_THE_LOADER_ONLY)
