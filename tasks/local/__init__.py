"""How does the real path run without a provider? With a small model of one's own, which proves the path, no more."""
