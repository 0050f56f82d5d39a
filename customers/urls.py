"""URLs of the account pages, named as allauth's code expects them."""

from django.urls import path

from customers import views

urlpatterns = [
    path("login/", views.sign_in, name="account_login"),
    path("code/", views.enter_code, name="account_code"),
    path("confirm/", views.confirm, name="account_confirm"),
    path("logout/", views.sign_out, name="account_logout"),
    path("signed-out/", views.signed_out, name="account_signed_out"),
    path("email/", views.change_email, name="account_email"),
]
