"""Decides: how text from the network becomes harmless text.

Two steps. *Visible*: control characters, bidirectional overrides and what cannot be seen are
gone (Unicode Technical Report 36, "Unicode Security Considerations"), every white space is
one space. *Inert*: besides, no mail client or chat service finds a mention, a link, markup or
a code block in it; the characters that would make one give way to others that look like them.

Everything here is idempotent.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from urllib.parse import SplitResult, quote, urlsplit

MAX_URL = 1500
"""Characters; a longer address is treated as none."""

DROPPED = "\0"
"""Stands, in ``aligned`` text only, where a character was dropped."""

_JOINERS = "\u200c\u200d"
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""They have no glyph, though their category says letter, mark or symbol."""
_VISIBLE_FORMAT = frozenset(
    "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
)
"""Signs that enclose the digits after them: category Cf, and yet seen."""
_KEPT_SPACES = "\u00a0\u202f"
"""No-break spaces: French typography needs them."""

_LOOK_ALIKES = str.maketrans(
    {
        "<": "\u2039",  # Slack: <!channel>, <http://…|text>; HTML everywhere
        ">": "\u203a",
        "@": "\uff20",  # @everyone, @here, @channel, @all
        "`": "\u02cb",  # code blocks
        "*": "\u2217",  # ours alone marks what matched
        "|": "\u2223",  # Discord hides what stands between ||
    }
)
_SCHEME = re.compile(r":\0*/\0*/")
_MARKDOWN_LINK = re.compile(r"\]\0*\(")
_WWW = re.compile(r"w\0*w\0*w\0*\.", re.IGNORECASE)
_HOST_DOT = re.compile(
    r"(\w\0*)\.(?=(?:\0*[^\W\d_A-Z]){2,24}(?!\0*\w)|(?:\0*[A-Z]){2,24}(?!\0*\w))"
)
"""The dot before what may be the end of a host's name: chats make a link of a bare one."""
_SPACES = re.compile(r" [ \0]*")
_LINE_BREAKS = re.compile(r"\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")

_UNDERSCORE = re.compile(r"(?<!\w)_|_(?!\w)")
"""One within a word is no emphasis."""
_HEADING = re.compile(r"^#", re.MULTILINE)

_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_HOST = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_.])?")
_IPV6 = re.compile(r"[0-9a-f:.]+")
_FARTHEST_STEP = 32
"""Of a cut, back to the start of a grapheme; whoever stacks more marks is no writer."""


def line(text: str) -> str:
    """Return visible text in one line; CR and LF too become a space."""
    return _visible(text).replace(DROPPED, "").strip(" ")


def inert(text: str) -> str:
    """Return visible, inert text in one line."""
    return aligned(text).replace(DROPPED, "").strip(" ")


def paragraphs(text: str) -> str:
    """Return visible, inert text that keeps its lines, with one empty line at most between."""
    lines = [inert(each) for each in _LINE_BREAKS.split(text)]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")


def aligned(text: str) -> str:
    """Return what ``inert`` does, but as long as ``text``, so that offsets still hold.

    A dropped character is ``DROPPED`` instead; whoever cuts the pieces out removes those.
    """
    mapped = _visible(text).translate(_LOOK_ALIKES)
    mapped = _SCHEME.sub(lambda found: found[0].replace("/", "\u2215"), mapped)
    mapped = _MARKDOWN_LINK.sub(lambda found: found[0].replace("(", "\u2768"), mapped)
    mapped = _WWW.sub(lambda found: found[0].replace(".", "\u2024"), mapped)
    return _HOST_DOT.sub("\\1\u2024", mapped)


def literal(text: str) -> str:
    """Return inert text so that CommonMark, and Slack's dialect of it, show it as it is.

    By look-alikes, as everything here: of backslashes Slack knows nothing.
    """
    text = _UNDERSCORE.sub("\uff3f", text).replace("~", "\u223c").replace("\\", "\u29f5")
    return _HEADING.sub("\uff03", text)


def bounded(text: str, limit: int) -> str:
    """Return at most ``limit`` characters of a text; if it was cut, the last is an ellipsis.

    The cut is on a space where there is one near, and never within what a reader sees as one
    character.
    """
    if len(text) <= limit:
        return text
    if limit <= 0:
        return ""
    end = cut(text, limit - 1)
    space = text.rfind(" ", max(end - limit // 8, 0), end + 1)
    return text[: space if space > 0 else end].rstrip() + "…"


def cut(text: str, index: int) -> int:
    """Return the last place at or before ``index`` that splits no grapheme."""
    for place in range(index, max(index - _FARTHEST_STEP, 0), -1):
        if not _is_inside_grapheme(text, place):
            return place
    return index if index > _FARTHEST_STEP else 0


def fit(text: str, limit: int) -> str:
    """Return a text of lines in at most ``limit`` characters: from its end lines give way,
    but the very last, which names the message, stays.
    """
    if len(text) <= limit:
        return text
    *head, last = text.split("\n")
    room = limit - len(last) - len("…\n")
    if room <= 0:
        return bounded(last, limit)
    kept: list[str] = []
    for each in head:
        room -= len(each) + 1
        if room < 0:
            break
        kept.append(each)
    if not kept:
        return f"{bounded(head[0], limit - len(last) - 1)}\n{last}"
    return "\n".join(["\n".join(kept).rstrip("\n"), "…", last])


def safe_url(url: str) -> str:
    """Return an http or https address, percent-encoded, or "" if it is anything else.

    Refused are user names in it, white space, what cannot be seen, and more than ``MAX_URL``
    characters. The host is in ASCII (IDNA), so that no letter can pose as another.
    """
    if len(url) > MAX_URL or line(url) != url or any(map(str.isspace, url)):
        return ""
    try:
        parts = urlsplit(url)
        host = _ascii_host(parts)
        port = "" if parts.port is None else f":{parts.port}"
        path, query, fragment = map(_percent_encoded, (parts.path, parts.query, parts.fragment))
    except ValueError:  # a port, host or character that no address has
        return ""
    if parts.scheme not in {"http", "https"} or "@" in parts.netloc or not host:
        return ""
    safe = SplitResult(parts.scheme, host + port, path or "/", query, fragment).geturl()
    return safe if len(safe) <= MAX_URL else ""


def _visible(text: str) -> str:
    mapped = "".join(map(_seen, text))
    return _SPACES.sub(lambda found: " ".ljust(len(found[0]), DROPPED), _judged(mapped))


@lru_cache(maxsize=4096)
def _seen(character: str) -> str:
    """Return the character, a space or what else is to stand for it, or ``DROPPED``."""
    if character in _KEPT_SPACES or character in _JOINERS or character in _VISIBLE_FORMAT:
        return character
    if character.isspace():
        return " "
    category = unicodedata.category(character)
    if category == "Cs":
        return "\ufffd"  # half a surrogate pair cannot be encoded
    is_noncharacter = category == "Cn" and (
        ord(character) & 0xFFFE == 0xFFFE or "\ufdd0" <= character <= "\ufdef"
    )
    if category in {"Cc", "Cf"} or is_noncharacter or character in _INVISIBLE:
        return DROPPED
    return character


def _judged(mapped: str) -> str:
    """Drop the joiners that are not between letters: Persian and Indic scripts need those."""
    if not any(joiner in mapped for joiner in _JOINERS):
        return mapped
    judged = list(mapped)
    seen = [place for place, character in enumerate(mapped) if character != DROPPED]
    for order, place in enumerate(seen):
        if mapped[place] in _JOINERS:
            around = (mapped[each] for each in seen[max(order - 1, 0) : order + 2 : 2])
            is_between = 0 < order < len(seen) - 1 and all(map(_is_letter, around))
            judged[place] = mapped[place] if is_between else DROPPED
    return "".join(judged)


def _is_letter(character: str) -> bool:
    return unicodedata.category(character)[0] in "LM"


def _is_inside_grapheme(text: str, place: int) -> bool:
    """Whether a cut before ``text[place]`` would part it from what it belongs to.

    A short form of the rules of UAX 29, "Unicode Text Segmentation".
    """
    if not 0 < place < len(text):
        return False
    before, after = text[place - 1], text[place]
    if unicodedata.category(after)[0] == "M" or after in _JOINERS or before == "\u200d":
        return True
    if "\U0001f3fb" <= after <= "\U0001f3ff" or "\u1160" <= after <= "\u11ff":
        return True  # skin tones; vowels and finals of a Korean syllable
    if not _is_flag_letter(after):
        return False
    run = 0
    while run < place and _is_flag_letter(text[place - 1 - run]):
        run += 1
    return run % 2 == 1


def _is_flag_letter(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _ascii_host(parts: SplitResult) -> str:
    """Return the host as it goes over the wire; "" if it is none.

    Raises:
        ValueError: for a name that IDNA has no form for.
    """
    name = parts.hostname or ""
    if ":" in name:
        return f"[{name}]" if _IPV6.fullmatch(name) else ""
    if not name.isascii():
        name = name.encode("idna").decode("ascii")
    return name if _HOST.fullmatch(name) else ""


def _percent_encoded(part: str) -> str:
    """Encode what an address may not hold, and ``@``, ``*`` and ``|``, which chats read."""
    return quote(_ESCAPE.sub("%25", part), safe="/%:!$&'()+,;=?-._~")
