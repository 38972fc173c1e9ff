"""The house holds: imports point down, one library lives in one module, first lines say the kind."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted((ROOT / "monitor").rglob("*.py"))
}

FLOORS = [
    {"monitor.cli"},
    {"monitor.daemon"},
    {"monitor.dispatch"},
    {"monitor.assembly", "monitor.reports", "monitor.preloaded"},
    {
        "monitor.pipeline",
        "monitor.delivering",
        "monitor.recovery",
        "monitor.probing",
        "monitor.subscriptions",
        "monitor.loading",
        "monitor.packs",
    },
    {"monitor.pages", "monitor.judging"},
    {"monitor.asking", "monitor.reading"},
    {
        "monitor.feeds",
        "monitor.articles",
        "monitor.matching",
        "monitor.alerts",
        "monitor.store",
        "monitor.config",
        "monitor.workers",
        "monitor.caution",
        "monitor.instance",
        "monitor.logs",
        "monitor.metrics",
        "monitor.systemd",
        "monitor.allocator",
        "monitor.openfiles",
        "monitor.ticks",
    },
    {"monitor.mistakes", "monitor.planning"},
    {"monitor.textfiles", "monitor.units", "monitor.caches", "monitor.lanes", "monitor.nightly"},
    {"monitor.models", "monitor.errors", "monitor.failpoints"},
    {"monitor"},
]
"""From the top down; what stands on one floor does not import its neighbours."""

OWNERS = {
    "ahocorasick_rs": {"monitor.matching.automaton"},
    "apprise": {"monitor.alerts.send"},
    "apscheduler": {"monitor.ticks"},
    "babel": {"monitor.matching.packs", "monitor.feeds.months"},
    "charset_normalizer": {"monitor.feeds.encodings"},
    "courlan": {"monitor.articles.identity"},
    "css_inline": {"monitor.alerts.templating"},
    "daachorse": {"monitor.matching.automaton"},
    "defusedxml": {"monitor.feeds.opml", "monitor.feeds.sitemap"},
    "feedparser": {"monitor.feeds.syndication"},
    "jinja2": {"monitor.alerts.templating"},
    "pebble": {"monitor.workers"},
    "py3langid": {"monitor.articles.language"},
    "prometheus_client": {"monitor.metrics"},
    "pycurl": {"monitor.feeds.exchanges"},
    "pydantic_settings": {"monitor.config.settings"},
    "selectolax": {"monitor.articles.text", "monitor.feeds.discovery"},
    "regex": {"monitor.matching.expressions"},
    "simplemma": {"monitor.matching.inflection"},
    "spacy": {"monitor.matching.recogniser"},
    "sqlite3": set(),
    "structlog": {"monitor.logs"},
    "trafilatura": {"monitor.articles.fulltext"},
    "tomlrt": {"monitor.config.edit"},
    "wcwidth": {"monitor.alerts.mail"},
    "tzlocal": {"monitor.assembly"},
    "yaml": {"monitor.matching.yamlnodes"},
}

KINDS = ("Decides: ", "Orders: ", "Touches the world: ", "Mechanism: ", "Data: ", "Wiring: ")


def unit(module: str) -> str:
    """What stands on a floor: a folder or a top module."""
    return ".".join(module.split(".")[:2])


def floor(module: str) -> int:
    return next(i for i, units in enumerate(FLOORS) if unit(module) in units)


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            assert node.module is not None
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                yield name if name in MODULES else node.module


@pytest.mark.parametrize("module", MODULES)
def test_imports_point_down(module: str) -> None:
    for imported in imports(MODULES[module]):
        if imported.split(".")[0] != "monitor" or unit(imported) == unit(module):
            continue
        assert floor(imported) > floor(module), f"{module} imports {imported}"


@pytest.mark.parametrize("module", MODULES)
def test_a_library_is_imported_only_by_its_owner(module: str) -> None:
    for imported in imports(MODULES[module]):
        library = imported.split(".")[0]
        if library in {"sqlite_utils", "pysqlite3"}:
            assert unit(module) == "monitor.store", f"{module} imports {imported}"
        elif library in OWNERS:
            assert module in OWNERS[library], f"{module} imports {imported}"


@pytest.mark.parametrize(
    "module", [name for name, path in MODULES.items() if path.stem != "__init__"]
)
def test_the_first_line_says_what_kind_a_module_is(module: str) -> None:
    text = ast.get_docstring(ast.parse(MODULES[module].read_text(encoding="utf-8"))) or ""
    if unit(module) == "monitor.cli" and not text.startswith(KINDS):
        return  # all of them are wiring
    assert text.startswith(KINDS), f"{module}: {text.splitlines()[:1]}"


def test_what_decides_does_not_touch_the_world() -> None:
    """A module that decides imports no I/O, no clock it could read, no module that does."""
    world = {"subprocess", "threading", "asyncio", "time", "random", "secrets", "signal"}
    for module, path in MODULES.items():
        text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        if text.startswith(("Decides: ", "Data: ")):
            assert not world.intersection(imports(path)), module
            assert not re.search(
                r"datetime\.now\(|\bopen\(|socket\.(socket|create|getaddr)",
                path.read_text(encoding="utf-8"),
            ), module


def test_feedparser_is_given_nothing_but_bytes_in_memory() -> None:
    """``feedparser.parse`` opens what a string names."""
    calls = [
        node
        for path in MODULES.values()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "feedparser.parse"
    ]
    assert [ast.unparse(call.args[0]) for call in calls] == [
        "BytesIO(_DECLARATION + text.encode())"
    ]


def test_every_banned_library_is_a_dependency_or_forbidden() -> None:
    """The linter's list and this one say the same."""
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    banned = set(pyproject["tool"]["ruff"]["lint"]["flake8-tidy-imports"]["banned-api"])
    assert banned == OWNERS.keys() | {"sqlite_utils", "pysqlite3"}
