-- Takes the next replies away that are too old or of an unwanted model, never one that is being asked for.
-- Grain: one row a reply, its row id. Parameters: before (null for any age), model (a glob; null for any), after (a row
-- id), most.
delete from replies
where rowid in (
    select
        rowid
    from replies
    where rowid > $after
        and ($before is null or kept_at < $before)
        and ($model is null or model glob $model)
        and key not in (select key from claims)
    order by rowid
    limit $most
)
returning rowid
