"""First room: production traces come in, are checked, and the production distribution is sampled."""
