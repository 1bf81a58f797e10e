"""What the pages of signing in have to know that the library does not tell them."""

from typing import Any

from django import template
from django.conf import settings

from orgs.models import Membership, Organization
from orgs.reauthentication import has_app
from orgs.sign_in import second_factors

register = template.Library()
register.filter("has_app", has_app)


@register.simple_tag(takes_context=True)
def passkeys_work(context: dict[str, Any]) -> bool:
    """Whether browsers take passkeys on this page."""
    return second_factors.passkeys_work(context["request"])


@register.simple_tag(takes_context=True)
def waiting_organization(context: dict[str, Any]) -> Organization | None:
    """Return the organization somebody came from that waits for a second factor.

    None while they have none, and where the organization asks for none.
    """
    request = context["request"]
    pk = request.session.get("organization_id")
    found = Membership.objects.of(request.user).filter(
        organization_id=pk, organization__second_factor_required=True
    )
    membership = found.first() if pk and request.user.has_second_factor else None
    return membership.organization if membership else None


@register.simple_tag
def passkey_origin() -> str:
    """Return the address that passkeys work at; empty: none does."""
    return second_factors.passkey_origin()


@register.simple_tag
def identity_provider() -> Any:
    """Return the provider that people may sign in with, or None."""
    return settings.SINGLE_SIGN_ON


@register.filter
def lines(texts: list[str]) -> str:
    """Return texts as they are copied: each on a line of its own."""
    return "\n".join(texts)
