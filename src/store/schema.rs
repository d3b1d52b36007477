//! The tables, as steps from one version to the next. A step is never changed once it was shipped.

/// Marks a file as ours: `vari`.
pub(super) const APPLICATION_ID: i64 = 0x7661_7269;

/// Each step brings the file from the version of its index to the next.
pub(super) const STEPS: [&str; 3] = [FIRST, SECOND, MONTHS];

/// `daily` holds one record per symbol and session, a row for each field of it. Symbols, fields, sources and methods are
/// spelled once, in `name`; sessions are days since 1970, moments milliseconds. Implied volatility has the number 1, for
/// the index over the series that ranks are made of.
const FIRST: &str = "
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE name (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT;
INSERT INTO name VALUES (1, 'iv');

CREATE TABLE daily (
    symbol INTEGER NOT NULL, session INTEGER NOT NULL, field INTEGER NOT NULL,
    value REAL NOT NULL, source INTEGER NOT NULL, method INTEGER NOT NULL, as_of INTEGER NOT NULL,
    PRIMARY KEY (symbol, session, field)
) STRICT, WITHOUT ROWID;
CREATE INDEX iv_past ON daily (symbol, session, value, method) WHERE field = 1;

CREATE TABLE event (
    streamer TEXT NOT NULL, type TEXT NOT NULL, symbol TEXT NOT NULL, at INTEGER NOT NULL, event TEXT NOT NULL,
    PRIMARY KEY (streamer, type)
) STRICT, WITHOUT ROWID;
CREATE INDEX event_symbol ON event (symbol);

CREATE TABLE series (
    candle_symbol TEXT PRIMARY KEY, id INTEGER NOT NULL UNIQUE, symbol TEXT NOT NULL, at INTEGER NOT NULL,
    cut INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX series_symbol ON series (symbol);
CREATE TABLE bar (
    series INTEGER NOT NULL, time INTEGER NOT NULL, open REAL, high REAL, low REAL, close REAL, volume REAL,
    PRIMARY KEY (series, time)
) STRICT, WITHOUT ROWID;

CREATE TABLE listing (
    contract TEXT PRIMARY KEY, root TEXT NOT NULL, streamer TEXT NOT NULL, active INTEGER NOT NULL,
    active_month INTEGER NOT NULL, next_active_month INTEGER NOT NULL, closing_only INTEGER NOT NULL,
    expiration INTEGER NOT NULL, expires_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX listing_root ON listing (root);
CREATE TABLE listed (symbol TEXT PRIMARY KEY, day INTEGER NOT NULL) STRICT, WITHOUT ROWID;
";

/// Since when a series was asked for, which is unknown of those kept before; and the options listed on a day.
const SECOND: &str = "
ALTER TABLE series ADD COLUMN since INTEGER;
CREATE TABLE chain (symbol TEXT PRIMARY KEY, day INTEGER NOT NULL, list TEXT NOT NULL) STRICT, WITHOUT ROWID;
";

/// The months a contract's product is traded in, and what each root stood for from which day to which.
const MONTHS: &str = "
ALTER TABLE listing ADD COLUMN months TEXT NOT NULL DEFAULT '';
CREATE TABLE stood_for (
    root TEXT NOT NULL, contract TEXT NOT NULL, first_day INTEGER NOT NULL, last_day INTEGER NOT NULL,
    PRIMARY KEY (root, contract)
) STRICT, WITHOUT ROWID;
";
