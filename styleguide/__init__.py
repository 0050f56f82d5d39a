"""Every component of the pages in every state, while ``DEBUG`` is on."""
