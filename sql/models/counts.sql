-- How much the row cache holds, and since when.
-- Grain: one row; `oldest` and `newest` are null where nothing is kept.
select
    count(*) as replies,
    (select count(*) from parts) as parts,
    min(kept_at) as oldest,
    max(kept_at) as newest
from replies
