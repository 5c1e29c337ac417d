-- Notes a finished step. Parameters: name, fingerprint, finished_at, seconds, model_calls, cost_usd.
insert or replace into step values ($name, $fingerprint, $finished_at, $seconds, $model_calls, $cost_usd)
