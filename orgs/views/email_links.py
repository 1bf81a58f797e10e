"""Where the link in a mail to a new address leads."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from orgs import actions, email_changes
from orgs.http import form_view, origin
from orgs.models import User
from orgs.refusals import AddressTaken


@login_not_required
@form_view
def confirm_email(request: HttpRequest, key: str) -> HttpResponse:
    """Change the email of whoever asked for the link, in whatever browser it is."""
    proposal = email_changes.proposal(key)
    user = User.objects.proposing(*proposal) if proposal else None
    if proposal is None or user is None:
        return render(request, "account/email_confirm.html", status=404)
    context = {"before": user.email, "after": proposal.email}
    if request.method != "POST":
        return render(request, "account/email_confirm.html", context)
    try:
        changed = actions.take_address(
            *proposal, origin=origin(request), at=timezone.now()
        )
    except AddressTaken:
        return render(request, "account/email_confirm.html", status=409)
    email_changes.tell_old_address(request, changed, user.email)
    messages.success(request, f"The email is now {changed.email}.")
    return redirect("account_profile" if request.user == changed else "account_login")
