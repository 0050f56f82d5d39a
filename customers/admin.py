"""Hide addresses from the admin: only their owners may verify them, since they give access to bookings."""

from allauth.account.models import EmailAddress
from django.contrib import admin

from customers.staff import accounts_admin  # noqa: F401  # It registers the pages of staff accounts.

admin.site.unregister(EmailAddress)
