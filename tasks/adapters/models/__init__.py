"""How does the product reach a model? Every call goes through one gateway, with a cache by row and a hard budget."""
