"""Sign in as staff, and use the admin's action pages."""

from typing import Any
from uuid import uuid4

from django.contrib.auth.models import Group, User
from django.test import Client

from payments.models import Action, Payment, StripeEvent

WHY = "They stand at the door."


def make_user(*groups: str, **flags: Any) -> User:
    user = User.objects.create_user(f"u{uuid4().hex[:8]}", is_staff=True, **flags)
    user.groups.set(Group.objects.filter(name__in=groups))
    return user


def log_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def somebody_of(*groups: str) -> Client:
    """Return a client logged in as a new user in these groups."""
    return log_in(make_user(*groups))


def page_of(payment: Payment) -> str:
    return f"/admin/payments/payment/{payment.pk}/change/"


def action_of(payment: Payment, action: Action) -> str:
    """Return the URL of the page with the form for ``action``."""
    return f"/admin/payments/payment/{payment.pk}/{action.value}/do/"


def replay_of(event: StripeEvent) -> str:
    return f"/admin/payments/stripeevent/{event.pk}/replay/"


def open_form(staff: Client, address: str) -> dict[str, Any]:
    """Open an action's page and return its form's hidden values, with a reason filled in."""
    form = staff.get(address).context["form"]
    hidden = {field.name: str(field.value()) for field in form.hidden_fields()}
    return {**hidden, "reason": WHY}


def press(staff: Client, address: str, **answers: Any) -> Any:
    """Open an action's page, submit its form with ``answers``, and return the page that follows."""
    return staff.post(address, {**open_form(staff, address), **answers}, follow=True)


def told(page: Any) -> list[str]:
    """Return the messages that a page shows."""
    return [str(message) for message in page.context["messages"]]
