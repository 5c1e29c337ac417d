-- Takes a part away that is not what its hash says, or holds what must not be kept.
-- Grain: one row. Parameters: hash.
delete from parts
where hash = $hash
