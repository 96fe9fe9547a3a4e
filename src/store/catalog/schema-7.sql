-- Version 7 of the catalog: what a store is fed from for as long as it is watched.
CREATE TABLE watched_sources (
    store_id TEXT NOT NULL REFERENCES stores (id),
    location TEXT NOT NULL,    -- absolute path of a folder or file, or s3://bucket/prefix
    wish     TEXT NOT NULL,    -- JSON object: which files are wanted, how buckets are reached
    added_at INTEGER NOT NULL,
    PRIMARY KEY (store_id, location)
) STRICT, WITHOUT ROWID;
