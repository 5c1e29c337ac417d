-- What a system can learn from: only the train split, and never a request that the benchmark holds as well.
-- Repaired rows: production failed, the candidate passed on the same request. Synthetic rows: a request written from a
-- real workflow, with that workflow. Passing rows: what already works, against forgetting, as a share of all rows.
-- `asked` is what the user said, in one way of writing it. Grain: one row an item. Tables: sample, production_verdicts, candidate_answers, candidate_verdicts, synthetic,
-- benchmark. Parameters: gate, passing_share.
with benchmark_requests as (
    select distinct asked
    from benchmark
),

learnable as (
    select
        sample.trace_id as item_id,
        sample.cluster,
        sample.messages,
        sample.output,
        production_verdicts.value,
        production_verdicts.critique,
        production_verdicts.judge,
        production_verdicts.call_key
    from sample
    inner join production_verdicts on sample.trace_id = production_verdicts.item_id
    where
        sample.split = 'train'
        and production_verdicts.criterion = $gate
        and sample.asked not in (select asked from benchmark_requests)
),

repaired as (
    select
        learnable.item_id,
        'repaired' as source,
        learnable.cluster,
        learnable.messages,
        candidate_answers.output as target,
        learnable.output as rejected,
        learnable.critique,
        learnable.judge,
        learnable.call_key,
        candidate_verdicts.call_key as repair_call_key
    from learnable
    inner join candidate_answers on learnable.item_id = candidate_answers.item_id
    inner join candidate_verdicts on learnable.item_id = candidate_verdicts.item_id
    where
        learnable.value = 'fail'
        and candidate_verdicts.criterion = $gate
        and candidate_verdicts.value = 'pass'
),

written as (
    select
        synthetic.item_id,
        'synthetic' as source,
        synthetic.cluster,
        synthetic.messages,
        synthetic.target,
        null as rejected,
        null as critique,
        null as judge,
        synthetic.write_call_key as call_key,
        synthetic.read_call_key as repair_call_key
    from synthetic
    where
        synthetic.split = 'train'
        and synthetic.asked not in (select asked from benchmark_requests)
),

kept_count as (
    select (select count(*) from repaired) + (select count(*) from written) as rows
),

passing as (
    select
        learnable.item_id,
        'passing' as source,
        learnable.cluster,
        learnable.messages,
        learnable.output as target,
        null as rejected,
        learnable.critique,
        learnable.judge,
        learnable.call_key,
        null as repair_call_key
    from learnable
    where learnable.value = 'pass'
    qualify
        row_number() over (order by md5(learnable.item_id))
        <= round((select rows from kept_count) * $passing_share / greatest(1 - $passing_share, 0.01))
)

select * from repaired
union all by name
select * from written
union all by name
select * from passing
order by source, item_id
