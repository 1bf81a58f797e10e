"""People, organizations and everything that both keep."""

from orgs.models.catalogue import CatalogueEntry, CatalogueEntryQuerySet
from orgs.models.events import AuditChain, AuditEvent
from orgs.models.folded import FoldedName
from orgs.models.invitations import Invitation, OwnershipOffer
from orgs.models.organizations import MOST_KEYS, Organization
from orgs.models.people import Membership, User
from orgs.models.quotas import Quota

__all__ = [
    "MOST_KEYS",
    "AuditChain",
    "AuditEvent",
    "CatalogueEntry",
    "CatalogueEntryQuerySet",
    "FoldedName",
    "Invitation",
    "Membership",
    "Organization",
    "OwnershipOffer",
    "Quota",
    "User",
]
