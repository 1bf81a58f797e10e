"""The part of the Vi API that this server owns: the organization itself.

Shapes are those the client decodes (vi-sdk 0.1.0b7): camelCase, "workspace" for
organization, times as Unix milliseconds.
"""

import datetime as dt
import json
from typing import Any

from django.http import HttpResponse, JsonResponse
from django.utils import timezone

from orgs import names
from orgs.actions import remove_member, rename_organization
from orgs.audit import Actor
from orgs.http import origin
from orgs.models import Membership, Organization
from orgs.quotas import Meter, QuotaKind
from orgs.refusals import NotAMember, OrganizationLocked, OwnerRequired
from orgs.resources import resources
from secretkeys.api import errors
from secretkeys.api.decorators import KeyRequest, requires_key
from secretkeys.grants import Access, Resource
from secretkeys.models import SecretKey
from secretkeys.outcomes import Outcome

# The plan catalogue: a self-hosted server has one.
PLANS = {"self_hosted": {"planId": "self_hosted", "spec": {"name": "Self-hosted"}}}
# The client insists on a billing object; this server bills nobody.
_BILLING = {
    "payer": "",
    "email": "",
    "subscriberId": "",
    "ledger": [],
    "tier": "Self-hosted",
}
# What the wire calls what is limited, beside secret keys.
_WIRE_NAMES = {
    QuotaKind.DATA_ROWS: "dataRows",
    QuotaKind.COMPUTE_CREDITS: "computeCredits",
    QuotaKind.COLLABORATORS: "collaborators",
}

_LARGEST_BODY = 64 * 1024


class BadBody(Exception):
    """The request's body cannot be taken; the message says why."""


@requires_key
def organization_list(request: KeyRequest) -> HttpResponse:
    """GET /workspaces: the one organization that the key belongs to."""
    return _page([_organization(request, _own(request))])


@requires_key
def organization(request: KeyRequest, organization_id: str) -> HttpResponse:
    """GET and PATCH /workspaces/{org}."""
    if request.method == "PATCH":
        return _update(request)
    return JsonResponse(_organization(request, _own(request)))


@requires_key
def collaborator_list(request: KeyRequest, organization_id: str) -> HttpResponse:
    """GET /workspaces/{org}/collaborators."""
    return _page([_collaborator(each) for each in _memberships(request)])


@requires_key
def collaborator(
    request: KeyRequest, organization_id: str, user_id: str
) -> HttpResponse:
    """DELETE /workspaces/{org}/collaborators/{user}."""
    try:
        remove_member(
            _own(request), _user_id(user_id), actor=_actor(request), at=timezone.now()
        )
    except (NotAMember, ValueError):
        return errors.error(
            request, 404, "not_found", "This organization has no such collaborator."
        )
    except OwnerRequired:
        return errors.error(
            request,
            409,
            "owner_required",
            "The Owner of an organization cannot be removed.",
        )
    return HttpResponse(status=204)


@requires_key
def quota(request: KeyRequest, organization_id: str) -> HttpResponse:
    """GET /workspaces/{org}/quota: what is used of what is limited."""
    own, now = _own(request), timezone.now()
    keys = SecretKey.objects.of(own).counted(now)
    found = {
        _WIRE_NAMES[each.kind]: _quota(each.meter, each.renews_on)
        for each in resources(own, at=now)
    }
    key_meter = Meter(keys.count(), own.key_limit)
    return JsonResponse(found | {"secretKeys": _quota(key_meter, None)})


@requires_key
def plan_list(request: KeyRequest) -> HttpResponse:
    """GET /plans."""
    # The client cannot read a nextPage here, not even an empty one.
    return JsonResponse({"items": list(PLANS.values())})


@requires_key
def plan(request: KeyRequest, plan_id: str) -> HttpResponse:
    """GET /plans/{plan}."""
    if plan_id not in PLANS:
        return errors.error(request, 404, "not_found", "There is no such plan.")
    return JsonResponse(PLANS[plan_id])


@requires_key
def not_served(request: KeyRequest, path: str) -> HttpResponse:
    """Every other route of the client: decided first, then sent elsewhere."""
    return errors.error(
        request,
        404,
        "not_served",
        f"This server manages secret keys; it does not serve "
        f"{request.key.request.resource.value}.",
    )


def _update(request: KeyRequest) -> HttpResponse:
    try:
        name = _new_name(_body(request))
        changed = rename_organization(
            _own(request), name, actor=_actor(request), at=timezone.now()
        )
    except (BadBody, names.InvalidName) as error:
        return errors.error(request, 400, "bad_request", str(error))
    except OrganizationLocked:
        # Since the key was checked.
        locked = Outcome.ORGANIZATION_LOCKED
        return errors.error(request, locked.status, locked.code, locked.sentence)
    return JsonResponse(_organization(request, changed))


def _body(request: KeyRequest) -> dict[str, Any]:
    if len(request.body) > _LARGEST_BODY:
        raise BadBody("The body is too large.")
    try:
        body = json.loads(request.body or b"{}")
    except (ValueError, RecursionError):
        raise BadBody("The body is not valid JSON.") from None
    if not isinstance(body, dict):
        raise BadBody("The body must be a JSON object.")
    return body


def _new_name(body: dict[str, Any]) -> str:
    unknown = sorted(body.keys() - {"name"})
    if unknown:
        raise BadBody("Only the name of an organization can be changed here.")
    if not isinstance(body.get("name"), str):
        raise BadBody("Send the new name as a string.")
    return str(body["name"])


def _organization(request: KeyRequest, organization: Organization) -> dict[str, Any]:
    """Return the client's Organization; people only to keys that may read them."""
    sees_people = request.key.grant.allows(Resource.ORGANIZATION, Access.READ)
    members = _memberships(request) if sees_people else []
    manager = organization.account_manager_email if sees_people else ""
    return {
        "name": organization.name,
        "kind": "Workspace",
        "workspaceId": str(organization.pk),
        "lastAccess": _milliseconds(timezone.now()),
        "datasets": [],
        "billing": _BILLING,
        "users": {
            str(each.user_id): {
                "workspaceRole": each.get_role_display(),
                "datasets": {},
            }
            for each in members
        },
        "metadata": {
            "createDate": _milliseconds(organization.created_at),
            "isPublic": False,
            "accountManager": manager or None,
            "salesEngineer": None,
        },
        "features": {},
        # A locked organization's keys are refused before they can read this.
        "lockStatus": {"isLocked": False, "lockDate": None},
        "selfLink": f"/workspaces/{organization.pk}",
        "etag": str(_milliseconds(organization.updated_at)),
    }


def _quota(meter: Meter, renews_on: dt.date | None) -> dict[str, int | None]:
    """Return one kind; it renews when its day begins, UTC."""
    renews_at = None
    if renews_on:
        renews_at = _milliseconds(dt.datetime.combine(renews_on, dt.time(), dt.UTC))
    return {"used": meter.used, "limit": meter.limit, "renewsAt": renews_at}


def _collaborator(membership: Membership) -> dict[str, str]:
    return {
        "userId": str(membership.user_id),
        "role": membership.get_role_display(),
        "name": membership.user.name,
    }


def _own(request: KeyRequest) -> Organization:
    return Organization.objects.get(pk=request.key.organization_id)


def _memberships(request: KeyRequest) -> list[Membership]:
    return list(Membership.objects.of_organization(request.key.organization_id))


def _user_id(text: str) -> int:
    """Read a user id; ids longer than a column would stop the database, not match."""
    if not (text.isascii() and text.isdecimal() and len(text) <= 18):
        raise ValueError
    return int(text)


def _actor(request: KeyRequest) -> Actor:
    label = f"Secret key {request.key.name} ({request.key.stem}…)"
    return Actor(label, origin=origin(request))


def _page(items: list[dict[str, Any]]) -> HttpResponse:
    return JsonResponse({"items": items, "nextPage": None, "prevPage": None})


def _milliseconds(moment: dt.datetime) -> int:
    return int(moment.timestamp() * 1000)
