-- What went wrong in production: every failed verdict on a sampled trace, with the words that explain it.
-- Grain: one row a trace and failed criterion. Tables: sample, verdicts.
select
    sample.trace_id,
    sample.cluster,
    sample.stratum,
    sample.split,
    sample.weight,
    verdicts.criterion,
    verdicts.critique,
    verdicts.judge,
    verdicts.call_key,
    sample.messages,
    sample.output
from sample
inner join verdicts on sample.trace_id = verdicts.item_id
where verdicts.value = 'fail'
order by sample.trace_id, verdicts.criterion
