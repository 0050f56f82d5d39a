"""Why a membership can't be bought: the words for the page and for the API, and the API's status and code."""

from django.utils.translation import gettext as _

from config.errors import ApiError
from config.schema import Errors
from legal.terms import TermsNotAccepted
from payments.gateway.errors import StripeRefused, StripeUnavailable
from payments.memberships.checkout import AlreadySubscribed
from payments.pause import SalesPaused
from payments.web.errors import explain as explain_checkout

REFUSALS = (SalesPaused, TermsNotAccepted, AlreadySubscribed, StripeUnavailable, StripeRefused)
SUBSCRIBING: Errors = {
    401: {"not_signed_in": {}},
    404: {"unknown_plan": {}},
    409: {"already_subscribed": {}, "not_on_sale": {}},
}


def explain(refusal: Exception) -> ApiError:
    """Return the HTTP status, the code and the sentence for one of ``REFUSALS``."""
    if isinstance(refusal, AlreadySubscribed):
        message = _("You already have a membership: %(plan)s.") % {"plan": refusal.subscription.plan.name}
        return ApiError(409, "already_subscribed", message)
    return explain_checkout(refusal)
