"""Who an identity provider signs in."""

import unicodedata
from typing import Any, cast

from allauth.account.models import EmailAddress
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.providers.base import AuthError
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from orgs.actions import create_invited_account
from orgs.models import User
from orgs.refusals import NotInvited


def not_working(request: HttpRequest) -> HttpResponse:
    """Say that the provider could not be asked, or gave no answer of use."""
    return render(request, "socialaccount/authentication_error.html", status=502)


# The library has no types, so to mypy its class is Any.
class SocialAccountAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Signs in accounts that exist, and makes new ones for the invited alone."""

    def authenticate_by_email(self, sociallogin: Any) -> tuple[User, str] | None:
        """Find the account of an address that both sides know to be the person's.

        Some providers say "false" in a string; and an address that somebody merely
        typed into their account here must not draw others into it.
        """
        email = _vouched_email(sociallogin)
        # All are kept in lower case. Databases take some letters for others.
        known = EmailAddress.objects.filter(email=email, verified=True)
        found = known.select_related("user").first() if email else None
        return (found.user, found.email) if found and found.email == email else None

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Make the account of somebody who is invited; turn everybody else away.

        Raises:
            ImmediateHttpResponse: the page that says why.
        """
        # The library could also add the provider's account to the one signed in here.
        if sociallogin.state.get("process") != "login":
            raise ImmediateHttpResponse(redirect("account_login"))
        if sociallogin.account.pk:
            return
        email = _vouched_email(sociallogin)
        if not email:
            raise ImmediateHttpResponse(_no_account(request, ""))
        try:
            with transaction.atomic():
                sociallogin.connect(request, _user(sociallogin, email))
        except NotInvited:
            raise ImmediateHttpResponse(_no_account(request, email)) from None
        except IntegrityError:
            # They came back in another window at the same moment.
            sociallogin.user = None
            sociallogin.lookup()

    def on_authentication_error(
        self, request: HttpRequest, provider: Any, error: Any = None, **kwargs: Any
    ) -> None:
        """Lead back whoever changed their mind; say that the rest did not work.

        Raises:
            ImmediateHttpResponse: the page, instead of the library's own.
        """
        if error == AuthError.CANCELLED:
            messages.info(request, "You were not signed in.")
            raise ImmediateHttpResponse(redirect("account_login"))
        raise ImmediateHttpResponse(not_working(request))


def _user(sociallogin: Any, email: str) -> User:
    """Return whose address it is, or a new account for somebody who is invited."""
    if sociallogin.is_existing:
        return cast(User, sociallogin.user)
    name = sociallogin.account.get_provider_account().get_user_data().get("name")
    return create_invited_account(email, name or "", at=timezone.now())


def _vouched_email(sociallogin: Any) -> str:
    """Return the address that the provider has verified, in lower case, or nothing.

    Nothing, too, for a sign that only looks like a letter: lower case, which the
    library has made already, turns the Kelvin sign into a k.
    """
    said = sociallogin.account.get_provider_account().get_user_data().get("email")
    if not unicodedata.is_normalized("NFKC", str(said)):
        return ""
    for address in sociallogin.email_addresses:
        if address.verified is True or address.verified == "true":
            return str(address.email)
    return ""


def _no_account(request: HttpRequest, email: str) -> HttpResponse:
    sentence = str(NotInvited(email)) if email else ""
    context = {"sentence": sentence}
    return render(request, "socialaccount/no_account.html", context, status=403)
