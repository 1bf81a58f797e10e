"""Your account: the profile, one address for each of its forms."""

from functools import wraps
from typing import Any

from allauth.core import ratelimit
from django.conf import settings
from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from orgs import actions, answers, email_changes, http, times
from orgs.forms.account import AppearanceForm, EmailForm, TimeZoneForm
from orgs.forms.organizations import NameForm
from orgs.http import PersonRequest, View, form_view, is_htmx
from orgs.models import Membership
from orgs.reauthentication import confirm, hides_answer

_THEME_LASTS = 60 * 60 * 24 * 365  # seconds
_TOO_OFTEN = "Your name was changed often lately. Try again in an hour."
_TOO_SOON = (
    "A link was sent to this address lately. Look for it there, or try again in three "
    "minutes."
)


def _profile_form(view: View) -> View:
    """Take what a form of the profile sends.

    Somebody who had to sign in again comes back with a GET, and finds the profile.
    """

    @form_view
    @wraps(view)
    def wrapper(request: PersonRequest) -> HttpResponseBase:
        if request.method != "POST":
            return redirect("account_profile")
        return view(request)

    return wrapper


@require_safe
def profile(request: PersonRequest) -> HttpResponse:
    """Show what somebody can choose about their account."""
    return _page(request)


@_profile_form
def rename(request: PersonRequest) -> HttpResponse:
    """Change what pages call somebody."""
    form = NameForm(request.POST)
    # The audit logs of their organizations have each change.
    if form.is_valid() and not ratelimit.consume(request, action="rename"):
        form.add_error("name", _TOO_OFTEN)
    if not form.is_valid():
        return _page(request, name_form=form)
    name, origin = form.cleaned_data["name"], http.origin(request)
    actions.rename_user(request.user, name, origin=origin, at=timezone.now())
    return _saved(request, "Name saved.")


@_profile_form
def choose_time_zone(request: PersonRequest) -> HttpResponse:
    """Choose the zone in which pages say times."""
    form = TimeZoneForm(request.POST, user=request.user)
    if not form.is_valid():
        return _page(request, zone_form=form)
    actions.choose_time_zone(request.user, form.cleaned_data["time_zone"])
    timezone.activate(times.zone(request.user.time_zone))
    return _saved(request, "Time zone saved.")


@_profile_form
def choose_appearance(request: PersonRequest) -> HttpResponse:
    """Choose light or dark pages, for this browser."""
    form = AppearanceForm(request.POST)
    if not form.is_valid():
        return _page(request, theme_form=form)
    response = _saved(request, "Appearance saved for this browser.")
    if form.cleaned_data["theme"] == "system":
        response.delete_cookie("theme", samesite="Lax")
        return response
    response.set_cookie(
        "theme",
        form.cleaned_data["theme"],
        max_age=_THEME_LASTS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


@_profile_form
def choose_key_mails(request: PersonRequest) -> HttpResponse:
    """Choose of which organizations mails tell what happens to keys."""
    sent = request.POST.getlist("organization")
    offered = Membership.objects.of(request.user).who_get_key_mails()
    ids = [each.organization_id for each in offered]
    wanted = [each for each in ids if str(each) in sent]
    actions.choose_key_mails(request.user, wanted, at=timezone.now())
    return _saved(request, "Mails saved.")


@hides_answer
@_profile_form
def change_email(request: PersonRequest) -> HttpResponse:
    """Send a link to another address, which changes the email once it is opened."""
    form = EmailForm(request.POST, user=request.user)
    question = None
    if form.is_valid() and not (question := confirm(request)):
        email = form.cleaned_data["email"]
        if not email_changes.is_too_soon(request, request.user, email):
            actions.propose_address(request.user, email, at=timezone.now())
            email_changes.send_link(request.user)
            return _saved(request, "A link was sent to the new email.")
        form.add_error("email", _TOO_SOON)
    return _page(request, email_form=form, question=question)


@_profile_form
def resend_email_link(request: PersonRequest) -> HttpResponse:
    """Send the link to the new address again."""
    email = request.user.new_email
    if not email:
        messages.error(request, "There is no change of your email to confirm.")
    elif email_changes.is_too_soon(request, request.user, email):
        messages.error(request, _TOO_SOON)
    else:
        email_changes.send_link(request.user)
        messages.success(request, "The link was sent again.")
    return redirect("account_profile")


@_profile_form
def withdraw_email_change(request: PersonRequest) -> HttpResponse:
    """Keep the email; links that were sent no longer work."""
    actions.propose_address(request.user, "", at=timezone.now())
    return _saved(request, "Your email stays as it is.")


def _saved(request: PersonRequest, text: str) -> HttpResponse:
    if is_htmx(request):
        # The card alone is shown anew: what is typed into others stays.
        return answers.said(_page(request, saved=True), text)
    messages.success(request, text)
    return redirect("account_profile")


def _page(request: PersonRequest, *, saved: bool = False, **forms: Any) -> HttpResponse:
    """Render the profile; a form that was refused is shown as it was sent."""
    user = request.user
    theme = request.COOKIES.get("theme", "")
    memberships = list(Membership.objects.of(user))
    context: dict[str, Any] = {
        "name_form": NameForm(initial={"name": user.name}),
        "email_form": EmailForm(user=user),
        "zone_form": TimeZoneForm(user=user),
        "theme_form": AppearanceForm(
            initial={"theme": theme if theme in {"light", "dark"} else "system"}
        ),
        "memberships": memberships,
        "mailed": [each for each in memberships if each.gets_key_mails],
        "now": timezone.now(),
        "saved": saved,
    }
    context |= forms
    bound = [each for each in forms.values() if isinstance(each, BaseForm)]
    status = 422 if bound else 200
    return render(request, "account/profile.html", context, status=status)
