from django.urls import path, re_path

from bookings.door.web import assets, conflicts_api, list_api, pages, pair_api, scans_api

app_name = "door"
EVENT = r"api/door/events/(?P<event_id>[0-9]+)"

urlpatterns = [
    path("door/", pages.home, name="home"),
    path("door/pair/", pages.pair_by_form, name="pair-form"),
    path("door/scan/", pages.scan_by_form, name="scan-form"),
    path("door/decoder.js", pages.decoder, name="decoder"),
    path("door/worker.js", assets.worker, name="worker"),
    re_path(r"^api/door/pair/?$", pair_api.PairView.as_view(), name="pair"),
    re_path(r"^api/door/scans/?$", scans_api.ScansView.as_view(), name="scans"),
    re_path(
        r"^api/door/scans/(?P<nonce>[0-9a-fA-F-]+)/undo/?$", conflicts_api.UndoView.as_view(), name="undo"
    ),
    re_path(rf"^{EVENT}/list/?$", list_api.ListView.as_view(), name="list"),
    re_path(rf"^{EVENT}/search/?$", list_api.SearchView.as_view(), name="search"),
    re_path(rf"^{EVENT}/conflicts/?$", conflicts_api.ConflictsView.as_view(), name="conflicts"),
    re_path(
        r"^api/door/conflicts/(?P<conflict_id>[0-9]+)/settle/?$",
        conflicts_api.SettleView.as_view(),
        name="settle",
    ),
]
