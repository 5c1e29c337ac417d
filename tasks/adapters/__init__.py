"""Everything outside the process: the store, model access, MLflow, systems under test, prompts and queries."""
