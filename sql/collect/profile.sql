-- What each chunk of a file held, and where its lines went: lines = traces + duplicates + conflicts + quarantined.
-- Grain: one row a chunk. Tables: chunks (chunk, first_line, last_line, lines), rows (readable traces, by chunk),
-- refused (chunk, line), repeated (line, conflict). Parameters: source (the file's name), chunk.
with kept as (
    select rows.*
    from rows
    anti join repeated using (line)
    anti join refused using (line)
),

described as (
    select
        chunk,
        count(*) as traces,
        count(timestamp) as with_timestamp,
        count(tenant) as with_tenant,
        count(outcome) as with_outcome,
        count(distinct tenant) as tenants,
        min(timestamp) as earliest,
        max(timestamp) as latest,
        quantile_disc(json_array_length(messages), 0.5) as median_messages,
        quantile_disc(len(output), 0.5) as median_output_length,
        count(*) filter (where trim(output) = '') as empty_outputs
    from kept
    group by chunk
),

dropped as (
    select
        rows.chunk,
        count(*) filter (where not repeated.conflict) as duplicates,
        count(*) filter (where repeated.conflict) as conflicts
    from repeated
    inner join rows using (line)
    group by rows.chunk
),

turned_away as (
    select
        chunk,
        count(*) as quarantined
    from refused
    group by chunk
)
select
    $source as source,
    chunks.chunk,
    chunks.first_line,
    chunks.last_line,
    chunks.lines,
    coalesce(described.traces, 0) as traces,
    coalesce(dropped.duplicates, 0) as duplicates,
    coalesce(dropped.conflicts, 0) as conflicts,
    coalesce(turned_away.quarantined, 0) as quarantined,
    coalesce(described.with_timestamp, 0) as with_timestamp,
    coalesce(described.with_tenant, 0) as with_tenant,
    coalesce(described.with_outcome, 0) as with_outcome,
    coalesce(described.tenants, 0) as tenants,
    described.earliest,
    described.latest,
    described.median_messages,
    described.median_output_length,
    coalesce(described.empty_outputs, 0) as empty_outputs
from chunks
left join described using (chunk)
left join dropped using (chunk)
left join turned_away using (chunk)
order by chunks.chunk
