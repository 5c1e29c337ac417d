-- Takes a reply away that cannot be believed: the call will be made again.
-- Grain: one row. Parameters: key.
delete from replies
where key = $key
