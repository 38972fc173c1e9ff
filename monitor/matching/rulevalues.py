"""Decides: what the single values of a rule file mean: a term, an id, a date, "60 words".

Each is a type for ``ruleshape``: how it is checked, and what the JSON Schema says of it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Annotated, Any, Literal, TypeGuard

from pydantic import AfterValidator, Field, PlainValidator

from monitor import units
from monitor.matching import expressions
from monitor.matching.rules import ANY, NORMAL, STRICT, Term
from monitor.mistakes import closest, found, listed, not_text, quoted
from monitor.models import DigestTime, Throttle

# --- text ----------------------------------------------------------------------------


def _filled(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be empty")
    return text


def _one_line(text: str) -> str:
    return " ".join(_filled(text).split())


_ID = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$"
_LANGUAGE = r"^[a-z]{2,3}$"


def _id(text: str) -> str:
    if not re.fullmatch(_ID.rstrip("$"), text):
        raise ValueError(f'an id is letters a to z, digits, "-", "_", ".": found {quoted(text)}')
    return text


def is_language(text: str) -> bool:
    """Whether it looks like an ISO 639 code."""
    return bool(re.fullmatch(_LANGUAGE.rstrip("$"), text))


def _language(text: str) -> str:
    if not is_language(text):
        raise ValueError(f'a language is written "fr", "en" or "ar", found {quoted(text)}')
    return text


Text = Annotated[str, AfterValidator(_filled), Field(json_schema_extra={"minLength": 1})]
Line = Annotated[str, AfterValidator(_one_line), Field(json_schema_extra={"minLength": 1})]
"""Text in one line: it ends up in the subject of a mail."""
Id = Annotated[str, AfterValidator(_id), Field(json_schema_extra={"pattern": _ID})]
Language = Annotated[
    str, AfterValidator(_language), Field(json_schema_extra={"pattern": _LANGUAGE})
]

# --- dates and numbers ---------------------------------------------------------------

MAX_MENTIONS = 200
"""More mentions of one thing than an article's page keeps cannot be asked for."""
_DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_WITHIN = r"^[1-9][0-9]{0,3}( words?)?$"
_MAX_WITHIN = 9_999
_RELEVANCE = {"any": ANY, "normal": NORMAL, "strict": STRICT}


def _date(value: object) -> date:
    try:
        if isinstance(value, str) and re.fullmatch(_DATE.rstrip("$"), value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise ValueError(f"expected a date such as 2027-06-01, found {found(value)}")


def _duration(value: object) -> timedelta:
    if not isinstance(value, str):
        raise ValueError(f'expected a duration such as "72h", found {found(value)}')  # noqa: TRY004
    try:
        return units.parse_duration(value)
    except ValueError as error:
        raise ValueError(f"{error}, found {quoted(value)}") from None


def _within(value: object) -> int:
    if isinstance(value, str) and re.fullmatch(_WITHIN.rstrip("$"), value):
        value = int(value.split()[0])
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _MAX_WITHIN:
        return value
    raise ValueError(f'expected a number of words such as "60 words", found {found(value)}')


def _relevance(value: object) -> float:
    if isinstance(value, str) and value in _RELEVANCE:
        return _RELEVANCE[value]
    if _is_number(value) and 0 <= value <= 1:
        return float(value)
    options = listed([*_RELEVANCE, "a number from 0 to 1"])
    raise ValueError(f"expected {options}, found {found(value)}")


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _number(is_right: Callable[[float], bool], expected: str) -> Callable[[object], float]:
    """A validator of finite numbers."""

    def number(value: object) -> float:
        if _is_number(value) and is_right(value):
            return float(value)
        raise ValueError(f"expected {expected}, found {found(value)}")

    return number


def _whole(most: int, what: str) -> Any:
    """The type of a whole number from 1 to ``most``."""

    def whole(value: object) -> int:
        if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= most:
            return value
        raise ValueError(f"expected a number{what} from 1 to {most}, found {found(value)}")

    return PlainValidator(whole, Annotated[int, Field(ge=1, le=most)])


def _yes(value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise ValueError(f"expected true or false, found {not_text(value)}")


Words = Annotated[int, _whole(_MAX_WITHIN, " of words")]
"""A distance."""
Mentions = Annotated[int, _whole(MAX_MENTIONS, "")]
Conditions = Annotated[int, _whole(_MAX_WITHIN, "")]
"""How many of them."""
YesNo = Annotated[bool, PlainValidator(_yes, bool)]
Points = Annotated[
    float,
    PlainValidator(
        _number(lambda value: value != 0, "a number that is not 0"),
        Annotated[float, Field(json_schema_extra={"not": {"const": 0}})],
    ),
]
"""What a mention adds to a score, or takes from it."""
Threshold = Annotated[
    float,
    PlainValidator(
        _number(lambda value: value > 0, "a number above 0"), Annotated[float, Field(gt=0)]
    ),
]
Day = Annotated[
    date,
    PlainValidator(
        _date, Annotated[str, Field(json_schema_extra={"format": "date", "pattern": _DATE})]
    ),
]
Duration = Annotated[
    timedelta, PlainValidator(_duration, Annotated[str, Field(pattern=units.DURATION_PATTERN)])
]
Window = Annotated[
    int,
    PlainValidator(
        _within,
        Annotated[int, Field(ge=1, le=_MAX_WITHIN)] | Annotated[str, Field(pattern=_WITHIN)],
    ),
]
Relevance = Annotated[
    float,
    PlainValidator(
        _relevance, Literal["any", "normal", "strict"] | Annotated[float, Field(ge=0, le=1)]
    ),
]


def _digest_time(value: object) -> DigestTime:
    try:
        return DigestTime(at=units.parse_digest(value if isinstance(value, str) else ""))
    except ValueError as error:
        raise ValueError(f"{error}, found {found(value)}") from None


def _throttle(value: object) -> Throttle:
    try:
        count, span = units.parse_rate(value if isinstance(value, str) else "")
    except ValueError as error:
        raise ValueError(f"{error}, found {found(value)}") from None
    return Throttle(count=count, span=span)


DigestDue = Annotated[
    DigestTime,
    PlainValidator(_digest_time, Annotated[str, Field(pattern=units.DIGEST_PATTERN)]),
]
Rate = Annotated[
    Throttle, PlainValidator(_throttle, Annotated[str, Field(pattern=units.RATE_PATTERN)])
]

# --- terms ---------------------------------------------------------------------------

_SHORT = 3
"""Letters: an upper-case word of so many is an acronym, and a prefix has at least as many."""


def term(value: object) -> Term:
    """A term as its author writes it: ``arms deal``, ``arme*``, ``=US``.

    Raises:
        ValueError: it is not text, or its marks make no sense.
    """
    if not isinstance(value, str):
        raise ValueError(f"expected a term, found {not_text(value)}")  # noqa: TRY004
    text = " ".join(value.split())
    is_exact, is_prefix = text.startswith("="), text.endswith("*")
    text = text.removeprefix("=").removesuffix("*").strip()
    if not any(letter.isalnum() for letter in text):
        raise ValueError(f"a term needs a letter or a digit, found {quoted(value)}")
    if text.startswith("="):
        raise ValueError(f"a term has one mark (=) at most, found {quoted(value)}")
    if "*" in text:
        raise ValueError(f"a star stands only at the end of a term, found {quoted(value)}")
    if is_exact and is_prefix:
        raise ValueError(f"a term is exact (=) or a prefix (*), not both, found {quoted(value)}")
    if is_prefix and sum(letter.isalpha() for letter in text.rpartition(" ")[2]) < _SHORT:
        raise ValueError(f"a prefix needs {_SHORT} letters before its star, found {quoted(value)}")
    is_acronym = len(text) <= _SHORT and text.isalpha() and text.isupper() and not is_prefix
    return Term(text=text, is_exact=is_exact or is_acronym, is_prefix=is_prefix)


TermText = Annotated[
    Term,
    PlainValidator(
        term,
        Annotated[
            str,
            Field(
                min_length=1,
                description='Words in this order, in any form: "arms deal". '
                'Written "arme*" it is a prefix; written "=US", exactly these letters.',
            ),
        ],
    ),
]

# --- what is found otherwise ---------------------------------------------------------

_MAX_PATTERN = 1_000
_LABELS = ("PER", "ORG", "LOC", "MISC")
_OTHER_LABELS = {
    "PERSON": "PER",
    "PEOPLE": "PER",
    "ORGANISATION": "ORG",
    "ORGANIZATION": "ORG",
    "COMPANY": "ORG",
    "GPE": "LOC",
    "PLACE": "LOC",
    "LOCATION": "LOC",
}
"""What other recognisers, and people, call them."""


def _expression(pattern: str) -> str:
    if len(pattern) > _MAX_PATTERN:
        raise ValueError(f"is longer than {_MAX_PATTERN:,} characters")
    expressions.check(pattern)
    return pattern


def _label(value: object) -> str:
    if value in _LABELS:
        return str(value)
    if not isinstance(value, str):
        raise ValueError(f"expected {listed(_LABELS)}, found {found(value)}")  # noqa: TRY004
    upper = value.strip().upper()
    meant = _OTHER_LABELS.get(upper) or closest(upper, _LABELS)
    hint = f" (did you mean {meant}?)" if meant else ""
    raise ValueError(f"expected {listed(_LABELS)}, found {quoted(value)}{hint}")


def _words(text: str) -> str:
    if not any(letter.isalnum() for letter in text):
        raise ValueError(f"needs a letter or a digit, found {quoted(text)}")
    return " ".join(text.split())


Expression = Annotated[
    str,
    AfterValidator(_expression),
    Field(json_schema_extra={"minLength": 1, "maxLength": _MAX_PATTERN}),
]
Label = Annotated[str, PlainValidator(_label, Literal["PER", "ORG", "LOC", "MISC"])]
"""What a statistical recogniser calls what it found."""
NamedText = Annotated[str, AfterValidator(_words), Field(json_schema_extra={"minLength": 1})]
