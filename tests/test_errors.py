from __future__ import annotations

import pickle

import pytest

from monitor import errors
from monitor.errors import ConfigError, DestinationError, Mistake, NewsMonitorError, RulesError

MISTAKE = Mistake(
    file="a.yaml", line=2, column=9, message="unknown key", quote="match: {contry: DZ}"
)


def test_a_mistake_shows_its_place_the_line_and_where_in_it() -> None:
    assert str(MISTAKE) == "a.yaml:2:9: unknown key\n    match: {contry: DZ}\n            ^"
    assert str(Mistake(file="a.yaml", message="is empty")) == "a.yaml: is empty"


def test_mistakes_are_told_in_the_order_of_their_places() -> None:
    first = Mistake(file="a.yaml", line=1, column=1, message="x")
    assert RulesError([MISTAKE, first]).mistakes == (first, MISTAKE)


@pytest.mark.parametrize(
    "error",
    [ConfigError([MISTAKE]), RulesError([MISTAKE]), DestinationError("mail", "cannot use its URL")],
)
def test_an_error_crosses_a_process_border_whole(error: NewsMonitorError) -> None:
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is type(error)
    assert vars(copy) == vars(error)
    assert str(copy) == str(error)


def test_the_tree_at_the_top_of_the_file_names_every_error() -> None:
    assert errors.__doc__ is not None
    for name, value in vars(errors).items():
        if isinstance(value, type) and issubclass(value, Exception) and not name.startswith("_"):
            assert name in errors.__doc__
