"""The forms of account managers about organizations."""

from typing import Any

from django import forms
from django.contrib.admin.widgets import (
    AdminBigIntegerFieldWidget,
    AdminIntegerFieldWidget,
    AdminTextInputWidget,
)
from django.core.exceptions import ValidationError

from orgs import names
from orgs.models import MOST_KEYS, Quota, User
from orgs.quotas import MOST_UNITS, QuotaKind

# What is set of each kind of quota: fields are named like data_rows_limit.
QUOTA_FIELDS = ("used", "limit", "renews_on")


def _amount(label: str) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        required=False,
        min_value=0,
        max_value=MOST_UNITS,
        widget=AdminBigIntegerFieldWidget,
    )


def _limit() -> forms.IntegerField:
    field = _amount("Limit")
    field.help_text = "Empty: no limit."
    return field


def _renewal() -> forms.DateField:
    return forms.DateField(
        label="Renews on", required=False, widget=forms.DateInput({"type": "date"})
    )


# Django's classes take no type arguments at run time.
class TermsForm(forms.ModelForm):  # type: ignore[type-arg]
    """What an account manager decides about an organization."""

    key_limit = forms.IntegerField(
        min_value=0, max_value=MOST_KEYS, widget=AdminIntegerFieldWidget
    )
    locked = forms.BooleanField(
        required=False,
        help_text="While locked, members can look and remove keys; keys are refused.",
    )
    data_rows_used = _amount("Used")
    data_rows_limit = _limit()
    data_rows_renews_on = _renewal()
    compute_credits_used = _amount("Used")
    compute_credits_limit = _limit()
    compute_credits_renews_on = _renewal()
    # Members and invitations are counted.
    collaborators_limit = _limit()
    collaborators_renews_on = _renewal()
    new_owner = forms.EmailField(
        label="New Owner",
        required=False,
        widget=AdminTextInputWidget,
        help_text=(
            "Email of an account that becomes the Owner; whoever is the Owner becomes "
            "an Admin. Empty: nothing changes."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["locked"] = self.instance.is_locked
        rows = {each.kind: each for each in Quota.objects.of(self.instance)}
        for kind in QuotaKind:
            row = rows.get(kind.value, Quota(kind=kind.value))
            for name in QUOTA_FIELDS:
                self.initial[f"{kind}_{name}"] = getattr(row, name)
        for field in self.fields.values():
            # What somebody else changed since the page was opened is left alone.
            field.show_hidden_initial = True

    def clean_account_manager_name(self) -> str:
        name = self.cleaned_data["account_manager_name"]
        return _name(name) if name else ""

    def clean_new_owner(self) -> User | None:
        email = self.cleaned_data["new_owner"]
        if not email:
            return None
        user = User.objects.with_email(email)
        if user is None:
            raise ValidationError("There is no account with this address.")
        return _active(user)

    def changed_quota(self, kind: QuotaKind) -> dict[str, Any]:
        """Return what was changed of one kind, as set_quota() takes it."""
        changed = {
            field: self.cleaned_data[f"{kind}_{field}"]
            for field in QUOTA_FIELDS
            if f"{kind}_{field}" in self.changed_data
        }
        # Emptied.
        return changed | ({"used": changed["used"] or 0} if "used" in changed else {})


# Django's classes take no type arguments at run time.
class AddForm(forms.ModelForm):  # type: ignore[type-arg]
    """A new organization and its Owner."""

    owner_email = forms.EmailField(
        label="Email of the Owner",
        max_length=254,
        widget=AdminTextInputWidget,
        help_text=(
            "An account is made where there is none; its owner gets a mail with a link "
            "to choose a password."
        ),
    )

    def clean_name(self) -> str:
        return _name(self.cleaned_data["name"])

    def clean_owner_email(self) -> str:
        email: str = self.cleaned_data["owner_email"]
        if user := User.objects.with_email(email):
            _active(user)
        return email


def _name(text: str) -> str:
    try:
        return names.clean(text)
    except names.InvalidName as error:
        raise ValidationError(str(error)) from error


def _active(user: User) -> User:
    if not user.is_active:
        raise ValidationError("This account is suspended.")
    return user
