"""Which keys somebody looks after."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable

from django.db import models
from django.db.models.functions import Coalesce

from orgs.models import Organization
from secretkeys.models import SecretKey
from secretkeys.periods import Period, Window


def keys_left_by(
    organization: Organization, user_id: int, *, at: dt.datetime
) -> list[SecretKey]:
    """Return the keys that somebody looks after, the most used first.

    Sets ``requests`` of each, counted like requests_7_days(), and ``predecessors``: the
    keys it has replaced that still work, whoever made them. They are not listed. All of
    them get a ``shown_badge``, which says nothing of denials.
    """
    lately = models.Q(usage_days__day__gte=Window.ending(Period.WEEK, at).start.date())
    counted = Coalesce(models.Sum("usage_days__count", filter=lately), 0)
    keys = SecretKey.objects.of(organization).made_or_kept_by(user_id).not_over(at)
    used_first = models.F("last_used_at").desc(nulls_last=True)
    found = keys.annotate(requests=counted)
    before = _predecessors(organization, at=at)
    listed = list(found.order_by("-requests", used_first, "key_id"))
    for key in listed:
        key.predecessors = before[key.pk]
        for each in (key, *key.predecessors):
            each.shown_badge = each.badge_at(at)
    covered = {old.pk for key in listed for old in key.predecessors}
    return [key for key in listed if key.pk not in covered]


def _predecessors(
    organization: Organization, *, at: dt.datetime
) -> dict[str, list[SecretKey]]:
    """Return replaced keys that still work by the id of every key that came after."""
    keys = SecretKey.objects.of(organization)
    working = list(keys.overlapping(at).to_settle().order_by("-created_at"))
    after = {key.pk: key.replaced_by_id for key in working}
    while unknown := {pk for pk in after.values() if pk} - after.keys():
        after |= keys.successors_of(unknown)
    found: dict[str, list[SecretKey]] = defaultdict(list)
    for key in working:
        successor = key.replaced_by_id
        while successor:
            found[successor].append(key)
            successor = after[successor]
    return found


def keys_kept(
    organization: Organization, user_ids: Iterable[int]
) -> dict[int | None, int]:
    """Return how many keys each of these people looks after; one query."""
    keys = SecretKey.objects.of(organization).current().not_replaced()
    person = Coalesce("keeper", "created_by")
    kept = keys.annotate(person=person).filter(person__in=list(user_ids))
    counts = kept.values_list("person").annotate(count=models.Count("pk"))
    return dict(counts.order_by())
