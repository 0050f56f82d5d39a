"""What the doctor finds about the database's own log."""

from collections.abc import Iterator

from django.db import connection

from payments.doctor.findings import Finding, warning

# The values with which PostgreSQL's log has no names, addresses and codes of people in it: Django writes them
# into its statements, and PostgreSQL into the details of errors.
DISCREET = {
    "log_min_error_statement": {"log", "fatal", "panic"},
    "log_error_verbosity": {"terse"},
    "log_statement": {"none", "ddl"},
    "log_min_duration_statement": {"-1"},
    "log_min_duration_sample": {"-1"},
    "log_transaction_sample_rate": {"0"},
}


def examine_log() -> Iterator[Finding]:
    """Warn of settings of this connection with which PostgreSQL writes what people typed into its log."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, setting FROM pg_settings WHERE name = ANY(%s)", [list(DISCREET)])
        told = [
            f"{name} = {value}" for name, value in sorted(cursor.fetchall()) if value not in DISCREET[name]
        ]
    if told:
        words = f"PostgreSQL may log what people typed: {', '.join(told)}."
        yield warning("log", words, "Set these as in deploy/postgresql/primary.conf and reload.")
