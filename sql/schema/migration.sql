-- Which migrations of the catalogue have been carried out. Grain: one row a migration.
create table if not exists migration (
    name varchar primary key,
    done_at timestamptz not null default current_timestamp
)
