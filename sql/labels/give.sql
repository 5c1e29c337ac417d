-- Keeps a label; the very same one a second time changes nothing.
-- Parameters: item_id, annotator, criterion, value, critique, rubric_hash, labelled_at.
insert or ignore into given (item_id, annotator, criterion, value, critique, rubric_hash, labelled_at)
values (:item_id, :annotator, :criterion, :value, :critique, :rubric_hash, :labelled_at)
