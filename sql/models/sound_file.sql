-- What SQLite itself finds wrong with the file.
-- Grain: one row a finding, twenty at most; the one row `ok` where there is none.
pragma integrity_check(20)
