"""Nothing for staff to edit: an address is proved by its owner, or it opens somebody else's bookings."""

from allauth.account.models import EmailAddress
from django.contrib import admin

admin.site.unregister(EmailAddress)
