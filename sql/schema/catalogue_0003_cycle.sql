-- The turns of the wheel. Grain: one row a cycle. Rebuilt from the cycles' own files.
create table cycle (
    cycle_id varchar primary key,
    finished_at timestamptz not null,
    mlflow_run_id varchar,
    summary json not null
)
