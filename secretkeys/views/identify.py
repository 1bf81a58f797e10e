"""Which key is this? Asked with what is public of it."""

from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.debug import sensitive_post_parameters
from django_htmx.http import HttpResponseClientRedirect

from orgs.access import member_view
from orgs.http import MemberRequest, form_view, is_htmx, posted
from orgs.roles import Ability
from secretkeys import keyformat
from secretkeys.forms import IdentifyForm
from secretkeys.found_keys import beginning_with
from secretkeys.models import SecretKey
from secretkeys.status import Status
from secretkeys.views.answers import dialog, list_url


@form_view
@sensitive_post_parameters("key")
@member_view(Ability.VIEW_KEYS)
def key_identify(request: MemberRequest) -> HttpResponse:
    """Lead to the row of a key that somebody has found."""
    form = IdentifyForm.of(posted(request))
    if form.is_valid():
        found = beginning_with(request.organization, form.begins)
        if found:
            url = f"{list_url(request)}?{_query(form.begins, found)}"
            return (
                HttpResponseClientRedirect(url) if is_htmx(request) else redirect(url)
            )
        form.refuse_unknown()
    return dialog(request, "identify", form)


def _query(begins: str, found: list[SecretKey]) -> str:
    """Return what the table is asked for: the row, or all of several."""
    if len(found) == 1:
        return urlencode({"key": found[0].key_id})
    asked = {"q": keyformat.PREFIX + begins}
    if all(key.is_removed for key in found):
        asked["status"] = Status.REMOVED.value
    return urlencode(asked)
