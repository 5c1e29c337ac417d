-- The names of the migrations that have been carried out. Grain: one row a migration.
select name
from migration
