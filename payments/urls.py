from django.urls import path, re_path

from payments.web import api, booking_pages, dashboard, membership_api, pages, waiting_list
from payments.web import membership_pages as membership_views

app_name = "payments"

urlpatterns = [
    # With or without the slash, because neither Stripe nor an API client follows a redirect of a POST.
    re_path(r"^api/payment-status/?$", api.StatusView.as_view(), name="status"),
    re_path(r"^api/checkout/?$", api.CheckoutView.as_view(), name="api-checkout"),
    re_path(r"^api/payment-status/verify/?$", api.VerifyView.as_view(), name="verify"),
    re_path(r"^api/bookings/sync/?$", dashboard.SyncView.as_view(), name="sync"),
    re_path(r"^api/bookings/(?P<reference>[^/]+)/cancel/?$", api.CancelView.as_view(), name="api-cancel"),
    re_path(r"^api/subscription-status/?$", membership_api.MembershipView.as_view(), name="membership-state"),
    re_path(
        r"^api/subscription-status/verify/?$",
        membership_api.MembershipVerifyView.as_view(),
        name="membership-verify",
    ),
    re_path(r"^api/webhook/stripe/?$", api.WebhookView.as_view(), name="webhook"),
    path("events/<slug:slug>/checkout/", pages.checkout, name="checkout"),
    path("waiting/<reference:reference>/pay/", waiting_list.take_offer, name="take-offer"),
    path("payments/success/", pages.success, name="success"),
    path("payments/cancelled/", pages.cancelled, name="cancelled"),
    path("bookings/", dashboard.dashboard, name="bookings"),
    path("bookings/<reference:reference>/check/", dashboard.check, name="check"),
    path("bookings/<reference:reference>/cancel/", booking_pages.cancel_page, name="cancel"),
    path("bookings/<reference:reference>/pay/", booking_pages.pay, name="pay"),
    path("membership/", membership_views.membership, name="membership"),
    path("membership/<slug:slug>/subscribe/", membership_views.subscribe_to, name="subscribe"),
    path("membership/portal/", membership_views.portal, name="portal"),
    path("membership/card/", membership_views.change_card, name="membership-card"),
    path("membership/check/", membership_views.check_again, name="check-membership"),
    path("membership/leave/", membership_views.leave, name="leave-membership"),
]
