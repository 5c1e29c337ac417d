-- The same requests with which system's answer the judge prefers, and whether that answer passes by itself. `advantage` is
-- what the gate counts: 1 for the candidate, -1 for the current system, each only where the preferred answer passes, 0
-- otherwise; null where the preference or the verdict on the preferred answer is unscored.
-- Grain: one row a request and subjective criterion. Tables: judged_pairs, preferences.
with preferred as (
    select
        judged_pairs.*,
        preferences.value,
        preferences.forward,
        preferences.backward,
        case preferences.value
            when 'candidate' then judged_pairs.candidate
            when 'current' then judged_pairs.current
        end as winner_passed
    from judged_pairs
    left join preferences
        on
            judged_pairs.item_id = preferences.item_id
            and judged_pairs.criterion = preferences.criterion
    where judged_pairs.criterion in (select criterion from preferences)
)

select
    criterion,
    item_id,
    cluster,
    stratum,
    weight,
    value,
    forward,
    backward,
    winner_passed,
    case value
        when 'candidate' then winner_passed
        when 'current' then -winner_passed
        when 'tie' then 0.0
    end as advantage
from preferred
order by criterion, item_id
