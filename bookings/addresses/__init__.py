"""E-mail addresses: one form for storing, comparing and sending, and one for reading."""
