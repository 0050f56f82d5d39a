"""After the database was restored from a backup: what was sold since is found, and brought back."""
