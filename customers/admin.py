"""Hide addresses from the admin: only their owners may verify them, since they give access to bookings."""

from allauth.account.models import EmailAddress
from django.contrib import admin

admin.site.unregister(EmailAddress)
