-- Counts what a request did take, and gives back what was set aside for it.
-- Grain: one row. Parameters: day, calls, tokens, nano (billionths of a US dollar), and the same reserved_….
insert into usage (day, calls, tokens, nano_usd, reserved_calls, reserved_tokens, reserved_nano_usd)
values ($day, $calls, $tokens, $nano, -$reserved_calls, -$reserved_tokens, -$reserved_nano)
on conflict (day) do update set
    calls = calls + excluded.calls,
    tokens = tokens + excluded.tokens,
    nano_usd = nano_usd + excluded.nano_usd,
    reserved_calls = reserved_calls + excluded.reserved_calls,
    reserved_tokens = reserved_tokens + excluded.reserved_tokens,
    reserved_nano_usd = reserved_nano_usd + excluded.reserved_nano_usd
