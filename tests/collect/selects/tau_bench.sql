-- Retail conversations with tool calls: no tenants and no times, so every trace is in every window and splits are by
-- conversation. The domain becomes metadata.
-- Grain: one row a conversation. Parameters: file.
select
    id as trace_id,
    messages,
    domain
from read_json(
    $file,
    format = 'newline_delimited',
    columns = {'id': 'varchar', 'domain': 'varchar', 'messages': 'json'}
)
