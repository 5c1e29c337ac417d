-- Finds what an annotator said of an item and criterion.
create index given_by_item on given (item_id, annotator, criterion)
