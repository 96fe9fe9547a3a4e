-- Version 3 of the catalog: which events a store takes.
ALTER TABLE stores ADD COLUMN selectors TEXT; -- JSON list of advanced event selectors; NULL takes every event
