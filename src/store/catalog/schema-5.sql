-- Version 5 of the catalog: data files are merged, so what an import stored is noted with the import.
ALTER TABLE data_files ADD COLUMN sha256 TEXT;    -- of the file, in hexadecimal digits; NULL for files of before
ALTER TABLE imports ADD COLUMN stored INTEGER NOT NULL DEFAULT 0; -- events in the data files it wrote
UPDATE imports SET stored =
    (SELECT coalesce(sum(rows), 0) FROM data_files WHERE import_id = imports.id);
