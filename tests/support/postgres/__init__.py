"""PostgreSQL for the tests: a server of their own, and databases that have the tables already."""
