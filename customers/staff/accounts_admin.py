"""The admin pages of staff accounts and of the record of sign-ins."""

from http import HTTPStatus
from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from bookings.addresses.fields import AddressFormField, AddressInput
from bookings.models import EventScope
from bookings.read_only_admin import ReadOnlyAdmin
from customers.models import SignInEvent, Step
from customers.sessions import end_sessions, record
from customers.staff import rescue
from customers.staff.security import note_new_password

admin.site.unregister(Authenticator)  # It has the secrets, and staff change theirs on their own page.
admin.site.unregister(User)


class EventScopeInline(admin.StackedInline):
    """Limits somebody to chosen events; without a row they have to do with all."""

    model = EventScope
    autocomplete_fields = ["events"]
    verbose_name_plural = "Limit to chosen events"
    extra = 1
    max_num = 1


@admin.register(User)
class StaffUserAdmin(UserAdmin):
    """Django's page of a user, with what helps those who have lost their phone or their laptop."""

    inlines = [EventScopeInline]
    actions = ["reset_second_factor", "sign_out_everywhere"]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        if db_field.name == "email":
            options |= {"form_class": AddressFormField, "widget": AddressInput({"class": "vTextField"})}
        return super().formfield_for_dbfield(db_field, request, **options)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:  # noqa: A002
        response = super().user_change_password(request, id, form_url)
        if response.status_code == HTTPStatus.FOUND and (user := self.get_object(request, id)):
            note_new_password(request, user)
        return response

    def has_rescue_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    @admin.action(description="Reset second step", permissions=["rescue"])
    def reset_second_factor(self, request: HttpRequest, users: QuerySet[User]) -> None:
        for user in users:
            rescue.reset_second_factor(user, request)
        messages.success(request, f"Done for {len(users)}. They set up a new one when they next sign in.")

    @admin.action(description="Sign out everywhere", permissions=["rescue"])
    def sign_out_everywhere(self, request: HttpRequest, users: QuerySet[User]) -> None:
        for user in users:
            end_sessions(user)
            record(request, Step.ENDED, user, actor=request.user)
        messages.success(request, f"Done for {len(users)}.")


@admin.register(SignInEvent)
class SignInEventAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "account", "step", "factor", "network", "actor"]
    list_filter = ["step", "factor", "created_at"]
    list_select_related = ["actor"]
    search_fields = ["account", "network"]
    fields = ["created_at", "account", "step", "factor", "network", "is_known_browser", "actor"]

    @admin.display(description="Known browser", boolean=True)
    def is_known_browser(self, event: SignInEvent) -> bool:
        return event.device_id is not None

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields
