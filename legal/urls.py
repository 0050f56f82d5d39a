from django.urls import path, register_converter
from django.urls.converters import StringConverter

from legal import views
from legal.models import Kind


class KindConverter(StringConverter):
    regex = "|".join(Kind.values)


register_converter(KindConverter, "legal_kind")

app_name = "legal"

urlpatterns = [
    path("<legal_kind:kind>/", views.page, name="page"),
    path("<legal_kind:kind>/<int:version>/", views.version, name="version"),
]
