"""Background jobs about accounts."""

from datetime import timedelta

from django.core.management import call_command
from django.utils import timezone
from procrastinate.contrib.django import app

from customers.devices import forget_old_devices
from customers.limits import DAY, HOUR
from customers.models import MailedCode, RequestCount, SignInEvent

AUDIT = timedelta(days=90)  # for which sign-ins are kept


@app.periodic(cron="41 3 * * *")
@app.task(queueing_lock="forget_codes")
def forget_codes(timestamp: int) -> None:
    """Delete codes that no limit counts any more, old sign-ins, unused browsers, and expired sessions."""
    MailedCode.objects.filter(created_at__lt=timezone.now() - DAY).delete()
    SignInEvent.objects.filter(created_at__lt=timezone.now() - AUDIT).delete()
    # Whoever types names that nobody has must not fill the table.
    SignInEvent.objects.filter(account="", created_at__lt=timezone.now() - DAY).delete()
    forget_old_devices()
    call_command("clearsessions")


@app.periodic(cron="23 * * * *")
@app.task(queueing_lock="forget_counts")
def forget_counts(timestamp: int) -> None:
    """Delete the counts of requests whose window is over."""
    RequestCount.objects.older_than(HOUR).delete()
