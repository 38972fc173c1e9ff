"""Touches the world: systemd reads our unit, and the libraries bear its sandbox."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from monitor import openfiles

UNIT = Path(__file__).parent.parent / "systemd" / "news-monitor.service"
EXECUTABLE = "/opt/news-monitor/bin/news-monitor"


def _version() -> int:
    """Of the installed systemd; 0 where there is none."""
    if shutil.which("systemd-analyze") is None:
        return 0
    output = subprocess.run(
        ["systemd-analyze", "--version"], capture_output=True, text=True, check=True
    ).stdout
    return int(re.findall(r"\d+", output)[0])


VERSION = _version()
needs_systemd = pytest.mark.skipif(
    VERSION < 250, reason="systemd-analyze with --offline (systemd 250 or later) is not installed"
)


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["systemd-analyze", *arguments], capture_output=True, text=True, timeout=60, check=False
    )


def complaints(unit: Path) -> set[str]:
    """What ``verify`` says of the unit; it exits 0 also where it ignores lines."""
    done = analyze("verify", "--man=no", str(unit))
    said = {line for line in done.stderr.splitlines() if unit.name in line}
    assert done.returncode == 0 or said, done.stderr
    return said


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The unit as if its program stood on this machine."""
    text = UNIT.read_text()
    assert f"ExecStart={EXECUTABLE} run\n" in text
    copy = tmp_path / UNIT.name
    copy.write_text(text.replace(EXECUTABLE, sys.executable))
    return copy


def test_the_unit_asks_for_enough_open_files() -> None:
    assert f"LimitNOFILE={openfiles.ENOUGH}\n" in UNIT.read_text()


@needs_systemd
def test_the_sandbox_leaves_little_exposed() -> None:
    done = analyze("security", "--offline=true", "--threshold=15", "--no-pager", str(UNIT))
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr


@needs_systemd
def test_systemd_finds_nothing_wrong_with_the_unit(installed: Path) -> None:
    found = complaints(installed)
    if VERSION < 254:  # the restart backoff is younger; the unit says so
        backoff = re.compile(r"Unknown key.*'(RestartSteps|RestartMaxDelaySec)'.*, ignoring")
        found = {line for line in found if not backoff.search(line)}
    assert found == set()


@needs_systemd
@pytest.mark.parametrize(
    ("line", "mistake"),
    [
        ("Type=notify", "Type=notifi"),
        ("KillMode=mixed", "KilMode=mixed"),
        ("SystemCallFilter=@system-service", "SystemCallFilter=@sistem-service"),
        ("StartLimitBurst=12", "StartLimitBurst=many"),
    ],
)
def test_a_mistake_in_the_unit_would_be_found(installed: Path, line: str, mistake: str) -> None:
    before = complaints(installed)
    text = installed.read_text()
    assert f"{line}\n" in text
    installed.write_text(text.replace(line, mistake))
    assert complaints(installed) - before


# Refuses itself, as MemoryDenyWriteExecute= does, memory that is writable and executable, then
# loads and uses what is native code.
UNDER_MDWE = """
import ctypes, mmap, sys

PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN = 65, 1
if ctypes.CDLL(None).prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0):
    sys.exit(77)
try:
    mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
except PermissionError:
    pass
else:
    sys.exit("writable and executable memory was given")

import daachorse, numpy, pycurl, pydantic, pysqlite3, spacy, yaml
from selectolax.lexbor import LexborHTMLParser

assert daachorse.DoubleArrayAhoCorasick([b"arm"]).find(b"arms") == [(0, 3, 0)]
assert (numpy.eye(50) @ numpy.eye(50)).sum() == 50
curl = pycurl.Curl()
curl.setopt(pycurl.WRITEFUNCTION, len)
assert pydantic.TypeAdapter(int).validate_python("3") == 3
assert pysqlite3.connect(":memory:").execute("SELECT 1").fetchall() == [(1,)]
assert yaml.load("a: [1]", yaml.CSafeLoader) == {"a": [1]}
assert LexborHTMLParser("<p>a").text() == "a"
assert len(spacy.blank("fr")("l'Algérie négocie")) == 3
"""


def test_native_libraries_work_without_writable_executable_memory() -> None:
    done = subprocess.run(
        [sys.executable, "-c", UNDER_MDWE], capture_output=True, text=True, timeout=120, check=False
    )
    if done.returncode == 77:
        pytest.skip("this kernel has no PR_SET_MDWE (Linux 6.3 or later)")
    assert done.returncode == 0, done.stderr
