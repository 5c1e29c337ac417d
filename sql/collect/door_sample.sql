-- Traces in the order of a hash, so that the same ones are looked at whatever the order of rows, with what an
-- expectation can speak of.
-- Grain: one row a trace. Tables: traces. Parameters: size.
select
    trace_id,
    cluster,
    output,
    len(output) as output_length,
    json_array_length(messages)::bigint as message_count,
    json_valid(messages) and json_valid(after) and json_valid(metadata) as is_json
from traces
order by md5(trace_id), row_hash
limit $size
