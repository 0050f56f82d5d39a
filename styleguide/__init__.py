"""A page with every component in every state, for development: only while ``DEBUG`` is on."""
