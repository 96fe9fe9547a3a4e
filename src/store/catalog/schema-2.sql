-- Version 2 of the catalog: files that failed, so that their failure can be accepted.
CREATE TABLE failed_sources (
    store_id       TEXT NOT NULL REFERENCES stores (id),
    location       TEXT NOT NULL,
    bytes          INTEGER NOT NULL,
    modified_nanos INTEGER NOT NULL,
    import_id      TEXT NOT NULL REFERENCES imports (id),
    accepted_at    INTEGER,    -- NULL until the user says that the failure is known
    PRIMARY KEY (store_id, location)
) STRICT, WITHOUT ROWID;
