"""The embedded world: a simulated product, its merchants and experts, and models that need no key."""
