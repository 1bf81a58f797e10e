"""What people fill in to invite, join, change a role and hand over the ownership."""

from typing import Any

from django import forms
from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError

from orgs import addresses
from orgs.forms.fields import NameField, SearchField
from orgs.models import Organization, User
from orgs.refusals import AddressesRefused
from orgs.roles import INVITED, Role

# Enough for as many addresses as can be invited at once, with names around them.
_LONGEST_TEXT = 50_000


class RoleField(forms.ChoiceField):
    """Admin or Member."""

    def __init__(self) -> None:
        super().__init__(
            choices=[(role.value, role.label) for role in INVITED],
            error_messages={
                "required": "Choose a role.",
                "invalid_choice": "Choose Admin or Member.",
            },
        )


class MemberFilterForm(forms.Form):
    """The search box; what is not understood is left out."""

    q = SearchField()

    @property
    def text(self) -> str:
        """What is searched for."""
        self.is_valid()
        return str(self.cleaned_data.get("q", ""))


class InviteForm(forms.Form):
    """Addresses, as they are typed or pasted, and the role for all of them."""

    emails = forms.CharField(
        required=False,
        max_length=_LONGEST_TEXT,
        error_messages={
            "max_length": f"Invite {addresses.MOST} people or fewer at a time.",
            "null_characters_not_allowed": "Enter email addresses only.",
        },
    )
    role = RoleField()

    def clean_emails(self) -> list[str]:
        """Return the addresses in lower case, each once."""
        try:
            return addresses.clean(addresses.split(self.cleaned_data["emails"]))
        except AddressesRefused as refused:
            raise ValidationError(refused.sentences) from refused

    @property
    def role_value(self) -> Role:
        """The chosen role."""
        return Role(self.cleaned_data["role"])


class RoleForm(forms.Form):
    """Change role."""

    role = RoleField()

    @property
    def role_value(self) -> Role:
        """The chosen role."""
        return Role(self.cleaned_data["role"])


class OfferForm(forms.Form):
    """Transfer ownership: the organization's name is typed."""

    confirmation = forms.CharField(required=False, max_length=1000)

    def __init__(self, *args: Any, organization: Organization, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.organization = organization

    def clean_confirmation(self) -> str:
        """Compare what was typed with the organization's name."""
        typed, name = str(self.cleaned_data["confirmation"]), self.organization.name
        if typed.strip() != name:
            raise ValidationError(f"The name does not match. Type {name} exactly.")
        return typed


class NewAccountForm(forms.Form):
    """Who joins an organization without an account: a name and a password."""

    name = NameField()
    password1 = forms.CharField(
        strip=False,
        max_length=1000,
        error_messages={
            "required": "Enter a password.",
            "max_length": "Use a shorter password.",
        },
    )
    password2 = forms.CharField(
        strip=False,
        max_length=1000,
        error_messages={
            "required": "Enter the password again.",
            "max_length": "Use a shorter password.",
        },
    )

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email

    def clean(self) -> dict[str, Any]:
        """Hold the password against the rules, and both against each other."""
        cleaned = super().clean() or self.cleaned_data
        password = cleaned.get("password1")
        if password is not None:
            user = User(email=self.email, name=cleaned.get("name", ""))
            try:
                password_validation.validate_password(password, user)
            except ValidationError as error:
                self.add_error("password1", error)
        if password and cleaned.get("password2", password) != password:
            self.add_error("password2", "The passwords do not match.")
        return cleaned
