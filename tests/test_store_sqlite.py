"""The store in SQLite: the contract of every store, then what only a file can get wrong."""

# ruff: noqa: E402 - the contract is imported after its asserts were made to speak

from __future__ import annotations

import asyncio
import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path

import pysqlite3  # noqa: TID251 - the hand of another program
import pytest

pytest.register_assert_rewrite("store_contract")

from monitor.errors import ForeignDatabase, StoreBusy, StoreError
from monitor.models import DeliveryState, FeedState, Polled
from monitor.planning import Question
from monitor.store import connection, migrations, states
from monitor.store.protocol import ToldMessage
from monitor.store.sqlite import SqliteStore
from monitor.store.thread import MOST_TOGETHER, StoreThread
from tests import store_contract as contract
from tests.store_child import (
    TOGETHER,
    commit_number,
    commit_together_until_killed,
    commit_until_killed,
    open_store,
    open_together,
    the_feed,
)
from tests.store_contract import *  # noqa: F403
from tests.strategies import at

SHORT = timedelta(milliseconds=50)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "news #1?.db"  # characters that mean something in a URI


@pytest.fixture
def store(path):
    opened = open_store(path)
    yield opened
    opened.close()


@pytest.fixture
def new_store(tmp_path_factory):
    opened = []

    def make():
        while opened:
            opened.pop().close()
        opened.append(open_store(tmp_path_factory.mktemp("store") / "news.db"))
        return opened[-1]

    yield make
    while opened:
        opened.pop().close()


@pytest.fixture(scope="module")
def processes():
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["monitor.store.sqlite", "hypothesis", "pytest"])
    return context


def connect(path: Path):
    return pysqlite3.connect(path, isolation_level=None, check_same_thread=False)


def files(path: Path) -> dict[str, bytes]:
    """What lies on the disk; a reader may leave an empty log, and ``-shm`` only caches the log."""
    return {
        each.name: each.read_bytes()
        for each in path.parent.iterdir()
        if each.stat().st_size and not each.name.endswith("-shm")
    }


# --- opening -----------------------------------------------------------------------


def test_the_database_is_opened_right_and_says_so(store):
    pragmas = store.pragmas()
    assert tuple(map(int, pragmas.pop("sqlite").split("."))) >= (3, 51, 3)
    assert pragmas == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 5000,
        "journal_size_limit": 64 * 1024 * 1024,
        "trusted_schema": 0,
        "application_id": connection.APPLICATION_ID,
        "query_only": 0,
    }


def test_a_pragma_that_sqlite_does_not_set_is_an_error(path):
    db = connection.open_writer(path)
    with pytest.raises(StoreError, match=r"SQLite keeps page_size at 4096; 8192 is needed"):
        connection._set(db, path, {"page_size": 8192}, SHORT)
    db.close()


def test_what_was_written_is_there_after_opening_again(path):
    with closing(open_store(path)) as store:
        contract.tell(store, contract.alert("a", "mail"))
        before = (store.feeds(), store.alerts(9))
    with closing(open_store(path)) as store:
        assert (store.feeds(), store.alerts(9)) == before
        assert contract.claimed_ids(store) == ["algeria-us-arms a/mail"]


def test_instants_and_lists_are_text_that_people_can_read(store, path):
    contract.tell(store, contract.alert("é", "mail"))
    with closing(connect(path)) as db:
        found = db.execute("SELECT next_attempt_at FROM delivery").fetchone()
        assert found == ("2026-03-07T10:15:00.000000Z",)
        assert db.execute("SELECT keys FROM article").fetchone() == (
            '["url:https://example.org/é"]',
        )


@pytest.mark.parametrize("mode", ["delete", "wal"])
@pytest.mark.parametrize("application_id", [0, 99])
def test_another_programs_database_is_refused_untouched(path, mode, application_id):
    original = path.with_name("original.db")
    with closing(connect(original)) as db:
        db.execute(f"PRAGMA journal_mode = {mode}")
        db.execute(f"PRAGMA application_id = {application_id}")
        db.execute("CREATE TABLE theirs (x)")
        for each in original.parent.glob("original.db*"):  # with its log, as after a crash
            shutil.copy(each, each.with_name(each.name.replace("original.db", path.name)))
    before = files(path)
    for attempt in (open_store, SqliteStore.open_reader):
        with pytest.raises(
            ForeignDatabase, match=r"another program's database .* name another file"
        ):
            attempt(path)
    assert files(path) == before


@pytest.mark.parametrize(
    "content", [b"dear diary\n" * 500, os.urandom(9000), b"SQLite format 3\0" + b"\1" * 5000]
)
def test_a_file_that_is_no_database_is_refused_untouched(path, content):
    path.write_bytes(content)
    for attempt in (open_store, SqliteStore.open_reader):
        with pytest.raises(ForeignDatabase, match="this is not a database"):
            attempt(path)
    assert files(path) == {path.name: content}


def test_a_newer_versions_database_is_refused_untouched(path):
    open_store(path).close()
    with closing(connect(path)) as db:
        db.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at)"
            " VALUES ('news-monitor', '9999 from the future', '')"
        )
    before = files(path)
    for attempt in (open_store, SqliteStore.open_reader):
        with pytest.raises(ForeignDatabase, match=r"newer news-monitor.*9999 from the future"):
            attempt(path)
    assert files(path) == before


def test_articles_of_a_version_that_knew_no_edits_are_kept(path):
    with closing(open_store(path)) as store:
        commit_number(store, 1)
        before = store.feeds(), store.alerts(limit=10), store.article_counts()
    with closing(connect(path)) as db:
        for column in ("content_hash", "identity"):
            db.execute(f"ALTER TABLE article DROP COLUMN {column}")
        db.execute("DELETE FROM _sqlite_migrations WHERE name = '0010 edited articles'")
    with closing(open_store(path)) as store:
        assert (store.feeds(), store.alerts(limit=10), store.article_counts()) == before
        ((alert,),) = (store.alerts(limit=10),)
        known = store.known(alert.alert.article.keys)
        assert {(one.content_hash, one.identity) for one in known.values()} == {("", "")}


def test_a_file_whose_rollback_was_left_undone_is_opened(path):
    """Death outside of WAL leaves a journal that no reader may play back."""
    original = path.with_name("original.db")
    with closing(open_store(original)) as store:
        commit_number(store, 1)
    with closing(connect(original)) as db:
        db.execute("PRAGMA journal_mode = delete").fetchall()
        db.execute("PRAGMA cache_size = 1").fetchall()
        db.execute("BEGIN")
        db.execute("UPDATE article SET text = hex(zeroblob(100000))")
        for each in original.parent.glob("original.db*"):
            shutil.copy(each, each.with_name(each.name.replace("original.db", path.name)))
    assert path.with_name(f"{path.name}-journal").stat().st_size
    reader = connection._connect(path, "ro", SHORT)
    with pytest.raises(pysqlite3.OperationalError, match="readonly"):
        reader.execute("SELECT * FROM article")
    reader.close()
    with closing(open_store(path)) as store:
        assert_all_or_nothing(store, 1)


def test_an_empty_file_becomes_a_database(path):
    path.touch()
    with closing(open_store(path)) as store:
        assert store.feeds() == ()


def test_a_folder_that_is_not_there_is_said_in_plain_words(path):
    with pytest.raises(StoreError, match="no file that this user may open"):
        open_store(path / "deeper" / "news.db")
    path.mkdir()
    with pytest.raises(StoreError, match="no file that this user may open"):
        open_store(path)


def test_a_damaged_file_is_refused_as_damaged(path):
    with closing(open_store(path)) as store:
        for number in range(1, 60):
            commit_number(store, number)
    whole = path.read_bytes()
    middle = len(whole) // 2 // 4096 * 4096
    path.write_bytes(whole[:middle] + b"\xa5" * 8192 + whole[middle + 8192 :])
    with pytest.raises(StoreError, match="the database is damaged"):
        open_store(path)


def test_processes_that_open_a_fresh_file_at_once_all_succeed(processes, tmp_path):
    together = 6
    for round_ in range(4):
        path = tmp_path / f"{round_}.db"
        barrier, answers = processes.Barrier(together), processes.SimpleQueue()
        openers = [
            processes.Process(target=open_together, args=(path, barrier, answers))
            for _ in range(together)
        ]
        for each in openers:
            each.start()
        assert [answers.get() for _ in openers] == ["ok"] * together
        for each in openers:
            each.join()
        with closing(open_store(path)) as store:
            assert store.integrity_check() == ()
            assert len(store.feeds()) == 1


# --- readers beside the daemon -----------------------------------------------------


def test_a_reader_without_a_database_asks_whether_the_daemon_ran(path):
    with pytest.raises(StoreError, match=r"no database at .*: has the daemon run\?"):
        SqliteStore.open_reader(path)
    assert not path.exists()
    path.touch()
    with pytest.raises(StoreError, match=r"no database at .*: has the daemon run\?"):
        SqliteStore.open_reader(path)


def test_a_reader_sees_what_the_daemon_writes_and_can_write_nothing(store, path):
    contract.tell(store, contract.alert("a", "mail"))
    with closing(SqliteStore.open_reader(path)) as reader:
        assert reader.alerts(9) == store.alerts(9)
        contract.claim(store)
        assert reader.alerts(9) == store.alerts(9)
        with pytest.raises(StoreError, match="it may only be read"):
            reader.ping()
        with store._writing():  # a reader is not held up by a writer
            assert len(reader.feeds()) == 1


def test_a_reader_of_an_older_schema_asks_for_the_daemon(path):
    open_store(path).close()
    with closing(connect(path)) as db:
        db.execute("DELETE FROM _sqlite_migrations")
    with pytest.raises(StoreError, match="an older version's database; start the daemon"):
        SqliteStore.open_reader(path)


# --- locks -------------------------------------------------------------------------


def test_a_short_foreign_lock_is_waited_for(store, path):
    with closing(connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        release = threading.Timer(0.2, other.execute, ["COMMIT"])
        release.start()
        store.ping()
        release.join()


def test_a_long_foreign_lock_is_said_in_plain_words(path):
    with closing(open_store(path, busy_timeout=SHORT)) as store, closing(connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreBusy, match="another process keeps it locked; try again"):
            store.ping()
        assert store.feeds() == ()
        other.execute("COMMIT")
        store.ping()


def test_a_file_locked_for_good_cannot_be_opened_and_says_so(path):
    with closing(connect(path)) as other:
        other.execute("CREATE TABLE theirs (x)")
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreBusy, match="another process keeps it locked"):
            open_store(path, busy_timeout=SHORT)


def test_another_opener_in_the_middle_of_creating_the_file_is_waited_for(path):
    """SQLite itself does not wait when the journal mode is to change under a writer."""
    with closing(connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        release = threading.Timer(0.2, other.execute, ["COMMIT"])
        release.start()
        open_store(path).close()
        release.join()
        other.execute("PRAGMA journal_mode = delete").fetchall()
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreBusy, match="another process keeps it locked"):
            open_store(path, busy_timeout=SHORT)


def test_the_store_can_be_used_by_one_thread_after_another(store):
    worker = threading.Thread(target=contract.follow, args=[store])
    worker.start()
    worker.join()
    assert len(store.feeds()) == 1


# --- a full disk -------------------------------------------------------------------


def test_a_full_disk_costs_nothing_that_was_written(store):
    commit_number(store, 1)
    before = (store.feeds(), store.alerts(9))
    pages = store._db.execute("PRAGMA page_count").fetchone()[0]
    store._db.execute(f"PRAGMA max_page_count = {pages}").fetchall()
    long = contract.alert("long", "mail")
    long = contract.replace(long, article=contract.article("long", text="word " * 9000))
    outcome = contract.poll(the_feed(store), contract.judged(long))
    with pytest.raises(StoreError, match="the disk is full; nothing was written"):
        store.commit(outcome)
    assert (store.feeds(), store.alerts(9)) == before
    assert store.known(long.article.keys) == {}
    store._db.execute("PRAGMA max_page_count = 1000000").fetchall()
    assert store.commit(outcome) is contract.Commit.DONE
    assert store.alerts(1)[0].alert == long
    assert store.integrity_check() == ()


def test_a_poll_that_does_not_fit_on_the_disk_costs_no_other(store):
    commit_number(store, 1)
    pages = store._db.execute("PRAGMA page_count").fetchone()[0]
    store._db.execute(f"PRAGMA max_page_count = {pages}").fetchall()
    long = contract.article("long", text="word " * 9000)
    large = contract.judged(contract.replace(contract.alert("long"), article=long))
    feed = the_feed(store)
    before, after = (contract.poll(feed, polled_at=at(minutes)) for minutes in (1, 2))
    first, failed, last = store.commit_all([before, contract.poll(feed, large), after])
    assert (first, last) == (contract.Commit.DONE, contract.Commit.DONE)
    assert isinstance(failed, StoreError)
    assert the_feed(store).polled_at == at(2)
    assert store.known(long.keys) == {}


# --- written together --------------------------------------------------------------


def statements(store: SqliteStore) -> list[str]:
    """What SQLite is asked from now on."""
    asked: list[str] = []
    store._db.conn.set_trace_callback(asked.append)
    return asked


def test_polls_that_wait_for_the_store_are_written_in_one_transaction(store):
    feeds = contract.follow(store, *(f"https://{number}.example/" for number in range(50)))
    asked = statements(store)

    async def commit_all() -> list[contract.Commit]:
        books, held = StoreThread(store), threading.Event()
        holding = asyncio.create_task(books.ask(held.wait))
        await asyncio.sleep(0)  # the thread has something to do
        waiting = asyncio.gather(*(books.commit(contract.poll(feed)) for feed in feeds))
        await asyncio.sleep(0)
        held.set()
        await holding
        done = await waiting
        books.close()
        return done

    assert set(asyncio.run(commit_all())) == {contract.Commit.DONE}
    assert asked.count("COMMIT") == 1
    assert all(feed.polled_at for feed in store.feeds())


def test_polls_that_end_in_one_turn_are_written_in_one_transaction(store):
    feeds = contract.follow(store, *(f"https://{number}.example/" for number in range(50)))
    asked = statements(store)

    async def commit_all() -> list[contract.Commit]:
        books = StoreThread(store)
        first = asyncio.create_task(books.commit(contract.poll(feeds[0])))
        others = [asyncio.create_task(commit_later(books, feed)) for feed in feeds[1:]]
        done = await asyncio.gather(first, *others)
        books.close()
        return done

    async def commit_later(books: StoreThread[SqliteStore], feed: FeedState) -> contract.Commit:
        spin(0.001)  # the thread could write long before the last of them
        return await books.commit(contract.poll(feed))

    assert set(asyncio.run(commit_all())) == {contract.Commit.DONE}
    assert asked.count("COMMIT") == 1


def test_what_was_to_be_written_when_the_thread_is_closed_is_written(store):
    feed = the_feed(store)

    async def commit_and_close() -> None:
        books = StoreThread(store)
        writing = asyncio.create_task(books.commit(contract.poll(feed)))
        await asyncio.sleep(0)
        writing.cancel()
        books.close()
        books.close()
        with pytest.raises(RuntimeError, match="has ended"):
            await books.commit(contract.poll(feed))

    asyncio.run(commit_and_close())
    assert the_feed(store).polled_at is not None


def never(error: Exception) -> None:
    raise AssertionError from error


def test_what_was_noted_is_known_to_whoever_asks_next_and_written_when_the_thread_is_closed(store):
    feeds = contract.follow(store, "https://a.example/", "https://b.example/")
    first, second = map(contract.unchanged, feeds)

    async def note() -> tuple[FeedState, ...]:
        books = StoreThread(store)
        books.note(first, never)
        due = await books.ask(store.due_feeds, first.polled_at, 9)
        books.note(second, never)
        books.close()
        with pytest.raises(RuntimeError, match="has ended"):
            books.note(second, never)
        return due

    (due,) = asyncio.run(note())
    assert due.id == second.feed_id
    assert [feed.polled_at for feed in store.feeds()] == [first.polled_at, second.polled_at]


def test_what_was_noted_and_is_not_written_is_told_once_and_before_the_next_answer(store):
    feeds = contract.follow(store, *(f"https://{number}.example/" for number in range(3)))
    polls = [contract.unchanged(feed) for feed in feeds]
    bad = contract.replace(polls[1], feed_id="none")
    told: list[Exception] = []

    async def note() -> list[Exception]:
        books = StoreThread(store)
        for one in (polls[0], bad, polls[2]):
            books.note(one, told.append if one is bad else never)
        await books.settle()
        books.close()
        return list(told)

    (error,) = asyncio.run(note())
    assert isinstance(error, Exception)
    assert told == [error]
    written = [feed.polled_at is not None for feed in store.feeds()]
    assert written == [True, False, True]


def test_unchanged_feeds_are_written_at_once_and_what_brings_news_by_itself(store):
    feeds = contract.follow(store, *(f"https://{number}.example/" for number in range(9)))
    polls: list[Polled] = [contract.unchanged(feed) for feed in feeds]
    polls[3] = contract.poll(feeds[3], contract.judged(contract.alert("news")))
    asked = statements(store)
    assert store.commit_all(polls) == (contract.Commit.DONE,) * 9
    assert asked.count("SAVEPOINT apart") == 3  # of 3 feeds, the one, and 5 feeds
    assert sum(one.lstrip().startswith("UPDATE look") for one in asked) == 3
    assert asked.count("COMMIT") == 1


def read_feeds(store: SqliteStore, asked: list[str]) -> int:
    """How many feeds' rows are read to have all that are due, which are all."""
    del asked[:]
    assert store.due_feeds(at(99), 10) == store.feeds()
    return sum("WHERE id = " in one for one in asked)


def test_a_feed_that_is_due_again_is_not_read_again_unless_somebody_wrote_it(store, path):
    feed = the_feed(store)
    asked = statements(store)
    assert [read_feeds(store, asked) for _ in range(2)] == [1, 0]
    store.commit(contract.unchanged(feed))
    assert read_feeds(store, asked) == 0
    store.commit(contract.poll(feed))
    assert [read_feeds(store, asked) for _ in range(2)] == [1, 0]
    with closing(connect(path)) as another:
        another.execute("UPDATE feed SET detail = 'written by another'")
        another.commit()
    assert [read_feeds(store, asked) for _ in range(2)] == [1, 0]


def test_so_many_feeds_are_remembered_and_no_more(store, monkeypatch):
    monkeypatch.setattr(states, "REMEMBERED", 3)
    asked = statements(store)
    contract.follow(store, *(f"https://{number}.example/" for number in range(3)))
    assert [read_feeds(store, asked) for _ in range(3)] == [3, 0, 0]
    contract.follow(store, *(f"https://{number}.example/" for number in range(4)))
    assert [read_feeds(store, asked) for _ in range(3)] == [4, 4, 4]


def test_no_statement_is_parsed_again_for_each_poll(store):
    parsed = []
    store._db.conn.set_authorizer(lambda *what: parsed.append(what) or 0)  # asked while it parses
    for number in range(4):
        del parsed[:]
        store.known(["guid:1", f"guid:{number}"])
        commit_number(store, number)
        store.commit(contract.poll(the_feed(store)))
    assert parsed == []


def test_one_transaction_holds_so_many_articles_at_most(store):
    told = [contract.judged(contract.alert(f"{number}")) for number in range(300)]
    feed = the_feed(store)
    asked = statements(store)

    async def commit_all() -> list[contract.Commit]:
        books, held = StoreThread(store), threading.Event()
        holding = asyncio.create_task(books.ask(held.wait))
        await asyncio.sleep(0)
        polls = (contract.poll(feed, *told[at : at + 30]) for at in range(0, 300, 30))
        waiting = asyncio.gather(*map(books.commit, polls))
        await asyncio.sleep(0)
        held.set()
        await holding
        return await waiting

    assert set(asyncio.run(commit_all())) == {contract.Commit.DONE}
    assert asked.count("COMMIT") == 2  # of 6 polls and of 4, 31 each
    assert MOST_TOGETHER == 200


def test_a_poll_that_waits_for_the_store_raises_its_own_error_and_no_other(store):
    feed, other = contract.follow(store, "https://a.example/", "https://b.example/")
    bad = contract.replace(contract.judged(contract.alert("bad")), claims=(object(),))

    async def commit_all() -> list[object]:
        books = StoreThread(store)
        polls = (contract.poll(feed, bad), contract.poll(other))
        return await asyncio.gather(*map(books.commit, polls), return_exceptions=True)

    failed, done = asyncio.run(commit_all())
    assert isinstance(failed, Exception)
    assert done is contract.Commit.DONE


# --- death in the middle -----------------------------------------------------------


def assert_all_or_nothing(store: SqliteStore, last: int) -> None:
    """Each of the polls up to ``last`` is there whole, and nothing of a later one."""
    assert store.integrity_check() == ()
    assert the_feed(store).validators.etag == f"{last}"
    told = store.alerts(10**6)
    assert [each.alert for each in reversed(told)] == [
        contract.alert(f"{number}", "mail", "slack") for number in range(1, last + 1)
    ]
    assert {len(each.deliveries) for each in told} == {2}
    keys = [f"url:https://example.org/{number}" for number in range(1, last + 2)]
    assert list(store.known(keys)) == keys[:-1]
    assert sum(each.articles for each in store.article_counts()) == last


def test_polls_are_whole_or_absent_however_often_the_process_is_killed(processes, path):
    chance = random.Random(7)
    lost = unacknowledged = last = 0
    for _ in range(40):
        ours, theirs = processes.Pipe(duplex=False)
        child = processes.Process(target=commit_until_killed, args=(path, theirs))
        child.start()
        theirs.close()
        acknowledged = 0
        for _ in range(chance.randint(1, 12)):
            acknowledged = ours.recv()
        spin(chance.uniform(0, 0.003))  # a poll takes about one millisecond: strike anywhere in it
        os.kill(child.pid, signal.SIGKILL)
        child.join()
        acknowledged = last_word(ours, acknowledged)
        with closing(open_store(path)) as store:
            last = int(the_feed(store).validators.etag)
            lost += max(0, acknowledged - last)
            unacknowledged += max(0, last - acknowledged)
            assert last <= acknowledged + 1
            assert_all_or_nothing(store, last)
    print(f"40 kills, {last} polls, lost {lost}, written but not acknowledged {unacknowledged}")
    assert lost == 0


def test_polls_written_together_are_acknowledged_when_they_are_on_the_disk(processes, path):
    chance = random.Random(11)
    together = 0
    for _ in range(20):
        ours, theirs = processes.Pipe(duplex=False)
        child = processes.Process(target=commit_together_until_killed, args=(path, theirs))
        child.start()
        theirs.close()
        acknowledged: dict[int, int] = {}
        for _ in range(chance.randint(TOGETHER, 5 * TOGETHER)):
            acknowledged.update([ours.recv()])
        spin(chance.uniform(0, 0.005))
        os.kill(child.pid, signal.SIGKILL)
        child.join()
        with suppress(EOFError):
            while True:
                acknowledged.update([ours.recv()])
        with closing(open_store(path)) as store:
            assert store.integrity_check() == ()
            feeds = store.feeds()
            for feed in feeds:
                last = int(feed.validators.etag or 0)
                assert last >= acknowledged.get(feed.id, 0)
                keys = [f"url:https://example.org/{feed.id}-{n}" for n in range(1, last + 2)]
                assert list(store.known(keys)) == keys[:-1]
            ahead = [
                int(feed.validators.etag or 0) - acknowledged.get(feed.id, 0) for feed in feeds
            ]
            together = max(together, sum(map(bool, ahead)))
    print(f"20 kills, at most {together} polls written together and not acknowledged, lost 0")


@pytest.mark.parametrize(("step", "passes"), [("together", 4), ("unchanged", 1)])
def test_death_among_polls_that_are_written_together_undoes_all_of_them(path, step, passes):
    environment = os.environ | {"NEWS_MONITOR_FAILPOINTS": f"commit: in transaction=kill@{passes}"}
    child = Path(__file__).with_name("store_child.py")
    done = subprocess.run([sys.executable, child, path, step], env=environment, check=False)
    assert done.returncode == -signal.SIGKILL
    with closing(open_store(path)) as store:
        assert [feed.polled_at for feed in store.feeds()] == [None] * TOGETHER
        assert sum(each.articles for each in store.article_counts()) == 0


def spin(seconds: float) -> None:
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass


def last_word(pipe, word: int) -> int:
    """The last that a dead process said, if it said more than ``word``."""
    while True:
        try:
            word = pipe.recv()
        except EOFError:
            return word


@pytest.mark.parametrize(
    ("step", "failpoint", "sending", "sent"),
    [
        ("commit", "commit: in transaction", 0, 0),
        ("claim", "claim: in transaction", 3, 0),
        ("record", "record: in transaction", 1, 3),
    ],
)
def test_death_at_a_failpoint_undoes_the_transaction(path, step, failpoint, sending, sent):
    environment = os.environ | {"NEWS_MONITOR_FAILPOINTS": f"{failpoint}=kill@4"}
    child = Path(__file__).with_name("store_child.py")
    done = subprocess.run([sys.executable, child, path, step], env=environment, check=False)
    assert done.returncode == -signal.SIGKILL
    with closing(open_store(path)) as store:
        assert_all_or_nothing(store, 3 if step == "commit" else 4)
        states = [each.state for told in store.alerts(9) for each in told.deliveries]
        assert states.count(DeliveryState.SENDING) == sending
        assert states.count(DeliveryState.SENT) == sent


# --- speed that does not wear off --------------------------------------------------


def test_what_is_asked_often_is_answered_from_an_index(store):
    contract.tell(store, contract.alert("a", "mail", "slack"))
    asked: list[str] = []
    store._db.conn.set_trace_callback(asked.append)
    store.due_feeds(at(), 10)
    store.known(["guid:1", "guid:2"])
    mail, slack = contract.claim(store)
    told = ToldMessage(at(), mail.alert.key, "mail")
    store.record(mail.id, contract.Sent(at=at()), None, told)
    store.record(slack.id, contract.BUSY)
    store.release_claims(at())
    store.commit(contract.poll(the_feed(store), contract.judged(contract.alert("b", "mail"))))
    hour = timedelta(hours=1)
    store.past(Question(rules={"algeria-us-arms": hour}, destinations={"mail": hour}, now=at()))
    store.digests_due(at())
    store.before([1])
    store.alert_number("nm-7K2QM9XA")
    store._db.conn.set_trace_callback(None)
    plans = {
        sql: [row["detail"] for row in store._db.execute(f"EXPLAIN QUERY PLAN {sql}")]
        for sql in asked
        if sql.split()[0] in {"SELECT", "UPDATE", "WITH"}
        and "WHERE position IS NOT NULL ORDER BY position" not in sql
    }
    assert len(plans) > 10
    steps = [(sql, step) for sql, plan in plans.items() for step in plan]
    for index in (
        "delivery_open",
        "look_due",
        "host_waits",
        "alert_rule",
        "delivery_digest",
        "delivery_public",
        "delivery_told",
        "delivery_told_by",
        "silence_until",
        "sqlite_autoindex_alert_1",
    ):
        assert any(index in step for _, step in steps), index
    harmless = ("SCAN lane", "SCAN CONSTANT ROW", "SCAN delivery USING INDEX delivery_open")
    scans = [each for each in steps if "SCAN" in each[1] and not each[1].startswith(harmless)]
    # For a clock that was set back: each poll would pay for an index.
    assert [step for sql, step in scans if "polled_at >" not in sql] == []
    assert [step for _, step in scans] == ["SCAN look USING INDEX look_due"]
    assert [each for each in steps if "LIMIT" in each[0] and "TEMP B-TREE" in each[1]] == []


# --- databases of earlier versions -------------------------------------------------


def old_database(path: Path, last_step: str) -> pysqlite3.Connection:
    """A database as a version that knew no step after that one left it."""
    steps = list(migrations._STEPS)
    following = steps[steps.index(last_step) + 1]
    db = connection._connect(path, "rwc", SHORT)
    migrations.MIGRATIONS.apply(db, stop_before=following)
    db.execute(f"PRAGMA application_id = {connection.APPLICATION_ID}")
    return db


def test_a_database_of_the_first_version_is_brought_up_to_date_with_all_it_knows(path):
    with closing(old_database(path, "0001 first tables")) as db:
        db.execute(
            "INSERT INTO feed (url, position, name, publisher, tags, interval_seconds, etag,"
            " next_check_at, polled_at, first_read_at, failures, reason, detail)"
            " VALUES ('https://Example.org:8080/rss', 0, 'E', 'example.org', '[]', 600, '\"v1\"',"
            " '2026-03-07T10:15:00.000000Z', '2026-03-07T10:00:00.000000Z',"
            " '2026-03-07T09:00:00.000000Z', 3, 'timeout', 'no answer')"
        )
    with closing(open_store(path)) as store:
        (feed,) = store.feeds()
        assert feed == contract.FeedState(
            id=1,
            source=contract.FeedSource(
                url="https://Example.org:8080/rss",
                name="E",
                publisher="example.org",
                interval=timedelta(minutes=10),
            ),
            validators=contract.Validators(etag='"v1"'),
            next_check_at=at(),
            polled_at=at(-15),
            first_read_at=at(-75),
            failures=3,
            reason=contract.FailureReason.TIMEOUT,
            detail="no answer",
            route=contract.Route(host="example.org:8080"),
            health=contract.FeedHealth.FAILING,
        )
        assert store.due_feeds(at(), 10) == (feed,)
        assert store.integrity_check() == ()


def test_looks_that_were_written_as_text_are_the_same_instants_as_numbers(path):
    last = "2026-03-07T10:15:59.999999Z"
    with closing(old_database(path, "0031 looks")) as db:
        for number, (polled, succeeded) in enumerate([(None, None), (last, None), (last, last)]):
            db.execute(
                "INSERT INTO feed (id, url, position, name, publisher, tags, interval_seconds)"
                f" VALUES ({number + 1}, 'https://a.example/{number}', {number}, '', '', '[]', 900)"
            )
            db.execute(
                "INSERT INTO look (feed_id, polled_at, succeeded_at, next_check_at)"
                " VALUES (?, ?, ?, '2026-03-07T10:30:00.000001Z')",
                [number + 1, polled, succeeded],
            )
    instant = at() + timedelta(seconds=59, microseconds=999_999)
    due_at = at(15) + timedelta(microseconds=1)
    with closing(open_store(path)) as store:
        assert [(one.polled_at, one.succeeded_at, one.next_check_at) for one in store.feeds()] == [
            (None, None, due_at),
            (instant, None, due_at),
            (instant, instant, due_at),
        ]
        assert store.last_write() == instant
        assert store.integrity_check() == ()


def test_deliveries_of_a_version_that_knew_no_plans_are_kept(path):
    when = "2026-03-07T10:15:00.000000Z"
    with closing(old_database(path, "0011 pages")) as db:
        db.execute(
            "INSERT INTO article (id, stored_at, keys, guid, url, title, text, author, categories,"
            " feed_url, feed_name, publisher, tags)"
            f" VALUES (1, '{when}', '[]', '', '', 'T', '', '', '[]', '', '', '', '[]')"
        )
        for number, rule in enumerate(("arms", "operator", "test-notify"), 1):
            db.execute(
                "INSERT INTO match (id, article_id, rule_id, rule_version, rule_title, severity,"
                " relevance, is_weak, evidence) VALUES (?, 1, ?, '1', '', 'high', 1.0, 0, '[]')",
                [number, rule],
            )
            db.execute(
                f"INSERT INTO alert (id, key, match_id, created_at) VALUES (?, ?, ?, '{when}')",
                [number, rule, number],
            )
        db.execute(
            "INSERT INTO delivery (id, public_id, alert_id, destination, state, attempts,"
            " created_at, sent_at, reason, detail) VALUES (7, 'nm-X', 1, 'mail', 'sent', 2,"
            f" '{when}', '{when}', 'timeout', 'slow')"
        )
    with closing(open_store(path)) as store:
        kinds = [(one.alert.kind, one.alert.match.rule_id) for one in store.alerts(9)]
        assert kinds == [("test", "test-notify"), ("notice", "operator"), ("article", "arms")]
        (sent,) = store.alerts(9)[2].deliveries
        assert (sent.id, sent.public_id, sent.state, sent.attempts) == (7, "nm-X", "sent", 2)
        assert (sent.sent_at, sent.reason, sent.detail) == (at(), "timeout", "slow")
        assert (sent.plan_reason, sent.told_by) == (None, None)
        assert store._db.execute("SELECT urgency FROM delivery").fetchall()[0]["urgency"] == 1
        hour = timedelta(hours=1)
        past = store.past(Question(rules={"arms": hour}, destinations={"mail": hour}, now=at(1)))
        assert (len(past.told), past.at_once["arms"]) == (1, (at(),))
        assert store.integrity_check() == ()


def test_an_old_database_ends_with_the_schema_of_a_new_one(path, tmp_path):
    def schema(at_path: Path) -> set[str]:
        with closing(connect(at_path)) as db:
            return {sql for (sql,) in db.execute("SELECT sql FROM sqlite_schema") if sql}

    old = tmp_path / "old.db"
    old_database(old, "0001 first tables").close()
    open_store(old).close()
    open_store(path).close()
    assert schema(old) == schema(path)
