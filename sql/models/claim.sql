-- Takes a call that nobody has a reply to, or takes it over from an owner that is gone. Changes no row otherwise.
-- Grain: one row. Parameters: key, owner, expires_at, now (Unix seconds), anew (1: although there is a reply), gone (an
-- owner that is known to be dead; null for none).
insert into claims (key, owner, expires_at)
select
    $key,
    $owner,
    $expires_at
where
    $anew
    or not exists (
        select 1
        from replies
        where replies.key = $key
    )
on conflict (key) do update set
    owner = excluded.owner,
    expires_at = excluded.expires_at
where
    claims.owner = excluded.owner
    or claims.owner = $gone
    or claims.expires_at <= $now
