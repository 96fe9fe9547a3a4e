-- Version 9 of the catalog: how the files that a store gets keep the text of records, 'plain' or 'derived'. Each file tells
-- by its columns which of the two it is.
ALTER TABLE stores ADD COLUMN eventjson TEXT NOT NULL DEFAULT 'plain';
