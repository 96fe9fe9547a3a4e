-- Version 8 of the catalog: the ids that a store has beside its own, such as those of event data stores at AWS whose
-- queries it answers.
CREATE TABLE store_ids (
    id       TEXT PRIMARY KEY, -- lower case
    store_id TEXT NOT NULL REFERENCES stores (id)
) STRICT, WITHOUT ROWID;
