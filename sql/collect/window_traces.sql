-- The traces of a window, each once: of several rows with one id the latest is kept, then one with an outcome, then the
-- one with the least hash, so that no order of rows or files decides. A trace without a time is in every window.
-- `request` is all that the user says before the answer; a dimension that a trace lacks reads `(none)`.
-- Grain: one row a trace. Tables: traces. Parameters: since, until (UTC dates), dimensions.
with once as (
    select *
    from traces
    qualify row_number() over (
        partition by trace_id
        order by timestamp desc nulls last, outcome is null, row_hash
    ) = 1
)

select
    trace_id,
    row_hash,
    timestamp,
    tenant,
    cluster,
    case when len($dimensions::varchar[]) = 0 then '(all)' else array_to_string(
        list_transform(
            $dimensions::varchar[],
            lambda dimension: dimension || '=' || coalesce(
                nullif(
                    case dimension
                        when 'tenant' then tenant
                        when 'system' then system
                        when 'outcome' then outcome
                        else metadata ->> ('/' || replace(replace(dimension, '~', '~0'), '/', '~1'))
                    end,
                    ''
                ),
                '(none)'
            )
        ),
        ', '
    ) end as stratum,
    array_to_string(
        list_transform(
            list_filter(messages::json[], lambda message: message ->> '$.role' = 'user'),
            lambda message: case json_type(message, '$.content')
                when 'ARRAY' then array_to_string(message ->> '$.content[*].text', ' ')
                else message ->> '$.content'
            end
        ),
        chr(10)
    ) as request
from once
where
    timestamp is null
    or timestamp >= ($since || ' 00:00:00+00')::timestamp with time zone
    and timestamp < ($until || ' 00:00:00+00')::timestamp with time zone
order by trace_id
