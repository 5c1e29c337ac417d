"""Third room: a candidate and the current system answer the same requests, and a decision is made."""
