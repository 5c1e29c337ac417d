"""How do the embedded roles read English? Words, numbers, mentions and clauses, with no idea of any product."""
