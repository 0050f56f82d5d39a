"""Procrastinate's list of jobs, without the inline styles that our Content-Security-Policy blocks."""

import re

from django.contrib import admin
from django.utils.safestring import SafeString, mark_safe
from procrastinate.contrib.django.admin import ProcrastinateJobAdmin
from procrastinate.contrib.django.models import ProcrastinateJob

STYLE = re.compile(r' style="[^"]*"')

admin.site.unregister(ProcrastinateJob)


def _without_styles(html: str) -> SafeString:
    return mark_safe(STYLE.sub("", html))  # noqa: S308 - Procrastinate has escaped it.


@admin.register(ProcrastinateJob)
class JobAdmin(ProcrastinateJobAdmin):
    @admin.display(description="Args")
    def pretty_args(self, instance: ProcrastinateJob) -> str:
        return _without_styles(super().pretty_args(instance))

    @admin.display(description="Summary")
    def summary(self, instance: ProcrastinateJob) -> str:
        return _without_styles(super().summary(instance))
