"""Rule: whoever has an account can open it."""

from collections.abc import Iterator

from allauth.account.models import EmailAddress
from django.db.models import Exists, OuterRef

from .violations import Violation, rule


@rule
def account_nobody_can_open() -> Iterator[Violation]:
    """
    Accounts whose only address isn't verified: its mail went to another domain, or another account has it.

    ``manage.py change_address`` gives one another address, once it is known whose it is.
    """
    verified = EmailAddress.objects.filter(user=OuterRef("user"), verified=True)
    for row in EmailAddress.objects.filter(~Exists(verified), verified=False).order_by("pk"):
        words = f"can't be signed in to: {row.email} isn't verified, see change_address"
        yield Violation("account_nobody_can_open", f"account {row.user_id}", words)
