"""The cluster test: processes behind nginx and PgBouncer, two PostgreSQLs, and what may befall them."""
