-- What an expectation can speak of in a chunk: shares instead of counts, and none where a chunk is too short for one.
-- `mixed_times` is the smaller of the shares of traces with and without a time.
-- Grain: one row a chunk that holds rows. Tables: profiles. Parameters: enough (lines).
select
    source,
    chunk,
    traces,
    traces + duplicates + conflicts + quarantined - lines as unaccounted,
    case when lines >= $enough then quarantined / lines end as quarantined_share,
    case when lines >= $enough then conflicts / lines end as conflict_share,
    case when traces >= $enough then empty_outputs / traces end as empty_share,
    case when traces >= $enough then least(with_timestamp, traces - with_timestamp) / traces end as mixed_times
from profiles
where lines > 0
order by source, chunk
