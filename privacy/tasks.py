"""Background jobs about personal data."""

from procrastinate.contrib.django import app

from privacy.retention import let_go


@app.periodic(cron="23 4 * * *")
@app.task(queueing_lock="let_go", lock="let_go")
def let_go_of_names(timestamp: int) -> None:
    """Erase the names that are older than ``RETENTION_MONTHS`` and ``RECEIPT_YEARS`` allow."""
    let_go()
