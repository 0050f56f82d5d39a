import unicodedata

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings.mail.outgoing import one_line
from bookings.validators import is_readable

LONGEST_SUBJECT, LONGEST_TEXT = 150, 10_000


class AnnouncementForm(forms.Form):
    """Asks for an announcement's words. ``form_id`` makes it one, however often the form is sent."""

    form_id = forms.UUIDField(widget=forms.HiddenInput)
    subject = forms.CharField(
        label=gettext_lazy("Subject"),
        max_length=LONGEST_SUBJECT,
        widget=forms.TextInput(attrs={"size": 80}),
    )
    text = forms.CharField(
        label=gettext_lazy("Text"),
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 16, "cols": 80}),
        help_text=gettext_lazy(
            "Plain text; a blank line starts a paragraph. Sent as written, between a greeting and "
            "the booking number in each customer’s language."
        ),
    )

    def clean_subject(self) -> str:
        return one_line(unicodedata.normalize("NFC", self.cleaned_data["subject"]))

    def clean_text(self) -> str:
        text = (
            unicodedata.normalize("NFC", self.cleaned_data["text"]).replace("\r\n", "\n").replace("\r", "\n")
        )
        if not all(character in "\n\t" or is_readable(character) for character in text):
            raise forms.ValidationError(_("It contains unreadable characters."))
        return text
