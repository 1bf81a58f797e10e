"""What the address of a page names, within the organization of the request."""

import re

from django.http import Http404
from django.utils import timezone

from orgs.http import MemberRequest
from secretkeys.models import Denial, SecretKey

_REFERENCE = re.compile("[0-9a-f]{32}")


def find_key(request: MemberRequest, key_id: str) -> SecretKey:
    """Return a key of the request's organization; others do not exist."""
    try:
        return SecretKey.objects.of(request.organization).for_page().get(key_id=key_id)
    except SecretKey.DoesNotExist:
        raise Http404("No such key.") from None


def is_reference(text: str) -> bool:
    """Tell whether ``text`` has the shape of a request id."""
    return _REFERENCE.fullmatch(text) is not None


def find_denial(request: MemberRequest, reference: str) -> Denial | None:
    """Return why a request was refused, while its reference is kept."""
    if not is_reference(reference):
        return None
    denials = Denial.objects.of(request.organization).kept(timezone.now())
    return denials.with_reference(reference).first()
