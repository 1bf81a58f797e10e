"""A recent sign-in, asked for before a change that gives rights away or ends them.

The question stands in the form of the change itself, so nothing typed is lost.
"""

import time

from allauth.account.authentication import get_authentication_records
from allauth.account.forms import ReauthenticateForm
from allauth.account.internal.flows.reauthentication import reauthenticate_by_password
from allauth.core import ratelimit
from django.conf import settings
from django.forms.utils import ErrorDict

from orgs.http import MemberRequest

_TOO_MANY = "Too many attempts. Wait a minute, then try again."


# The library has no types, so to mypy its class is Any.
class _TooManyAttempts(ReauthenticateForm):  # type: ignore[misc]
    """The question, and why no answer is taken now: right and wrong fare the same."""

    def full_clean(self) -> None:
        self.cleaned_data: dict[str, str] = {}
        self._errors = ErrorDict()
        self.add_error("password", _TOO_MANY)


def confirm(request: MemberRequest) -> ReauthenticateForm | None:
    """Return the question for the password; None: there is nothing to ask.

    Effects: a right password in the request counts as a sign-in for
    ACCOUNT_REAUTHENTICATION_TIMEOUT seconds, and gives the session another id.
    """
    if _is_recent(request) or not request.user.has_usable_password():
        return None
    if "password" not in request.POST:
        return ReauthenticateForm(user=request.user)
    if not ratelimit.consume(request, action="reauthenticate", user=request.user):
        return _TooManyAttempts({}, user=request.user)
    form = ReauthenticateForm(request.POST, user=request.user)
    form.fields["password"].error_messages["required"] = "Enter your password."
    if form.is_valid():
        reauthenticate_by_password(request)
        request.session.cycle_key()
        return None
    return form


def _is_recent(request: MemberRequest) -> bool:
    oldest = time.time() - settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
    records = get_authentication_records(request, request.user)
    return any(record["at"] > oldest for record in records)
