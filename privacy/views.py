import json

from django.core.serializers.json import DjangoJSONEncoder
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from customers.accounts import address_of
from customers.claims import signed_in_user
from privacy.exporting import export
from privacy.person import Person


@require_POST
@never_cache
def export_own(request: HttpRequest) -> HttpResponse:
    """Answer with all that is kept about the customer who is signed in. Not for staff."""
    customer = signed_in_user(request)
    if customer is None:
        return redirect(f"{resolve_url('account_login')}?next={resolve_url('account_email')}")
    if customer.is_staff or customer.is_superuser:
        raise Http404
    return file_of(Person(address_of(customer)))


def file_of(person: Person) -> HttpResponse:
    """Return the export about ``person`` as a file to keep."""
    content = json.dumps(export(person), cls=DjangoJSONEncoder, indent=1, ensure_ascii=False)
    content = content.encode("utf-8", "backslashreplace").decode()
    name = f"my-data-{timezone.localdate():%Y-%m-%d}.json"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return HttpResponse(content, "application/json", headers=headers)
