-- What annotators said, with its history: a label that is given again stands beside the older one, and the later counts.
-- Grain: one row a label as it was given. An empty text is what was not said; times are UTC in one form, so they sort.
create table given (
    id integer primary key,
    item_id text not null,
    annotator text not null,
    criterion text not null,
    value text not null,
    critique text not null,
    rubric_hash text not null,
    labelled_at text not null
) strict
