"""Touches the world: reads a secret from where the configuration says it is.

No message of this module holds any part of a secret.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from monitor.errors import Mistake
from monitor.textfiles import read_bytes

MAX_BYTES = 65_536


def read_secret(reference: str, folder: Path, environ: Mapping[str, str]) -> str:
    """The Apprise URL that a reference stands for.

    Args:
        reference: ``env:NAME``, ``file:/path`` (relative: to ``folder``), ``credential:name`` (of
            systemd, in ``$CREDENTIALS_DIRECTORY``), or the URL itself.
        folder: that of the configuration.
        environ: the environment.

    Raises:
        ValueError: there is no secret there, or none that can be a URL.
    """
    kind, _, name = reference.partition(":")
    match kind:
        case "env":
            where = f"the environment variable {name}"
            if (value := environ.get(name)) is None:
                raise ValueError(f"{where} is not set")
        case "file":
            where = f"the file {name}"
            value = _read(folder / name, where)
        case "credential":
            where = f"the credential {name}"
            if not (directory := environ.get("CREDENTIALS_DIRECTORY")):
                raise ValueError(
                    f"{where} cannot be read: $CREDENTIALS_DIRECTORY is not set"
                    " (systemd sets it, where the unit has LoadCredential=)"
                )
            value = _read(Path(directory) / name, where)
        case _:
            where, value = "it", reference
    return _as_url(value.strip(), where)


def _read(path: Path, where: str) -> str:
    data = read_bytes(path, where, MAX_BYTES)
    if isinstance(data, Mistake):
        raise ValueError(f"{where} {data.message}")  # noqa: TRY004
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise ValueError(f"{where} is not UTF-8") from None


def _as_url(value: str, where: str) -> str:
    if not value:
        raise ValueError(f"{where} is empty")
    if len(value.splitlines()) > 1:
        raise ValueError(f"{where} has more than one line")
    if "://" not in value or not value.isprintable():
        raise ValueError(f"{where} is not an Apprise URL")
    return value
