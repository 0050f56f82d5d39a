from django.urls import path, re_path

from bookings.door.web import pages, pair_api, scans_api

app_name = "door"

urlpatterns = [
    path("door/", pages.home, name="home"),
    path("door/pair/", pages.pair_by_form, name="pair-form"),
    path("door/scan/", pages.scan_by_form, name="scan-form"),
    path("door/decoder.js", pages.decoder, name="decoder"),
    re_path(r"^api/door/pair/?$", pair_api.PairView.as_view(), name="pair"),
    re_path(r"^api/door/scans/?$", scans_api.ScansView.as_view(), name="scans"),
]
