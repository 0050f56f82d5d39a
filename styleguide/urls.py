from django.urls import path

from styleguide.views import styleguide

urlpatterns = [path("", styleguide)]
