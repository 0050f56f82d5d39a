from typing import Any

from django.core.exceptions import ValidationError
from rest_framework import serializers

from bookings.addresses.normal_form import normalize_address


class AddressSerializerField(serializers.EmailField):
    """An address in the API: its validated value is in the normal form, or its error says why not."""

    def to_internal_value(self, data: Any) -> str:
        try:
            return normalize_address(super().to_internal_value(data))
        except ValidationError as error:
            raise serializers.ValidationError(error.messages, code=str(error.code)) from error
