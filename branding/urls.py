from django.urls import path, re_path, register_converter
from django.urls.converters import StringConverter

from branding import views


class Colour(StringConverter):
    """Match ``rrggbb``."""

    regex = "[0-9a-f]{6}"


class Seed(StringConverter):
    regex = "[0-9a-f]{12}"


class Digest(StringConverter):
    regex = "[0-9a-f]{32}"


class Ending(StringConverter):
    regex = "avif|webp|jpg|png"


register_converter(Colour, "colour")
register_converter(Seed, "seed")
register_converter(Digest, "digest")
register_converter(Ending, "picture_ending")

app_name = "branding"

urlpatterns = [
    path("pictures/<digest:digest>/<int:width>.<picture_ending:ending>", views.picture, name="picture"),
    path("art/<seed:seed>-<colour:brand>-<colour:action>-<seed:version>.svg", views.art, name="art"),
    path("branding/<colour:brand>-<colour:action>-<seed:version>.css", views.stylesheet, name="stylesheet"),
    # Django's own page for what isn't there needs what these answers do without (settings.MACHINE_PATHS).
    re_path("^(?:pictures|art|branding)/", views.nothing),
]
