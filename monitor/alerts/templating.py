"""Mechanism: templates, ours and those that the operator puts in their place.

The operator's run in Jinja's sandbox and see nothing but the words of the message, which are
inert already. One that cannot be used costs nobody an alert: ours is used, and it is told.
Style sheets are moved into the elements, since mail clients drop them (css-inline).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from css_inline import CSSInliner, InlineError
from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    FileSystemLoader,
    PackageLoader,
    StrictUndefined,
    Template,
    TemplateError,
    TemplateSyntaxError,
    select_autoescape,
)
from jinja2.sandbox import ImmutableSandboxedEnvironment

from monitor.alerts.plain import line, literal
from monitor.alerts.quoting import bold, plainly, starred
from monitor.errors import Mistake
from monitor.mistakes import closest, quoted

NAMES = tuple(
    f"{kind}.{form}.j2"
    for kind in ("alert", "digest", "notice")
    for form in ("title", "txt", "html", "md", "short")
)
"""What the operator may replace. A file whose name begins with ``_`` is only there to be included."""

MAX_DETAIL = 200

_SHEETS = CSSInliner(load_remote_stylesheets=False, keep_link_tags=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A text, and what was wrong with the operator's template, if ours had to be used."""

    text: str
    mistake: Mistake | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Templates:
    """A template for each name: ours, and above them the operator's that could be read."""

    ours: Mapping[str, Template]
    theirs: Mapping[str, Template] = field(default_factory=dict)
    folder: Path | None = None

    def render(self, name: str, words: Mapping[str, object]) -> Rendered:
        """Render one template of ``NAMES``; where the operator's fails, ours."""
        mistake = None
        if (theirs := self.theirs.get(name)) is not None:
            try:
                return Rendered(text=_finished(name, theirs.render(words)))
            except Exception as error:  # noqa: BLE001 - a template may call anything it is given
                mistake = self._mistake(name, error)
        return Rendered(text=_finished(name, self.ours[name].render(words)), mistake=mistake)

    def without(self, names: Iterable[str]) -> Templates:
        """The same without some of the operator's."""
        left = {name: one for name, one in self.theirs.items() if name not in set(names)}
        return Templates(ours=self.ours, theirs=left, folder=self.folder)

    def _mistake(self, name: str, error: Exception) -> Mistake:
        file = str((self.folder or Path()) / name)
        return Mistake(file=file, line=_line_of(file, error), column=1, message=_said(error))


def load(folder: Path | None) -> tuple[Templates, tuple[Mistake, ...]]:
    """Return our templates with those of a folder above them, and what is wrong in the folder.

    Nothing is rendered: ``render.tried`` does that.
    """
    if folder is None:
        return OURS, ()
    if not folder.is_dir():
        return OURS, (Mistake(file=str(folder), message="there is no such folder"),)
    environment = _environment(ChoiceLoader([FileSystemLoader(folder), _OUR_LOADER]))
    theirs: dict[str, Template] = {}
    wrong: list[Mistake] = []
    for path in sorted(folder.glob("*.j2")):
        if path.name.startswith("_"):
            continue
        if path.name not in NAMES:
            wrong.append(_unknown(path))
            continue
        try:
            theirs[path.name] = environment.get_template(path.name)
        except TemplateSyntaxError as error:
            at = error.filename or str(path)
            wrong.append(Mistake(file=at, line=error.lineno, column=1, message=_said(error)))
        except (TemplateError, OSError, ValueError) as error:
            wrong.append(Mistake(file=str(path), message=_said(error)))
    return Templates(ours=OURS.ours, theirs=theirs, folder=folder), tuple(wrong)


def _unknown(path: Path) -> Mistake:
    meant = closest(path.name, NAMES)
    hint = f" (did you mean {quoted(meant)}?)" if meant else f" (there are {', '.join(NAMES)})"
    return Mistake(file=str(path), message=f"no message has a template of this name{hint}")


def _said(error: Exception) -> str:
    text = line(str(error)) if isinstance(error, (TemplateError, OSError)) else ""
    return (text or type(error).__name__)[:MAX_DETAIL]


def _line_of(file: str, error: Exception) -> int:
    """The line of a template that an error came from: Jinja puts it into the traceback."""
    found, trace = 0, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == file:
            found = trace.tb_lineno
        trace = trace.tb_next
    return found


def _finished(name: str, text: str) -> str:
    if ".html." not in name:
        return text
    try:
        return _SHEETS.inline(text)
    except InlineError as error:
        raise ValueError(f"style sheet: {error}") from error


def _environment(loader: BaseLoader) -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        loader=loader,
        autoescape=select_autoescape(["html.j2"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "plainly": plainly,
        "starred": starred,
        "bold": bold,
        "literal": literal,
    }
    return environment


_OUR_LOADER = PackageLoader("monitor.alerts")
_OURS = _environment(_OUR_LOADER)
OURS = Templates(ours={name: _OURS.get_template(name) for name in NAMES})
"""Nothing of the operator's."""
