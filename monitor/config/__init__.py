"""Touches the world: finds and reads the configuration file, and the secrets that it names."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from monitor.config.credentials import read_secret
from monitor.config.replacing import held, replace_content
from monitor.config.settings import PREFIX, Config, parse
from monitor.config.tomlplaces import places
from monitor.errors import ConfigError, Mistake
from monitor.lanes import usual_rate
from monitor.mistakes import MAX_BYTES, decoded
from monitor.models import Destination
from monitor.textfiles import read_bytes

__all__ = ["Config", "change", "feed_lines", "find", "load", "parse", "resolve_destinations"]

FILE_NAME = "config.toml"


def find(explicit: Path | None, environ: Mapping[str, str]) -> Path:
    """The configuration file: what was asked for, or else the first that there is.

    ``explicit`` and ``$NEWS_MONITOR_CONFIG`` are taken at their word; then come
    ``config.toml`` in ``$CONFIGURATION_DIRECTORY`` (of systemd), in ``news-monitor`` below
    ``$XDG_CONFIG_HOME`` (``~/.config``), and in ``/etc/news-monitor``.

    Raises:
        ConfigError: there is none; it says where it was looked for.
    """
    if explicit is not None:
        return explicit
    if named := environ.get(f"{PREFIX}CONFIG"):
        return Path(named)
    places = list(_usual_places(environ))
    for path in places:
        if path.exists():
            return path
    looked = ", ".join(map(str, places))
    message = f"not found at {looked}: run `news-monitor init`, or name yours with --config"
    if Path(FILE_NAME).exists():
        message = f"there is one here: name it, as in `news-monitor -c {FILE_NAME} …`"
    raise ConfigError([Mistake(file=FILE_NAME, message=message)])


def _usual_places(environ: Mapping[str, str]) -> Iterator[Path]:
    for folder in filter(None, environ.get("CONFIGURATION_DIRECTORY", "").split(":")):
        yield Path(folder) / FILE_NAME
    if home := environ.get("XDG_CONFIG_HOME"):
        yield Path(home) / "news-monitor" / FILE_NAME
    elif home := environ.get("HOME"):
        yield Path(home) / ".config" / "news-monitor" / FILE_NAME
    yield Path("/etc/news-monitor") / FILE_NAME


def load(path: Path, environ: Mapping[str, str]) -> Config:
    """Read and check a configuration file.

    Raises:
        ConfigError: with every mistake.
    """
    if not path.exists():
        message = "there is no such file: run `news-monitor init`"
        raise ConfigError([Mistake(file=str(path), message=message)])
    return parse(_text(path), path, environ)


def _text(path: Path) -> str:
    data = read_bytes(path, str(path), MAX_BYTES)
    text = data if isinstance(data, Mistake) else decoded(str(path), data)
    if isinstance(text, Mistake):
        # The line that is no UTF-8 may hold a secret.
        raise ConfigError([replace(text, quote="")])
    return text


def feed_lines(path: Path, environ: Mapping[str, str], count: int) -> tuple[int, ...]:
    """On which line of the file the address of each feed stands; 0: it stands elsewhere."""
    is_overruled = f"{PREFIX}FEEDS" in environ
    entries = {} if is_overruled else places(_text(path))
    spots = (entries.get(("feeds", number, "url")) for number in range(count))
    return tuple(entry.value[0] if entry else 0 for entry in spots)


def change(path: Path, environ: Mapping[str, str], edit: Callable[[str, Config], str]) -> Config:
    """Replace a configuration file by what ``edit`` makes of its text, whole or not at all.

    Two who change it at once follow each other. What ``load`` would refuse is never written.

    Raises:
        ConfigError: it has mistakes, before or after the edit; the file is as it was.
        OSError: it cannot be written; the file is as it was.
    """
    if not path.exists():
        return load(path, environ)
    with held(path):
        before = _text(path)
        settings = parse(before, path, environ)
        try:
            data = edit(before, settings).encode()
        except ValueError as error:
            message = f"{error}; nothing was written: change the file by hand"
            raise ConfigError([Mistake(file=str(path), message=message)]) from error
        text = decoded(str(path), data)
        if isinstance(text, Mistake):
            message = f"{text.message}: nothing was written"
            raise ConfigError([replace(text, message=message, quote="")])
        settings = parse(text, path, environ)
        if text != before:
            replace_content(path, data)
    return settings


def resolve_destinations(config: Config, environ: Mapping[str, str]) -> tuple[Destination, ...]:
    """The destinations with their secrets, read from where the configuration says.

    Raises:
        ConfigError: with every secret that is not there, and without any that is.
    """
    found: list[Destination] = []
    wrong: list[Mistake] = []
    for name, settings in config.destinations.items():
        try:
            url = read_secret(settings.url.get_secret_value(), config.folder, environ)
        except ValueError as error:
            place = config.places[name]
            wrong.append(replace(place, message=f"{place.message}{error}"))
        else:
            has_rate = "rate" in settings.model_fields_set
            found.append(
                Destination(
                    name=name,
                    url=url,
                    format=settings.format,
                    rate=settings.rate if has_rate else usual_rate(url),
                    on_uncertain=settings.on_uncertain,
                )
            )
    if wrong:
        raise ConfigError(wrong)
    return tuple(found)
