"""How does the embedded judge look at an answer? Its prompt, its checks, and how they are weighed."""
