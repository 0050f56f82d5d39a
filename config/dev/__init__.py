"""The project's processes on one machine, with an embedded PostgreSQL: ``make demo`` and ``make serve``."""
