"""How django-allauth behaves in this product."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ReauthenticationRequired
from allauth.core.internal import ratelimit
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from orgs import actions, devices, mails, sessions
from orgs.http import client_address, origin
from orgs.models import User
from orgs.outbox import EmailBackend
from orgs.password_links import password_link
from orgs.reauthentication import has_app, is_recent
from orgs.sign_in import known_browsers

SECOND_FACTOR_STAGE = "orgs.sign_in.stages.SecondFactorStage"


# The library has no types, so to mypy its class is Any.
class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Mails lead to the configured origin, whatever Host header a request came with."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": "The email or the password is not correct.",
        "enter_current_password": "The current password is not correct.",
        "incorrect_password": "The password is not correct.",
        "too_many_login_attempts": (
            "Too many attempts to sign in. Wait a few minutes, then try again."
        ),
        "rate_limited": "Too many attempts. Wait a few minutes, then try again.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """People get in by an account that somebody made for them."""
        return False

    def is_safe_url(self, url: str) -> bool:
        """Lead on to own paths only, not even to other names of this server."""
        return url_has_allowed_host_and_scheme(url, allowed_hosts=None)

    def get_client_ip(self, request: HttpRequest) -> str:
        return sessions.clean_address(client_address(request))

    def post_login(
        self, request: HttpRequest, user: User, *, signup: bool, **kwargs: Any
    ) -> HttpResponse:
        """Tell people of a browser that they had not signed in from before."""
        response: HttpResponse = super().post_login(
            request, user, signup=signup, **kwargs
        )
        # Whoever has only now got an account knows that they are there.
        if not (signup or known_browsers.is_known(request, user)):
            mails.new_sign_in(
                user,
                device=devices.device(self.get_http_user_agent(request)),
                address=client_address(request) or "unknown",
                at=timezone.now(),
            )
        known_browsers.remember(request, response, user)
        return response

    def get_login_stages(self) -> list[str]:
        """Put our second factor in the place of the library's."""
        ours = {"allauth.mfa.stages.AuthenticateStage": SECOND_FACTOR_STAGE}
        return [ours.get(path, path) for path in super().get_login_stages()]

    def set_password(self, user: User, password: str) -> None:
        actions.choose_password(
            user, password, origin=origin(self.request), at=timezone.now()
        )

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count wrong passwords by address, whosever they are.

        The library would count them by account too: strangers could then lock
        somebody out. A right password is taken off again by authenticate().
        """
        self._login_failed_rl_usage = ratelimit.consume(
            request, app="allauth.account", action="wrong_password"
        )
        if not self._login_failed_rl_usage:
            raise self.validation_error("too_many_login_attempts")

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Ask as the product's own dialogs do: a recent sign-in is enough.

        Raises:
            ReauthenticationRequired: the account has nothing that the library could
                ask for, which it would take as leave to ask nothing.
        """
        user = self.request.user
        if is_recent(self.request, user):
            return False
        if not user.has_usable_password() and not user.has_second_factor:
            raise ReauthenticationRequired
        return True

    def get_reauthentication_methods(self, user: User) -> list[dict[str, Any]]:
        """Return the pages that somebody can confirm who they are on, best first."""
        words = {
            "reauthenticate": "Use your password",
            "mfa_reauthenticate": "Use a code",
            "mfa_reauthenticate:webauthn": "Use a passkey",
        }
        methods = super().get_reauthentication_methods(user)
        for method in methods:
            method["description"] = words[method["id"]]
        # Without an app the only codes are those for emergencies.
        if not has_app(user):
            methods.sort(key=lambda method: method["id"] == "mfa_reauthenticate")
        again = reverse("account_sign_in_again")
        return [
            *methods,
            {"id": "sign_in_again", "description": "Sign in again", "url": again},
        ]

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("mfa_index")

    def get_reset_password_from_key_url(self, key: str) -> str:
        path = reverse("account_reset_password_from_key", args=["UID", "KEY"])
        return settings.PUBLIC_ORIGIN + path.replace("UID-KEY", key)

    def get_email_confirmation_url(self, request: HttpRequest, row: Any) -> str:
        return mails.absolute(super().get_email_confirmation_url(request, row))

    def send_confirmation_mail(self, *args: Any, **kwargs: Any) -> None:
        """Send no link to whoever signs in by an unverified address.

        No account has one (UserManager.create_user); were there one, whoever made it
        knows no more than its password.
        """

    def send_mail(
        self, template_prefix: str, email: str, context: dict[str, Any]
    ) -> None:
        context |= {
            "email": email,
            "origin": settings.PUBLIC_ORIGIN,
            "device": devices.device(context.get("user_agent", "")),
        }
        if template_prefix == "account/email/unknown_account":
            # Nobody gets a mail, after as long as somebody would: how fast the page
            # answers does not tell who has an account.
            template_prefix = "account/email/password_reset_key"
            context["password_reset_url"] = password_link(User(pk=0))
            message = self.render_mail(template_prefix, email, context, mails.HEADERS)
            message.to = []
            EmailBackend().send_messages([message])
            return
        self.render_mail(template_prefix, email, context, mails.HEADERS).send()
