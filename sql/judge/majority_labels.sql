-- What the people say of each labelled output: the majority, and one critique from its side. A tie has no majority.
-- Grain: one row an item and criterion that has a majority. Tables: labels.
with votes as (
    select
        item_id,
        criterion,
        count(*) filter (where value = 'pass') as passes,
        count(*) filter (where value = 'fail') as fails
    from labels
    where value in ('pass', 'fail')
    group by item_id, criterion
),

majorities as (
    select
        item_id,
        criterion,
        case when passes > fails then 'pass' else 'fail' end as value,
        passes,
        fails
    from votes
    where passes <> fails
)
select
    majorities.item_id,
    majorities.criterion,
    majorities.value,
    majorities.passes,
    majorities.fails,
    min_by(labels.critique, labels.annotator) filter (where labels.critique <> '') as critique
from majorities
inner join labels
    on
        majorities.item_id = labels.item_id
        and majorities.criterion = labels.criterion
        and majorities.value = labels.value
group by all
order by majorities.item_id, majorities.criterion
