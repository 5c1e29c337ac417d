-- Notes a turn of the wheel. Parameters: cycle_id, finished_at, mlflow_run_id, summary.
insert or replace into cycle values ($cycle_id, $finished_at, $mlflow_run_id, $summary)
