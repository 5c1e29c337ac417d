-- Writes the write-ahead log into the file and cuts it to nothing.
pragma wal_checkpoint(truncate)
