"""What an organization uses of what it may use."""

import datetime as dt
from dataclasses import dataclass

from orgs.models import Invitation, Membership, Organization, Quota
from orgs.quotas import Meter, QuotaKind


@dataclass(frozen=True, slots=True)
class Resource:
    """One kind with what is used of it."""

    kind: QuotaKind
    meter: Meter
    renews_on: dt.date | None = None
    # What is there is counted, so nothing renews; else that is said.
    note: str = ""


def collaborators(organization: Organization, *, at: dt.datetime) -> int:
    """Count members and invitations that can still be accepted."""
    return sum(_collaborators(organization, at=at))


def resources(organization: Organization, *, at: dt.datetime) -> list[Resource]:
    """Return every kind, in the order pages show them; without a row, no limit."""
    rows = {each.kind: each for each in Quota.objects.of(organization)}
    found = []
    for kind in QuotaKind:
        row = rows.get(kind.value, Quota(organization=organization, kind=kind.value))
        meter, note = row.meter, ""
        if kind is QuotaKind.COLLABORATORS:
            members, invited = _collaborators(organization, at=at)
            meter = Meter(members + invited, row.limit)
            note = f"{members} member{'' if members == 1 else 's'}, {invited} invited"
        found.append(Resource(kind, meter, row.renews_on, note))
    return found


def _collaborators(organization: Organization, *, at: dt.datetime) -> tuple[int, int]:
    members = Membership.objects.of_organization(organization.pk).count()
    return members, Invitation.objects.of(organization).open_at(at).count()
