-- How much the row cache holds.
-- Grain: one row.
select
    (select count(*) from replies) as replies,
    (select count(*) from parts) as parts,
    (select count(*) from claims) as claims
