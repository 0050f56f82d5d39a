from django.contrib import admin
from django.templatetags.static import static
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from config import views
from config.i18n import languages
from config.rest.schema_view import SchemaView

# Patterns are tried from the top, so those that are asked for most come first.
urlpatterns = [
    path("", include("payments.urls")),
    path("", include("bookings.urls")),
    path("", include("bookings.door.urls")),
    path("", include("payments.health.urls")),
    path("", include("receipts.urls")),
    path("box-office/", include("payments.counter_pages.urls")),
    path("", include("branding.urls")),
    path("", include("legal.urls")),
    path("account/", include("privacy.urls")),
    path("account/", include("customers.urls")),
    path("admin/", admin.site.urls),
    path("favicon.ico", RedirectView.as_view(url=static("favicon.svg"))),  # The admin has no icon link.
    path("language/", languages.switch, name="language"),
    path("styleguide/", include("styleguide.urls")),
    re_path(r"^api/schema/?$", SchemaView.as_view(), name="schema"),
    re_path(r"^api(?:/|$)", views.unknown_api),
]

handler400 = "config.views.bad_request"
handler404 = "config.views.not_found"
handler500 = "config.views.server_error"
