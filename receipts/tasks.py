"""Background jobs about receipts."""

from procrastinate.contrib.django import app

from receipts.issuing import issue_due


@app.periodic(cron="* * * * * */20")
@app.task(queueing_lock="issue_receipts", lock="issue_receipts")
def issue_receipts(timestamp: int) -> None:
    """Number and write the receipts that are due, in order; only one job at a time does."""
    issue_due()
