-- Keeps a label, unless it is known: with its time, the very same one; without a time, the one in force says the same.
-- Grain: one row or none. Parameters: item_id, annotator, criterion, value, critique, rubric_hash, labelled_at.
insert into given (item_id, annotator, criterion, value, critique, rubric_hash, labelled_at)
select
    $item_id,
    $annotator,
    $criterion,
    $value,
    $critique,
    $rubric_hash,
    $labelled_at
where
    not exists (
        select 1
        from given
        where
            item_id = $item_id
            and annotator = $annotator
            and criterion = $criterion
            and value = $value
            and critique = $critique
            and rubric_hash = $rubric_hash
            and labelled_at = $labelled_at
            and labelled_at <> ''
    )
    and not exists (
        select 1
        from in_force
        where
            item_id = $item_id
            and annotator = $annotator
            and criterion = $criterion
            and value = $value
            and critique = $critique
            and rubric_hash = $rubric_hash
            and $labelled_at = ''
    )
