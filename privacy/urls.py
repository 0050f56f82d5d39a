from django.urls import path

from privacy import views

app_name = "privacy"

urlpatterns = [path("data/", views.export_own, name="export")]
