-- Task dialogues whose answering side is called "system": it becomes the assistant. The raters' satisfaction goes to
-- metadata, where no system under test sees it.
-- Grain: one row a dialogue. Parameters: file.
select
    item_id as trace_id,
    list_transform(
        messages,
        lambda message: {
            'role': case message.role when 'system' then 'assistant' else message.role end,
            'content': message.content
        }
    ) as messages,
    {
        'satisfaction': list_transform(
            list_filter(messages, lambda message: message.satisfaction is not null),
            lambda message: message.satisfaction
        ),
        'overall_satisfaction': overall_satisfaction
    } as metadata
from read_json(
    $file,
    format = 'newline_delimited',
    columns = {
        'item_id': 'varchar',
        'messages': 'struct(role varchar, content varchar, satisfaction integer[])[]',
        'overall_satisfaction': 'integer[]'
    }
)
