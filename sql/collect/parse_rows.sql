-- Numbered rows of JSON text, read as traces. What cannot be read stays null; the row rules then say what is wrong.
-- Without `output` the answer is the last assistant message that holds text: earlier messages are what the system saw,
-- later ones followed. With `output`, a last assistant message that repeats it is the answer itself.
-- Fields that the contract does not know join `metadata`, whose own keys win.
-- Grain: one row a line. Tables: lines (line, text). Parameters: source (the file's name), chunk.
with objects as (
    select
        line,
        text,
        case when json_valid(text) then text::json end as fields
    from lines
),

columns_found as (
    select
        line,
        text,
        json_type(fields) as kind,
        json_type(fields, '$.trace_id') as id_kind,
        fields ->> '$.trace_id' as trace_id,
        json_type(fields, '$.timestamp') as timestamp_kind,
        nullif(trim(fields ->> '$.timestamp'), '') as written_time,
        nullif(trim(fields ->> '$.tenant'), '') as tenant,
        nullif(trim(fields ->> '$.cluster'), '') as given_cluster,
        nullif(trim(fields ->> '$.system'), '') as system,
        nullif(trim(fields ->> '$.outcome'), '') as outcome,
        fields ->> '$.output' as given_output,
        case json_type(fields, '$.messages')
            when 'VARCHAR' then try_cast(fields ->> '$.messages' as json)
            else fields -> '$.messages'
        end as conversation,
        case json_type(fields, '$.metadata')
            when 'VARCHAR' then try_cast(fields ->> '$.metadata' as json)
            when 'NULL' then '{}'::json
            else coalesce(fields -> '$.metadata', '{}'::json)
        end as metadata,
        case when json_type(fields) = 'OBJECT' then json_merge_patch(
            fields,
            '{"trace_id": null, "timestamp": null, "tenant": null, "cluster": null, "system": null, "outcome": null,
              "output": null, "messages": null, "metadata": null}'
        ) end as others
    from objects
),

listed as (
    select
        * exclude (conversation, metadata, others),
        json_type(metadata) as metadata_kind,
        case
            when others::varchar = '{}' or json_type(metadata) <> 'OBJECT' then metadata
            else json_merge_patch(others, metadata)
        end as metadata,
        json_type(conversation) as conversation_kind,
        case when json_type(conversation) = 'ARRAY' then conversation::json[] else [] end as listed_messages
    from columns_found
),

spoken as (
    select
        *,
        list_transform(listed_messages, lambda one: coalesce(one ->> '$.role', '')) as roles,
        list_transform(
            listed_messages,
            lambda one: case json_type(one, '$.content')
                when 'VARCHAR' then one ->> '$.content'
                when 'ARRAY' then array_to_string(one ->> '$.content[*].text', chr(10))
            end
        ) as texts
    from listed
),

answered as (
    select
        *,
        case
            when given_output is null then list_max(list_filter(
                range(1, len(roles) + 1),
                lambda place: roles[place] = 'assistant' and coalesce(trim(texts[place], e' \t\r\n'), '') <> ''
            ))
            when roles[-1] = 'assistant' and texts[-1] = given_output then len(roles)
            else len(roles) + 1
        end as answer_place
    from spoken
),

canonical as (
    select
        line,
        trace_id,
        case
            when timestamp_kind = 'VARCHAR' and not regexp_full_match(written_time, '\d{9,}(\.\d+)?')
                then try_cast(written_time as timestamp with time zone)
            when try_cast(written_time as double) < 1e11 then to_timestamp(written_time::double)
            when try_cast(written_time as double) < 1e14 then to_timestamp(written_time::double / 1e3)
            when try_cast(written_time as double) < 1e17 then to_timestamp(written_time::double / 1e6)
            when try_cast(written_time as double) < 1e20 then to_timestamp(written_time::double / 1e9)
        end as timestamp,
        tenant,
        coalesce(tenant, given_cluster, trace_id) as cluster,
        system,
        outcome,
        to_json(listed_messages[:answer_place - 1])::varchar as messages,
        coalesce(given_output, texts[answer_place]) as output,
        to_json(listed_messages[answer_place + 1:])::varchar as after,
        metadata::varchar as metadata,
        kind,
        id_kind,
        written_time,
        conversation_kind,
        metadata_kind,
        roles,
        list_contains(roles[:coalesce(answer_place - 1, len(roles))], 'user') as has_request,
        left(text, 160) as excerpt
    from answered
)
select
    trace_id,
    timestamp,
    tenant,
    cluster,
    system,
    outcome,
    messages,
    output,
    after,
    metadata,
    md5(to_json({
        'trace_id': trace_id,
        'timestamp': epoch_us(timestamp),
        'cluster': cluster,
        'tenant': tenant,
        'system': system,
        'outcome': outcome,
        'messages': messages,
        'output': output,
        'after': after,
        'metadata': metadata
    })::varchar) as row_hash,
    $source as source,
    line,
    $chunk as chunk,
    kind,
    id_kind,
    written_time,
    conversation_kind,
    metadata_kind,
    roles,
    has_request,
    excerpt
from canonical
order by line
