"""The steps of signing in that django-allauth has no page for."""

import logging
from collections.abc import Callable

from allauth.account.adapter import get_adapter
from allauth.mfa.adapter import get_adapter as get_mfa_adapter
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect import views as openid
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from requests import RequestException

from orgs.http import PersonRequest
from orgs.sign_in.single_sign_on import not_working

logger = logging.getLogger(__name__)

# What an unreachable provider raises, and one that sends something else than it should.
_PROVIDER_FAILS = (
    RequestException,
    OAuth2Error,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
)


@require_safe
def sign_in_again(request: HttpRequest) -> HttpResponse:
    """Let somebody whom nothing else can confirm sign in anew."""
    wanted = request.GET.get("next", "")
    target = wanted if get_adapter(request).is_safe_url(wanted) else ""
    return render(request, "account/sign_in_again.html", {"target": target})


@require_safe
def confirmed(request: HttpRequest) -> HttpResponse:
    """Send somebody who confirmed who they are in a new tab back to the other one."""
    return render(request, "account/confirmed.html")


@require_safe
def qr_code(request: PersonRequest) -> HttpResponse:
    """Draw what an authenticator app scans: the secret that is being set up."""
    secret = request.session.get(SECRET_SESSION_KEY)
    if not secret:
        raise Http404
    adapter = get_mfa_adapter()
    url = adapter.build_totp_url(request.user, secret)
    response = HttpResponse(adapter.build_totp_svg(url), content_type="image/svg+xml")
    response["Cache-Control"] = "no-store"
    return response


@login_not_required
def single_sign_on(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Lead to the identity provider."""
    return _ask_provider(openid.login, request, provider_id)


@login_not_required
def single_sign_on_callback(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Take what the identity provider says of somebody."""
    return _ask_provider(openid.callback, request, provider_id)


def _ask_provider(
    view: Callable[..., HttpResponse], request: HttpRequest, provider_id: str
) -> HttpResponse:
    try:
        return view(request, provider_id=provider_id)
    except _PROVIDER_FAILS as error:
        logger.warning("The identity provider failed: %s", type(error).__name__)
        return not_working(request)
