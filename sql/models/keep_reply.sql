-- Keeps a good reply. One that was asked for anew takes the place of the old one.
-- Grain: one row. Parameters: key, model, api_base, replicate, params, messages, reply, kept_at.
insert into replies (key, model, api_base, replicate, params, messages, reply, kept_at)
values ($key, $model, $api_base, $replicate, $params, $messages, $reply, $kept_at)
on conflict (key) do update set
    reply = excluded.reply,
    kept_at = excluded.kept_at
