-- Numbered rows of JSON text, read as traces. What cannot be read stays null; the row rules then say what is wrong.
-- Without `output` the answer is the last assistant message that holds text: earlier messages are what the system saw,
-- later ones followed. With `output`, a last assistant message that repeats it is the answer itself.
-- Fields that the contract does not know join `metadata`, whose own keys win.
-- Grain: one row a line. Tables: lines (line, text). Parameters: source (the file's name), chunk, longest (a row's
-- bytes; a longer one is not read).
-- Each text is parsed as few times as can be: the parser holds a whole vector of rows in memory once a call. Nor does a
-- lambda name another list, which would be copied once a message.
with valid as (
    select
        line,
        text,
        case when strlen(text) <= $longest and json_valid(text) then text::json end as fields
    from lines
),

known as (
    select
        line,
        text,
        json_type(fields) as kind,
        from_json(
            fields,
            '{"trace_id": "JSON", "timestamp": "JSON", "tenant": "JSON", "cluster": "JSON", "system": "JSON",
              "outcome": "JSON", "output": "JSON", "messages": "JSON", "metadata": "JSON"}'
        ) as given,
        case
            when json_type(fields) = 'OBJECT' and not list_has_all(
                ['trace_id', 'timestamp', 'tenant', 'cluster', 'system', 'outcome', 'output', 'messages', 'metadata'],
                json_keys(fields)
            ) then json_merge_patch(
                fields,
                '{"trace_id": null, "timestamp": null, "tenant": null, "cluster": null, "system": null,
                  "outcome": null, "output": null, "messages": null, "metadata": null}'
            )
        end as others
    from valid
),

unpacked as (
    select
        line,
        text,
        kind,
        others,
        json_type(given.trace_id) as id_kind,
        given.trace_id ->> '$' as trace_id,
        json_type(given.timestamp) as timestamp_kind,
        nullif(trim(given.timestamp ->> '$'), '') as written_time,
        nullif(trim(given.tenant ->> '$'), '') as tenant,
        nullif(trim(given.cluster ->> '$'), '') as given_cluster,
        nullif(trim(given.system ->> '$'), '') as system,
        nullif(trim(given.outcome ->> '$'), '') as outcome,
        given.output ->> '$' as given_output,
        case json_type(given.messages)
            when 'VARCHAR' then try_cast(given.messages ->> '$' as json)
            else given.messages
        end as conversation,
        case json_type(given.metadata)
            when 'VARCHAR' then try_cast(given.metadata ->> '$' as json)
            else coalesce(given.metadata, '{}'::json)
        end as metadata
    from known
),

listed as (
    select
        * exclude (conversation, metadata, others),
        json_type(metadata) as metadata_kind,
        case
            when others is null or json_type(metadata) <> 'OBJECT' then metadata
            else json_merge_patch(others, metadata)
        end as metadata,
        json_type(conversation) as conversation_kind,
        case when json_type(conversation) = 'ARRAY' then from_json(conversation, '["JSON"]') else [] end
            as listed_messages,
        case
            when json_type(conversation) = 'ARRAY'
                then from_json(conversation, '[{"role": "VARCHAR", "content": "JSON"}]')
            else []
        end as spoken
    from unpacked
),

worded as (
    select
        * exclude (spoken),
        list_transform(spoken, lambda one: coalesce(one.role, '')) as roles,
        list_transform(
            spoken,
            lambda one: case json_type(one.content)
                when 'VARCHAR' then one.content ->> '$'
                when 'ARRAY' then array_to_string(one.content ->> '$[*].text', chr(10))
            end
        ) as texts
    from listed
),

heard as (
    select
        *,
        list_transform(
            list_zip(roles, texts),
            lambda one: one[1] = 'assistant' and coalesce(trim(one[2], e' \t\r\n'), '') <> ''
        ) as may_answer
    from worded
),

answered as (
    select
        *,
        case
            when given_output is null then len(roles) + 1 - nullif(list_position(list_reverse(may_answer), true), 0)
            when roles[-1] = 'assistant' and texts[-1] = given_output then len(roles)
            else len(roles) + 1
        end as answer_place
    from heard
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
        left(text, 160) as excerpt,
        strlen(text) > $longest as is_too_long
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
    excerpt,
    is_too_long
from canonical
order by line
