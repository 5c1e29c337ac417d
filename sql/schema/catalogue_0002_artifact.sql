-- The tables that steps made. Grain: one row a step, fingerprint and output. Rebuilt from the step manifest.
create table artifact (
    hash varchar not null,
    row_count bigint not null,
    step varchar not null,
    fingerprint varchar not null,
    output varchar not null,
    primary key (step, fingerprint, output)
)
