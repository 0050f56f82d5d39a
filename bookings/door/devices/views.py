"""What the door's views have in common."""

from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.views import APIView

from bookings.door.devices.authentication import AtTheDoor, DoorAuthentication
from bookings.models import Device
from config.errors import ApiError


class DoorView(APIView):
    """A view for paired devices: ``request.auth`` is the ``Device``."""

    authentication_classes = [DoorAuthentication]
    permission_classes = [AtTheDoor]

    @staticmethod
    def supervisor(request: Request) -> Device:
        """Return the device that asks; raise ``ApiError`` unless it is a supervisor's."""
        device: Device = request.auth  # type: ignore[assignment]
        if not device.is_supervisors:
            raise ApiError(403, "supervisor_only", _("Only a supervisor can do this."))
        return device
