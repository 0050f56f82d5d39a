from django.urls import re_path

from bookings.door.web import pair_api, scans_api

app_name = "door"

urlpatterns = [
    re_path(r"^api/door/pair/?$", pair_api.PairView.as_view(), name="pair"),
    re_path(r"^api/door/scans/?$", scans_api.ScansView.as_view(), name="scans"),
]
