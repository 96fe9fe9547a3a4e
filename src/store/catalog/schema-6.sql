-- Version 6 of the catalog: the category of events that a store holds, which decides its columns.
ALTER TABLE stores ADD COLUMN category TEXT NOT NULL DEFAULT 'CloudTrail';
