"""The part of staff's forms in which a picture is uploaded, taken away or kept as it is."""

from functools import cached_property
from typing import Any

from django import forms
from django.contrib import admin
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from branding.models import Picture, PictureKind
from branding.pictures.storing import keep_picture
from branding.pictures.uploads import BadPicture

ACCEPTED = ".jpg,.jpeg,.png,.webp,.avif,.gif"
UPLOAD, REMOVE = "upload", "remove_picture"


class PictureField(forms.FileField):
    """An upload whose cleaned value is the picture that ``PictureAdmin`` has made of it before."""

    def __init__(self, **options: Any) -> None:
        widget = forms.FileInput(attrs={"accept": ACCEPTED})
        super().__init__(required=False, allow_empty_file=True, widget=widget, **options)

    def clean(self, data: Any, initial: Any = None) -> Picture | None:
        taken = getattr(data, "taken", None)
        if isinstance(taken, BadPicture):
            raise forms.ValidationError(str(taken))
        return taken


class PictureForm(forms.ModelForm):
    """A form whose row has a picture in the attribute ``picture_name``, of the kind ``picture_kind``."""

    picture_name = "picture"
    picture_kind = PictureKind.PHOTO

    upload = PictureField(label=_("Upload a picture"))
    remove_picture = forms.BooleanField(required=False, label=_("Remove the picture"))

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if not getattr(self.instance, f"{self.picture_name}_id"):
            self.fields.pop(REMOVE, None)

    @cached_property
    def changed_data(self) -> list[str]:
        """What was changed, by the names that the row's columns have."""
        named = super().changed_data
        others = [name for name in named if name not in (UPLOAD, REMOVE)]
        return others if others == named else [*others, self.picture_name]

    def save(self, commit: bool = True) -> Any:
        if picture := self.cleaned_data.get(UPLOAD):
            setattr(self.instance, self.picture_name, picture)
        elif self.cleaned_data.get(REMOVE):
            setattr(self.instance, self.picture_name, None)
        return super().save(commit)


class PictureAdmin(admin.ModelAdmin):
    """Admin pages with a ``PictureForm``."""

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Take the upload before the transaction in which the row is saved begins."""
        upload = request.FILES.get(UPLOAD) if request.method == "POST" else None
        if upload and self._may_upload(request, object_id):
            _take(upload, self.form.picture_kind)  # type: ignore[attr-defined]
        return super().changeform_view(request, object_id, form_url, extra_context)

    def _may_upload(self, request: HttpRequest, object_id: str | None) -> bool:
        if object_id is None:
            return self.has_add_permission(request)
        row = self.get_object(request, object_id)
        return row is not None and self.has_change_permission(request, row)


def _take(upload: UploadedFile, kind: PictureKind) -> None:
    """Note on ``upload`` the picture that it is, stored, or why it can't be taken."""
    try:
        taken: Picture | BadPicture = keep_picture(upload, kind)
    except BadPicture as error:
        taken = error
    upload.taken = taken  # type: ignore[attr-defined]
