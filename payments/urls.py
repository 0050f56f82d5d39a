from django.urls import path, re_path

from payments import api, views

app_name = "payments"

urlpatterns = [
    path("events/<slug:slug>/checkout/", views.checkout, name="checkout"),
    path("payments/success/", views.success, name="success"),
    path("payments/cancelled/", views.cancelled, name="cancelled"),
    # With or without the slash, because neither Stripe nor an API client follows a redirect of a POST.
    re_path(r"^api/checkout/?$", api.CheckoutView.as_view(), name="api-checkout"),
    re_path(r"^api/payment-status/?$", api.StatusView.as_view(), name="status"),
    re_path(r"^api/payment-status/verify/?$", api.VerifyView.as_view(), name="verify"),
    re_path(r"^api/webhook/stripe/?$", api.WebhookView.as_view(), name="webhook"),
]
