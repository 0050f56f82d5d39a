"""Background jobs about pictures."""

from procrastinate.contrib.django import app

from branding.pictures.tidying import tidy


@app.periodic(cron="17 4 * * *")
@app.task(queueing_lock="tidy_pictures")
def tidy_pictures(timestamp: int) -> None:
    """Delete uploaded pictures that nothing shows any more."""
    tidy()
