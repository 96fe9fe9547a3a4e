-- The catalog of a lake, version 1. Times are milliseconds since 1970 UTC.
CREATE TABLE stores (
    id             TEXT PRIMARY KEY,
    name           TEXT NOT NULL UNIQUE COLLATE NOCASE,
    format         TEXT NOT NULL,
    retention_days INTEGER,
    created_at     INTEGER NOT NULL
) STRICT;

CREATE TABLE imports (
    id          TEXT PRIMARY KEY,
    store_id    TEXT NOT NULL REFERENCES stores (id),
    status      TEXT NOT NULL, -- IN_PROGRESS, COMPLETED, FAILED, STOPPED
    started_at  INTEGER NOT NULL,
    finished_at INTEGER,
    paths       TEXT NOT NULL, -- JSON array, as typed
    report      TEXT           -- JSON object, once the import has ended
) STRICT;

CREATE TABLE import_failures (
    import_id     TEXT NOT NULL REFERENCES imports (id),
    location      TEXT NOT NULL,
    position      INTEGER,      -- byte in the unpacked source
    error_type    TEXT NOT NULL,
    error_message TEXT NOT NULL,
    record        BLOB          -- the bytes that were rejected
) STRICT;
CREATE INDEX import_failures_by_import ON import_failures (import_id);

-- Files that were imported to their end, so that they need not be read again.
CREATE TABLE sources (
    store_id       TEXT NOT NULL REFERENCES stores (id),
    location       TEXT NOT NULL,
    bytes          INTEGER NOT NULL,
    modified_nanos INTEGER NOT NULL,
    import_id      TEXT NOT NULL REFERENCES imports (id),
    PRIMARY KEY (store_id, location)
) STRICT, WITHOUT ROWID;

-- A data file exists when it is listed here.
CREATE TABLE data_files (
    store_id  TEXT NOT NULL REFERENCES stores (id),
    path      TEXT NOT NULL,    -- relative to the store's folder
    format    TEXT NOT NULL,
    day       TEXT,             -- UTC day of its events, NULL for events without a time
    rows      INTEGER NOT NULL,
    bytes     INTEGER NOT NULL,
    json_bytes INTEGER NOT NULL,
    min_time  INTEGER,
    max_time  INTEGER,
    import_id TEXT NOT NULL REFERENCES imports (id),
    PRIMARY KEY (store_id, path)
) STRICT, WITHOUT ROWID;
CREATE INDEX data_files_by_day ON data_files (store_id, day);
