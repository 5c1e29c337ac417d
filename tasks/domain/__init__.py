"""The nouns of the project: frozen types, settings and content hashes. Imports pydantic alone."""
