"""Data: the schema, as the steps that lead to it; a step that was released is never edited.

What the tables hold, in the order in which a poll fills them::

    feed ─< article ─< match ─< alert ─< delivery        event   (the operator's log)
               └──< article_key                          pulse   (proof of writing)
    host   (those that want to be left alone for a while)      notice  (how far it was told)
    lane   (where each destination's queue stands)        silence (rules nobody wants to hear)
                                                          told    (after a restore)

Instants are text, UTC, of one width (``2026-03-07T10:15:00.000000Z``), so that their order
as text is their order in time. Lists are JSON text. A step that adds a reason or a state to
``models`` rebuilds the table whose CHECK names them.
"""

from __future__ import annotations

from sqlite_utils import Database, Migrations

from monitor.models import host_of

MIGRATIONS = Migrations("news-monitor")

_FIRST = """
CREATE TABLE feed (
    id INTEGER PRIMARY KEY,
    url TEXT NOT NULL UNIQUE,
    position INTEGER,  -- its place in the configuration; NULL: no longer followed
    name TEXT NOT NULL,
    publisher TEXT NOT NULL,
    language TEXT,
    tags TEXT NOT NULL,
    interval_seconds REAL NOT NULL,
    etag TEXT,
    last_modified TEXT,
    body_hash TEXT,
    next_check_at TEXT NOT NULL,
    polled_at TEXT,
    first_read_at TEXT,
    succeeded_at TEXT,
    new_article_at TEXT,
    failures INTEGER NOT NULL DEFAULT 0,
    reason TEXT CHECK (reason IN (
        'timeout', 'unreachable', 'tls', 'forbidden address', 'forbidden scheme', 'too large',
        'too many redirects', 'http status', 'bad encoding', 'not a feed', 'hostile')),
    detail TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX feed_due ON feed (next_check_at, position) WHERE position IS NOT NULL;

CREATE TABLE article (
    id INTEGER PRIMARY KEY,
    feed_id INTEGER REFERENCES feed (id),  -- NULL: a test message's
    stored_at TEXT NOT NULL,
    keys TEXT NOT NULL,
    guid TEXT NOT NULL,
    url TEXT NOT NULL,
    title TEXT NOT NULL,
    text TEXT NOT NULL,
    author TEXT NOT NULL,
    categories TEXT NOT NULL,
    language TEXT,
    published_at TEXT,
    feed_url TEXT NOT NULL,
    feed_name TEXT NOT NULL,
    publisher TEXT NOT NULL,
    tags TEXT NOT NULL
) STRICT;
CREATE INDEX article_feed ON article (feed_id, stored_at);
CREATE INDEX article_url ON article (url);

CREATE TABLE article_key (
    key TEXT PRIMARY KEY,
    article_id INTEGER NOT NULL REFERENCES article (id)
) STRICT, WITHOUT ROWID;

CREATE TABLE match (
    id INTEGER PRIMARY KEY,
    article_id INTEGER NOT NULL REFERENCES article (id),
    rule_id TEXT NOT NULL,
    rule_version TEXT NOT NULL,
    rule_title TEXT NOT NULL,
    severity TEXT NOT NULL CHECK (severity IN ('low', 'normal', 'high', 'critical')),
    relevance REAL NOT NULL,
    is_weak INTEGER NOT NULL CHECK (is_weak IN (0, 1)),
    notify TEXT,  -- NULL: every destination
    evidence TEXT NOT NULL
) STRICT;
CREATE INDEX match_article ON match (article_id);
CREATE INDEX match_rule ON match (rule_id);

CREATE TABLE alert (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    match_id INTEGER NOT NULL REFERENCES match (id),
    created_at TEXT NOT NULL
) STRICT;
CREATE INDEX alert_match ON alert (match_id);

CREATE TABLE delivery (
    id INTEGER PRIMARY KEY,
    public_id TEXT NOT NULL,
    alert_id INTEGER NOT NULL REFERENCES alert (id),
    destination TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'sending', 'sent', 'dead')),
    attempts INTEGER NOT NULL DEFAULT 0,
    created_at TEXT NOT NULL,
    next_attempt_at TEXT,  -- while it is sending: when its claim runs out
    sent_at TEXT,
    dead_at TEXT,
    reason TEXT CHECK (reason IN (
        'refused', 'timeout', 'crashed', 'interrupted', 'no such destination', 'expired')),
    detail TEXT NOT NULL DEFAULT '',
    UNIQUE (alert_id, destination),
    CHECK ((state IN ('pending', 'sending')) = (next_attempt_at IS NOT NULL)),
    CHECK ((state = 'sent') = (sent_at IS NOT NULL)),
    CHECK ((state = 'dead') = (dead_at IS NOT NULL))
) STRICT;
CREATE INDEX delivery_open ON delivery (destination, created_at, id, next_attempt_at)
    WHERE next_attempt_at IS NOT NULL;

CREATE TABLE event (
    id INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL
) STRICT;
CREATE INDEX event_kind ON event (kind);

CREATE TABLE pulse (beats INTEGER NOT NULL) STRICT;
INSERT INTO pulse (beats) VALUES (0);
"""


def _first_tables(db: Database) -> None:
    db.executescript(_FIRST)


def _edited_articles(db: Database) -> None:
    """What tells an edit, and the key that an article's alerts go by; "" for older articles."""
    for column in ("content_hash", "identity"):
        db.execute(f"ALTER TABLE article ADD COLUMN {column} TEXT NOT NULL DEFAULT ''")


_SCHEDULE = """
ALTER TABLE feed ADD COLUMN has_own_interval INTEGER NOT NULL DEFAULT 0
    CHECK (has_own_interval IN (0, 1));
ALTER TABLE feed ADD COLUMN pace TEXT NOT NULL DEFAULT 'interval' CHECK (pace IN (
    'interval', 'publishes rarely', 'entries roll off', 'max-age', 'Expires', 'ttl',
    'sy:updatePeriod', 'skipHours and skipDays', 'backing off', 'Retry-After', 'quarantine'));
ALTER TABLE feed ADD COLUMN hints TEXT NOT NULL DEFAULT '{}';
"""


def _schedule(db: Database) -> None:
    db.executescript(_SCHEDULE)


_HOSTS = """
ALTER TABLE feed ADD COLUMN host TEXT NOT NULL DEFAULT '';
ALTER TABLE feed ADD COLUMN end_host TEXT NOT NULL DEFAULT '';
DROP INDEX feed_due;
CREATE INDEX feed_due ON feed (next_check_at, position, host, end_host)
    WHERE position IS NOT NULL;
CREATE INDEX feed_polled ON feed (polled_at, position, host, end_host)
    WHERE position IS NOT NULL;

CREATE TABLE host (  -- one that wants to be left alone
    host TEXT PRIMARY KEY,
    waits_until TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX host_waits ON host (waits_until);
"""


def _hosts(db: Database) -> None:
    db.executescript(_HOSTS)
    for feed_id, url in db.execute("SELECT id, url FROM feed").fetchall():
        db.execute("UPDATE feed SET host = ? WHERE id = ?", [host_of(url), feed_id])


_MOVES = """
ALTER TABLE feed ADD COLUMN address TEXT;  -- where it has moved for good
ALTER TABLE feed ADD COLUMN moved_to TEXT NOT NULL DEFAULT '';
ALTER TABLE feed ADD COLUMN moved_since TEXT;
ALTER TABLE feed ADD COLUMN moved_polls INTEGER NOT NULL DEFAULT 0;
ALTER TABLE feed ADD COLUMN gone_at TEXT;
DROP INDEX feed_due;
DROP INDEX feed_polled;
CREATE INDEX feed_due ON feed (next_check_at, position, host, end_host)
    WHERE position IS NOT NULL AND gone_at IS NULL;
CREATE INDEX feed_polled ON feed (polled_at, position, host, end_host)
    WHERE position IS NOT NULL AND gone_at IS NULL;
"""


def _moves(db: Database) -> None:
    db.executescript(_MOVES)


_HEALTH = """
ALTER TABLE feed ADD COLUMN health TEXT NOT NULL DEFAULT 'not polled yet' CHECK (health IN (
    'not polled yet', 'ok', 'overflowing', 'frozen', 'failing', 'not a feed', 'quarantined',
    'gone'));
ALTER TABLE feed ADD COLUMN rhythm TEXT NOT NULL DEFAULT '{}';
ALTER TABLE feed ADD COLUMN deaths INTEGER NOT NULL DEFAULT 0;
UPDATE feed SET health = CASE WHEN reason IS NULL THEN 'ok' ELSE 'failing' END
    WHERE polled_at IS NOT NULL;
"""


def _health(db: Database) -> None:
    db.executescript(_HEALTH)


_PAGES = """
ALTER TABLE feed ADD COLUMN full_text TEXT NOT NULL DEFAULT 'never'
    CHECK (full_text IN ('never', 'auto', 'always'));
ALTER TABLE feed ADD COLUMN pages_read INTEGER NOT NULL DEFAULT 0;
ALTER TABLE feed ADD COLUMN pages_failed INTEGER NOT NULL DEFAULT 0;
"""


def _pages(db: Database) -> None:
    db.executescript(_PAGES)


_NOTICES = """
CREATE TABLE notice (upto INTEGER NOT NULL) STRICT;  -- the last event that the operator was told
INSERT INTO notice (upto) SELECT coalesce(max(id), 0) FROM event;
"""


def _notices(db: Database) -> None:
    db.executescript(_NOTICES)


_FINGERPRINTS = """
ALTER TABLE feed ADD COLUMN fingerprints BLOB NOT NULL DEFAULT x'';  -- of its last entries
"""


def _fingerprints(db: Database) -> None:
    db.executescript(_FINGERPRINTS)


_PLANS = """
ALTER TABLE alert ADD COLUMN kind TEXT NOT NULL DEFAULT 'article' CHECK (kind IN (
    'article', 'update', 'digest', 'escalation', 'notice', 'test'));
ALTER TABLE alert ADD COLUMN note TEXT NOT NULL DEFAULT '';
ALTER TABLE alert ADD COLUMN rule_id TEXT NOT NULL DEFAULT '';  -- its match's, for the index
ALTER TABLE alert ADD COLUMN acknowledged_at TEXT;
ALTER TABLE alert ADD COLUMN acknowledged_by TEXT NOT NULL DEFAULT '';
UPDATE alert SET
    rule_id = (SELECT rule_id FROM match WHERE match.id = match_id),
    kind = coalesce((SELECT CASE rule_id WHEN 'operator' THEN 'notice' WHEN 'test-notify' THEN 'test'
                     END FROM match WHERE match.id = match_id), 'article');
CREATE INDEX alert_rule ON alert (rule_id, created_at);

CREATE TABLE planned_delivery (
    id INTEGER PRIMARY KEY,
    public_id TEXT NOT NULL,
    alert_id INTEGER NOT NULL REFERENCES alert (id),
    destination TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN (
        'pending', 'sending', 'sent', 'dead', 'held', 'covered')),
    attempts INTEGER NOT NULL DEFAULT 0,
    created_at TEXT NOT NULL,
    next_attempt_at TEXT,  -- while it is sending: when its claim runs out
    sent_at TEXT,
    dead_at TEXT,
    reason TEXT CHECK (reason IN (
        'refused', 'timeout', 'crashed', 'interrupted', 'no such destination', 'expired')),
    detail TEXT NOT NULL DEFAULT '',
    plan_reason TEXT CHECK (plan_reason IN (
        'quiet hours', 'throttled', 'digest', 'weak match', 'experimental rule', 'same story',
        'silenced', 'routed elsewhere', 'escalation', 'acknowledged', 'update')),
    plan_detail TEXT NOT NULL DEFAULT '',
    digest_at TEXT,  -- of what is held: when its digest is due; NULL: not known yet
    told_by INTEGER REFERENCES delivery (id),  -- of what is covered: by which other
    answer TEXT NOT NULL DEFAULT '',  -- of what was sent: who accepted it
    UNIQUE (alert_id, destination),
    CHECK ((state IN ('pending', 'sending')) = (next_attempt_at IS NOT NULL)),
    CHECK ((state = 'sent') = (sent_at IS NOT NULL)),
    CHECK ((state = 'dead') = (dead_at IS NOT NULL)),
    CHECK (state NOT IN ('held', 'covered') OR plan_reason IS NOT NULL)
) STRICT;
INSERT INTO planned_delivery (id, public_id, alert_id, destination, state, attempts, created_at,
        next_attempt_at, sent_at, dead_at, reason, detail)
    SELECT id, public_id, alert_id, destination, state, attempts, created_at,
        next_attempt_at, sent_at, dead_at, reason, detail FROM delivery;
DROP TABLE delivery;
ALTER TABLE planned_delivery RENAME TO delivery;
CREATE INDEX delivery_open ON delivery (destination, created_at, id, next_attempt_at)
    WHERE next_attempt_at IS NOT NULL;
CREATE INDEX delivery_digest ON delivery (digest_at, destination)
    WHERE state = 'held' AND digest_at IS NOT NULL;
CREATE INDEX delivery_waiting ON delivery (destination) WHERE state = 'held' AND digest_at IS NULL;
CREATE INDEX delivery_told ON delivery (destination, created_at)
    WHERE state NOT IN ('held', 'covered');
CREATE INDEX delivery_public ON delivery (public_id);
CREATE INDEX delivery_told_by ON delivery (told_by) WHERE told_by IS NOT NULL;

CREATE TABLE silence (
    id INTEGER PRIMARY KEY,
    rule_id TEXT NOT NULL,
    created_at TEXT NOT NULL,
    until TEXT NOT NULL,
    reason TEXT NOT NULL,
    ended_at TEXT
) STRICT;
CREATE INDEX silence_until ON silence (until);
"""


def _plans(db: Database) -> None:
    """Why a delivery waits, or is told of by another."""
    db.executescript(_PLANS)


_LANES = """
CREATE TABLE lane (  -- what a destination's queue remembers from one attempt to the next
    destination TEXT PRIMARY KEY,
    paid_until TEXT,
    failures INTEGER NOT NULL DEFAULT 0,
    suspect INTEGER,  -- the delivery that failed last, while another is tried
    opens_at TEXT,
    told TEXT NOT NULL DEFAULT '' CHECK (told IN ('', 'failing', 'given up'))
) STRICT, WITHOUT ROWID;

ALTER TABLE delivery ADD COLUMN urgency INTEGER NOT NULL DEFAULT 0;
ALTER TABLE delivery ADD COLUMN is_uncertain INTEGER NOT NULL DEFAULT 0
    CHECK (is_uncertain IN (0, 1));
UPDATE delivery SET urgency = (
    SELECT CASE severity WHEN 'critical' THEN 2 WHEN 'high' THEN 1 ELSE 0 END
    FROM alert JOIN match ON match.id = alert.match_id WHERE alert.id = delivery.alert_id);
DROP INDEX delivery_open;
CREATE INDEX delivery_open
    ON delivery (destination, urgency DESC, created_at, id, next_attempt_at, attempts)
    WHERE next_attempt_at IS NOT NULL;
CREATE INDEX delivery_dead ON delivery (destination) WHERE dead_at IS NOT NULL;

CREATE TABLE told (  -- what a database that was lost since this backup is known to have sent
    alert_key TEXT NOT NULL,
    destination TEXT NOT NULL,
    sent_at TEXT NOT NULL,
    PRIMARY KEY (alert_key, destination)
) STRICT, WITHOUT ROWID;
"""


def _lanes(db: Database) -> None:
    db.executescript(_LANES)
    _widen_check(db, "delivery", "'expired'", "'expired', 'dropped', 'slow down'")


def _widen_check(db: Database, table: str, old: str, new: str) -> None:
    """Let a CHECK allow more, without a copy of the table.

    What is on disk is valid for both. Source: https://sqlite.org/lang_altertable.html#otheralter,
    the procedure for changes that do not affect content.
    """
    find = "SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?"
    sql = db.execute(find, [table]).fetchone()[0]
    assert sql.count(old) == 1, f"the CHECK of {table} is not as expected"
    version = db.execute("PRAGMA schema_version").fetchone()[0]
    db.execute("PRAGMA writable_schema = ON")
    db.execute(
        "UPDATE sqlite_schema SET sql = ? WHERE type = 'table' AND name = ?",
        [sql.replace(old, new), table],
    )
    db.execute(f"PRAGMA schema_version = {version + 1}")
    db.execute("PRAGMA writable_schema = OFF")


_LOOKS = """
CREATE TABLE look (  -- what every poll writes; small, so that it touches few pages of the file
    feed_id INTEGER PRIMARY KEY REFERENCES feed (id),
    polled_at TEXT,
    succeeded_at TEXT,
    next_check_at TEXT NOT NULL
) STRICT;
CREATE INDEX look_due ON look (next_check_at);
INSERT INTO look (feed_id, polled_at, succeeded_at, next_check_at)
    SELECT id, polled_at, succeeded_at, next_check_at FROM feed;
DROP INDEX feed_due;
DROP INDEX feed_polled;
ALTER TABLE feed DROP COLUMN polled_at;
ALTER TABLE feed DROP COLUMN succeeded_at;
ALTER TABLE feed DROP COLUMN next_check_at;
"""


def _looks(db: Database) -> None:
    db.executescript(_LOOKS)


_LOOKS_IN_NUMBERS = """
CREATE TABLE smaller_look (  -- instants as microseconds since 1970, a quarter of their text
    feed_id INTEGER PRIMARY KEY REFERENCES feed (id),
    polled_at INTEGER,
    succeeded_at INTEGER,
    next_check_at INTEGER NOT NULL
) STRICT;
INSERT INTO smaller_look (feed_id, polled_at, succeeded_at, next_check_at)
    SELECT feed_id,
        unixepoch(substr(polled_at, 1, 19)) * 1000000 + substr(polled_at, 21, 6),
        unixepoch(substr(succeeded_at, 1, 19)) * 1000000 + substr(succeeded_at, 21, 6),
        unixepoch(substr(next_check_at, 1, 19)) * 1000000 + substr(next_check_at, 21, 6)
    FROM look ORDER BY feed_id;
DROP TABLE look;
ALTER TABLE smaller_look RENAME TO look;
CREATE INDEX look_due ON look (next_check_at);
"""


def _looks_in_numbers(db: Database) -> None:
    db.executescript(_LOOKS_IN_NUMBERS)


_STEPS = {
    "0001 first tables": _first_tables,
    "0002 schedule": _schedule,
    "0003 hosts": _hosts,
    "0004 moves": _moves,
    "0005 health": _health,
    "0006 notices": _notices,
    "0010 edited articles": _edited_articles,
    "0011 pages": _pages,
    "0012 fingerprints": _fingerprints,
    "0020 plans": _plans,
    "0030 lanes": _lanes,
    "0031 looks": _looks,
    "0032 looks in numbers": _looks_in_numbers,
}
for _name, _step in _STEPS.items():
    MIGRATIONS(name=_name)(_step)


def unknown_steps(db: Database) -> tuple[str, ...]:
    """The steps that this file has taken and this version does not know."""
    return tuple(step.name for step in MIGRATIONS.applied(db) if step.name not in _STEPS)
