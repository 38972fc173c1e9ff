"""A backup works because it is restored: copies, damage, loss, and what was sent in between."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pysqlite3  # noqa: TID251 - another program's file
import pytest

from monitor import nightly, recovery
from monitor.errors import DamagedDatabase, ForeignDatabase, NoDatabase, StoreError
from monitor.models import EventKind, Sent, Validators
from monitor.store import backup, told
from monitor.store.protocol import ToldMessage
from monitor.store.sqlite import SqliteStore
from tests import store_contract as contract
from tests.servers.feeds import FeedServer, Item
from tests.servers.sinks import WebhookSink
from tests.service import Service, wait_until
from tests.store_child import commit_number, open_store, the_feed

NOW = contract.at(100)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "news.db"


def commit(path: Path, *numbers: int) -> None:
    with closing(open_store(path)) as store:
        for number in numbers:
            commit_number(store, number)


def read_again(store: SqliteStore, *numbers: int) -> None:
    """What the feeds give after a restore: what was read since the backup, as news."""
    for number in numbers:
        told_ = contract.alert(f"{number}", "mail", "slack")
        outcome = contract.poll(
            the_feed(store), contract.judged(told_), validators=Validators(etag=f"{number}")
        )
        if not store.known(told_.article.keys):
            store.commit(outcome)


def send_all(store: SqliteStore) -> list[str]:
    """Deliver what is due, as the daemon does; what was sent."""
    sent = []
    while claimed := store.due_deliveries(NOW, contract.LEASE, 99):
        for one in claimed:
            message = ToldMessage(NOW, one.alert.key, one.destination)
            store.record(one.id, Sent(at=NOW), None, message)
            sent.append(f"{one.alert.article.title} to {one.destination}")
    return sent


def last(path: Path) -> int:
    with closing(open_store(path)) as store:
        assert store.integrity_check() == ()
        return int(the_feed(store).validators.etag or 0)


# --- copies ------------------------------------------------------------------------


def test_a_backup_made_while_others_write_is_whole(path: Path) -> None:
    commit(path, 1)
    stop = threading.Event()

    def write() -> None:
        with closing(open_store(path)) as store:
            number = 1
            while not stop.is_set():
                number += 1
                commit_number(store, number)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(5):
            backup.make(path, path.with_name(f"copy-{number}.db"))
    finally:
        stop.set()
        writer.join()
    copies = [last(path.with_name(f"copy-{number}.db")) for number in range(5)]
    assert copies == sorted(copies)
    for number, expected in enumerate(copies):
        with closing(open_store(path.with_name(f"copy-{number}.db"))) as store:
            assert len(store.alerts(10**6)) == expected


def test_only_so_many_are_kept_and_each_can_be_opened(path: Path) -> None:
    commit(path, 1)
    for day in range(9):
        backup.make_nightly(path, 7, NOW + timedelta(days=day))
    found = backup.backups(path)
    # Bytes 18 and 19 of the header: 1 is a file that needs no log (https://sqlite.org/fileformat.html)
    assert {one.path.read_bytes()[18:20] for one in found} == {b"\x01\x01"}
    assert [one.made_at for one in found] == [NOW + timedelta(days=day) for day in range(8, 1, -1)]
    assert {last(one.path) for one in found} == {1}
    assert all("-wal" not in each.name for each in backup.folder_of(path).iterdir())


def test_a_copy_never_replaces_a_file_and_leaves_nothing_unfinished(path: Path) -> None:
    commit(path, 1)
    there = path.with_name("there.db")
    there.write_bytes(b"mine")
    with pytest.raises(StoreError, match="is there already"):
        backup.make(path, there)
    assert there.read_bytes() == b"mine"
    with pytest.raises(StoreError):
        backup.make(path.with_name("missing.db"), path.with_name("copy.db"))
    assert sorted(each.name for each in path.parent.iterdir()) == ["news.db", "there.db"]


def damage(path: Path, how: str) -> None:
    size = path.stat().st_size
    with path.open("r+b") as file:
        match how:
            case "head":
                file.write(os.urandom(4096))
            case "middle":
                file.seek(size // 4)
                file.write(os.urandom(size // 2))
            case "tail":
                file.seek(size - 4096)
                file.write(os.urandom(4096))
            case "cut":
                file.truncate(size // 2)
            case "empty":
                file.truncate(0)
    if how == "gone":
        path.unlink()


DAMAGES = ["head", "middle", "cut", "empty", "gone"]


@pytest.mark.parametrize("how", ["head", "middle", "tail"])
def test_a_damaged_database_makes_no_backup_and_removes_none(path: Path, how: str) -> None:
    commit(path, *range(1, 40))
    backup.make_nightly(path, 1, NOW)
    damage(path, how)
    with pytest.raises(StoreError):
        backup.make_nightly(path, 1, NOW + timedelta(days=1))
    (kept,) = backup.backups(path)
    assert (kept.made_at, last(kept.path)) == (NOW, 39)
    assert len(list(backup.folder_of(path).iterdir())) == 1


def test_death_in_the_middle_of_a_backup_leaves_none_that_looks_like_one(tmp_path: Path) -> None:
    service = Service(tmp_path)
    commit(service.database, 1)
    service.environment["NEWS_MONITOR_FAILPOINTS"] = "backup: copied=kill"
    assert service.run("db", "backup").returncode == -signal.SIGKILL
    assert backup.backups(service.database) == ()
    service.environment["NEWS_MONITOR_FAILPOINTS"] = ""
    assert service.run("db", "backup").returncode == 0
    assert len(backup.backups(service.database)) == 1


ZONE = timezone(timedelta(hours=2))


def local(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=ZONE).astimezone(UTC)


@pytest.mark.parametrize(
    ("newest", "failed_at", "now", "is_due"),
    [
        (None, None, local(7, 12), True),
        (local(7, 3), None, local(8, 2, 59), False),
        (local(7, 3), None, local(8, 3), True),
        (local(7, 3), None, local(9, 1), True),  # the night was slept through
        (local(8, 3), None, local(8, 23), False),
        (local(7, 3), local(8, 3), local(8, 3, 59), False),
        (local(7, 3), local(8, 3), local(8, 4), True),
        (local(20, 3), None, local(8, 4), True),  # by a clock that was set back since
        (local(7, 3), local(20, 3), local(8, 4), True),
    ],
)
def test_a_backup_is_due_once_a_night(
    newest: datetime | None, failed_at: datetime | None, now: datetime, is_due: bool
) -> None:
    assert nightly.is_due(newest, failed_at, now, ZONE) is is_due


# --- what was told -----------------------------------------------------------------


def test_told_messages_survive_a_line_that_was_cut_off(path: Path) -> None:
    first, second = (ToldMessage(contract.at(n), f'key "{n}"\n', "mail") for n in (1, 2))
    assert list(told.messages(path)) == []
    told.append(path, first)
    with told.path_of(path).open("ab") as file:
        file.write(b'["2026-03-07T')
    told.append(path, second)
    assert list(told.messages(path)) == [first, second]
    told.forget(path, contract.at(2))
    assert list(told.messages(path)) == [second]


# --- restores ----------------------------------------------------------------------


@pytest.fixture
def lost(path: Path) -> Path:
    """A database with a backup after the second poll; of four, three are sent, one half."""
    with closing(open_store(path)) as store:
        for number in (1, 2):
            commit_number(store, number)
        send_all(store)
        commit_number(store, 3)
        backup.make_nightly(path, 7, NOW)
        send_all(store)
        commit_number(store, 4)
        (mail, _) = store.due_deliveries(NOW, contract.LEASE, 2)
        store.record(mail.id, Sent(at=NOW), None, ToldMessage(NOW, mail.alert.key, "mail"))
        commit_number(store, 5)
    return path


@pytest.mark.parametrize("how", DAMAGES)
def test_a_restored_database_repeats_nothing_and_loses_nothing(lost: Path, how: str) -> None:
    damage(lost, how)
    store, restored = recovery.opened(lost, NOW)
    with closing(store):
        assert restored is not None
        assert restored.known_sent == 2  # the third poll's, which the backup believes to be due
        assert (restored.replaced is None) == (how == "gone")
        assert store.latest_event([EventKind.DATABASE_RESTORED]) is not None
        read_again(store, 4, 5)
        sent = send_all(store)
        titles = {f"{n}": contract.alert(f"{n}").article.title for n in range(1, 6)}
        assert sorted(sent) == sorted(
            [f"{titles['4']} to slack", f"{titles['5']} to mail", f"{titles['5']} to slack"]
        )
        assert store.integrity_check() == ()
    if how != "gone":
        assert restored.replaced is not None
        assert restored.replaced.exists()


def test_the_newest_backup_that_is_good_is_taken(lost: Path) -> None:
    backup.make_nightly(lost, 7, NOW + timedelta(days=1))
    damage(backup.backups(lost)[0].path, "middle")
    damage(lost, "head")
    store, restored = recovery.opened(lost, NOW)
    store.close()
    assert restored is not None
    assert restored.source == backup.backups(lost)[1].path


@pytest.mark.parametrize("how", ["head", "middle", "cut"])
def test_without_a_backup_a_damaged_database_is_refused_untouched(path: Path, how: str) -> None:
    commit(path, *range(1, 40))
    damage(path, how)
    before = path.read_bytes()
    with pytest.raises((DamagedDatabase, NoDatabase)):
        recovery.opened(path, NOW)
    assert path.read_bytes() == before


def test_another_programs_database_is_not_replaced_by_a_backup(path: Path) -> None:
    commit(path, 1)
    backup.make_nightly(path, 7, NOW)
    path.unlink()
    with closing(pysqlite3.connect(path)) as db:
        db.execute("CREATE TABLE theirs (x)")
    before = path.read_bytes()
    with pytest.raises(ForeignDatabase):
        recovery.opened(path, NOW)
    assert path.read_bytes() == before


def test_without_the_file_of_told_messages_what_waits_is_uncertain(lost: Path) -> None:
    told.path_of(lost).unlink()
    restored = recovery.restore(lost, backup.backups(lost)[0].path, NOW)
    assert restored.known_sent is None
    with closing(open_store(lost)) as store:
        claimed = store.due_deliveries(NOW, contract.LEASE, 9)
        assert [one.is_uncertain for one in claimed] == [True, True]


STEPS = [
    "backup: copied",
    "restore: ready",
    "restore: moved database",
    "restore: moved -wal",
    "restore: moved -shm",
    "restore: moved -journal",
]


@pytest.mark.parametrize("step", STEPS)
def test_a_restore_that_is_killed_at_any_step_leaves_one_of_the_two(lost: Path, step: str) -> None:
    newest = str(backup.backups(lost)[0].path)
    code = (
        "import sys; from pathlib import Path; from monitor import recovery;"
        "from tests.test_backup import NOW;"
        "recovery.restore(Path(sys.argv[1]), Path(sys.argv[2]), NOW)"
    )
    environment = os.environ | {"NEWS_MONITOR_FAILPOINTS": f"{step}=kill"}
    done = subprocess.run(
        [sys.executable, "-c", code, str(lost), newest],
        env=environment,
        cwd=Path(__file__).parent.parent,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    store, _ = recovery.opened(lost, NOW + timedelta(minutes=1))
    with closing(store):
        assert store.integrity_check() == ()
        polls = int(the_feed(store).validators.etag or 0)
        is_restored = store.latest_event([EventKind.DATABASE_RESTORED]) is not None
        assert polls == (3 if is_restored else 5)
        assert is_restored is step.startswith("restore: moved")
        store.release_claims(NOW)
        read_again(store, 4, 5)
        assert len(send_all(store)) == 3
    assert not lost.with_name(lost.name + ".restoring").exists()


# --- the whole service -------------------------------------------------------------


def item(number: int) -> Item:
    return Item(
        guid=f"story-{number}",
        link=f"https://outlet.example/{number}",
        title=f"Algeria and the United States discuss arms sales, part {number:03}",
        html="<p>American weapons for Algeria are discussed.</p>",
        published_at=datetime.now(UTC),
    )


@pytest.mark.slow
def test_a_daemon_whose_database_is_damaged_goes_on_with_the_backup(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    with FeedServer() as news, WebhookSink() as hook:
        news.set_feed("/a.xml", [Item(guid="old", link="", title="Old", html="")])
        to = {"hook": f"json://127.0.0.1:{hook.port}/"}
        service = Service(tmp_path, feeds=[news.url("/a.xml")], destinations=to, operator=["hook"])
        with service as it:
            it.wait_for("new articles")
            for number in range(5):
                news.add("/a.xml", item(number))
            hook.wait_for(5, 60)
            wait_until(lambda: len(it.json("deliveries", "list", "--state", "sent")) == 5)
            assert it.run("db", "backup").returncode == 0
            backed_up = time.monotonic()
            assert it.run("db", "restore", "newest").returncode == 75, "a daemon serves it"
            for number in range(5, 10):
                news.add("/a.xml", item(number))
            hook.wait_for(10, 60)
            wait_until(lambda: len(it.json("deliveries", "list", "--state", "sent")) == 10)
            it.stop()  # a log left by a kill would hold, and heal, what is damaged below
        span = time.monotonic() - backed_up
        damage(service.database, "middle")
        news.add("/a.xml", item(10))
        began = time.monotonic()
        with service:
            service.wait_for("database restored")
            hook.wait_for(12, 60)
            recovery_time = time.monotonic() - began
            time.sleep(3)
            assert service.run("db", "check").returncode == 0
        titles = Counter(body["title"][-8:] for body in hook.bodies if "part" in body["title"])
        notices = [body for body in hook.bodies if "part" not in body["title"]]
        assert titles == {f"part {number:03}": 1 for number in range(11)}
        assert len(notices) == 1
        assert "restored" in notices[0]["title"]
        assert list(tmp_path.glob("news-monitor.db.replaced-*"))
    record_property(
        "measured",
        f"RPO: {span:.1f} s of the ledger, 0 messages; RTO: {recovery_time:.1f} s from start to the"
        f" next alert; lost 0, repeated 0 of {len(titles)}",
    )
    print(f"RPO {span:.1f} s of the ledger, 0 messages; RTO {recovery_time:.1f} s")
