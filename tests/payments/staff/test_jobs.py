"""The worker's jobs in the admin."""

from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateEvent, ProcrastinateJob

from tests.support.shop import Purchase

JOBS = "/admin/procrastinate/procrastinatejob/"


def test_no_page_of_jobs_has_styles_that_the_policy_blocks(paid: Purchase, admin_client: Client) -> None:
    job = ProcrastinateJob.objects.get(task_name="bookings.tasks.mail_tickets")
    assert ProcrastinateEvent.objects.filter(job=job).exists()

    pages = [admin_client.get(address) for address in (JOBS, f"{JOBS}{job.pk}/change/")]

    assert [page.status_code for page in pages] == [200, 200]
    assert [page for page in pages if b"style=" in page.content] == []
    assert f'"booking_id": {paid.booking.pk}' in pages[0].content.decode().replace("&quot;", '"')
    assert b"<strong>Lock:</strong>" in pages[0].content
