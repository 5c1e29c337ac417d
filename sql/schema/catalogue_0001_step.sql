-- The steps that have been done. Grain: one row a step and fingerprint. Rebuilt from the step manifest.
create table step (
    name varchar not null,
    fingerprint varchar not null,
    finished_at timestamptz not null,
    seconds double not null,
    model_calls bigint not null,
    cost_usd double not null,
    primary key (name, fingerprint)
)
