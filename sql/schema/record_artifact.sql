-- Notes a table that a step made. Parameters: hash, row_count, step, fingerprint, output.
insert or replace into artifact values ($hash, $row_count, $step, $fingerprint, $output)
