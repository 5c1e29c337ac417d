-- Turns one of your log files ($file) into canonical traces. Leave out what your logs do not have.
select
    conversation_id as trace_id,
    started_at as timestamp,
    customer_id as tenant,
    messages,
    {'feature': feature} as metadata
from read_json($file)
