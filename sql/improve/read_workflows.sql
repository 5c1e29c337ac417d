-- A workspace's real workflows, from JSON lines.
-- Grain: one row a workflow. Parameters: file.
select
    workflow_id,
    tenant,
    descriptor,
    workflow::varchar as workflow,
    last_run_at
from read_json(
    $file,
    format = 'newline_delimited',
    columns = {
        workflow_id: 'varchar',
        tenant: 'varchar',
        descriptor: 'varchar',
        workflow: 'json',
        last_run_at: 'timestamp'
    }
)
