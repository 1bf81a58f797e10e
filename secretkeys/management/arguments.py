"""Arguments that several commands take."""

import uuid

from django.core.management.base import CommandError

from orgs.models import Organization


def find_organization(text: str) -> Organization:
    """Return the organization with an id as typed."""
    try:
        return Organization.objects.get(pk=uuid.UUID(text))
    except (ValueError, Organization.DoesNotExist):
        raise CommandError(f"There is no organization with the id {text!r}.") from None
