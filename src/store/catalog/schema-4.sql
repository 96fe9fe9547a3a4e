-- Version 4 of the catalog: the life of a store. One without a row is ENABLED and not protected.
CREATE TABLE store_lives (
    store_id               TEXT PRIMARY KEY REFERENCES stores (id),
    status                 TEXT NOT NULL,    -- ENABLED, STOPPED_INGESTION, PENDING_DELETION
    termination_protection INTEGER NOT NULL, -- 0 or 1
    deleted_at             INTEGER           -- when the deletion was asked for, while it is pending
) STRICT;

CREATE TABLE store_tags (
    store_id TEXT NOT NULL REFERENCES stores (id),
    key      TEXT NOT NULL,
    value    TEXT NOT NULL,
    PRIMARY KEY (store_id, key)
) STRICT, WITHOUT ROWID;
