"""Other people's programs against the sandbox, in environments of their own: ``make peers``."""
