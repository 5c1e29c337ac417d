-- Sets aside what a request takes at most.
-- Grain: one row. Parameters: day, calls, tokens, nano (billionths of a US dollar).
update usage
set
    reserved_calls = reserved_calls + $calls,
    reserved_tokens = reserved_tokens + $tokens,
    reserved_nano_usd = reserved_nano_usd + $nano
where day = $day
