"""Background jobs about accounts."""

from django.core.management import call_command
from django.utils import timezone
from procrastinate.contrib.django import app

from customers.codes import DAY
from customers.models import MailedCode


@app.periodic(cron="41 3 * * *")
@app.task(queueing_lock="forget_codes")
def forget_codes(timestamp: int) -> None:
    """Delete codes that no limit counts any more, and expired sessions."""
    MailedCode.objects.filter(created_at__lt=timezone.now() - DAY).delete()
    call_command("clearsessions")
