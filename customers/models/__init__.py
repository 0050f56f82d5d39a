"""Tables about accounts and visitors: codes, browsers, requests, sign-ins, and when sessions ended."""

from customers.models.known_device import KnownDevice
from customers.models.mailed_code import MailedCode, Purpose
from customers.models.request_count import RequestCount
from customers.models.session_generation import SessionGeneration
from customers.models.sign_in_event import Factor, SignInEvent, Step, subject_of

__all__ = [
    "Factor",
    "KnownDevice",
    "MailedCode",
    "Purpose",
    "RequestCount",
    "SessionGeneration",
    "SignInEvent",
    "Step",
    "subject_of",
]
