"""What pages about people and organizations say of keys, which orgs knows nothing of."""

from collections.abc import Iterable

from django import template
from django.utils import timezone

from orgs.models import Membership, Organization, User
from orgs.quotas import Meter
from secretkeys.kept_keys import keys_kept
from secretkeys.models import SecretKey

register = template.Library()


@register.simple_tag
def with_keys(
    members: Iterable[Membership], organization: Organization
) -> list[tuple[Membership, int]]:
    """Return each member with how many keys they look after.

    One query, however many members.
    """
    rows = list(members)
    counts = keys_kept(organization, [each.user_id for each in rows])
    return [(member, counts.get(member.user_id, 0)) for member in rows]


@register.simple_tag
def key_meter(organization: Organization) -> Meter:
    """Return how many keys there are of how many there may be."""
    keys = SecretKey.objects.of(organization).counted(timezone.now())
    return Meter(keys.count(), organization.key_limit)


@register.simple_tag
def keys_of(organization: Organization, user: User) -> int:
    """Count the keys that somebody looks after and nobody has removed."""
    return SecretKey.objects.of(organization).left_by(user.pk).count()
