"""How the database is asked where it matters how long that takes."""
