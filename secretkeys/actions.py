"""Changes to secret keys; each is one transaction with its audit event."""

import datetime as dt
import uuid

from django.conf import settings
from django.db import transaction

from orgs import audit, names
from orgs.audit import Actor, AuditAction
from orgs.models import Organization
from secretkeys import hashing, keyformat
from secretkeys.grants import Permission
from secretkeys.keyformat import Plaintext
from secretkeys.models import SecretKey


class NameTaken(Exception):
    """Another key of the organization has this name, or one that reads the same."""


class AlreadyCreated(Exception):
    """This form was sent before and has made its key."""


class AlreadyRemoved(Exception):
    """The key was removed, so nothing about it can change any more."""


class AlreadyReplaced(Exception):
    """The key was rotated; its successor is the one to rotate."""


class KeyLimitReached(Exception):
    """The organization has as many keys as it may have."""


@transaction.atomic
def create_key(
    organization: Organization,
    *,
    name: str,
    permission: Permission,
    expires_at: dt.datetime | None,
    nonce: uuid.UUID,
    actor: Actor,
    at: dt.datetime,
) -> tuple[SecretKey, Plaintext]:
    """Store a new key; the plaintext exists in the returned value only.

    Args:
        organization: whose key.
        name: as typed; see names.clean().
        permission: the level.
        expires_at: the moment the key stops; None for never.
        nonce: chosen with the form, so that sending it twice makes one key.
        actor: who does it.
        at: now.

    Raises:
        names.InvalidName: ``name`` cannot be a name.
        AlreadyCreated: ``nonce`` was used before.
        NameTaken: see there.
        KeyLimitReached: see there.
    """
    _lock(organization)
    keys = SecretKey.objects.of(organization)
    if keys.filter(creation_nonce=nonce).exists():
        raise AlreadyCreated
    if keys.unexpired(at).count() >= organization.key_limit:
        raise KeyLimitReached
    name = names.clean(name)
    _check_name_is_free(organization, name)
    key, plaintext = _store(
        organization, name, permission, expires_at, nonce, actor=actor, at=at
    )
    audit.record(
        AuditAction.KEY_CREATED,
        organization,
        actor=actor,
        subject=str(key),
        changes={
            "permission": (None, permission.label),
            "expires": (None, _moment(expires_at)),
        },
    )
    return key, plaintext


@transaction.atomic
def update_key(
    key: SecretKey,
    *,
    name: str,
    permission: Permission,
    expires_at: dt.datetime | None,
    actor: Actor,
) -> SecretKey:
    """Change what a key is called, may do and lives; effective on its next request.

    Raises:
        names.InvalidName: ``name`` cannot be a name.
        AlreadyRemoved: see there.
        NameTaken: see there.
    """
    _lock(key.organization)
    key = _current(key)
    name = names.clean(name)
    changes = {
        field: (before, after)
        for field, before, after in (
            ("name", key.name, name),
            ("permission", Permission(key.permission).label, permission.label),
            ("expires", _moment(key.expires_at), _moment(expires_at)),
        )
        if before != after
    }
    if not changes:
        return key
    if key.replaced_by_id is None:
        _check_name_is_free(key.organization, name, besides=key)
    key.name, key.name_folded = name, names.fold(name)
    key.permission = permission.value
    key.expires_at = expires_at
    key.save(update_fields=["name", "name_folded", "permission", "expires_at"])
    audit.record(
        AuditAction.KEY_CHANGED,
        key.organization,
        actor=actor,
        subject=str(key),
        changes=changes,
    )
    return key


@transaction.atomic
def rotate_key(
    key: SecretKey,
    *,
    overlap: dt.timedelta,
    nonce: uuid.UUID,
    actor: Actor,
    at: dt.datetime,
) -> tuple[SecretKey, Plaintext]:
    """Generate a successor with the same name and rights; stop ``key`` after a while.

    The successor lives as long as the old key was given to live, counted from now.

    Raises:
        AlreadyCreated: ``nonce`` was used before.
        AlreadyRemoved: see there.
        AlreadyReplaced: see there.
    """
    organization = key.organization
    _lock(organization)
    if SecretKey.objects.of(organization).filter(creation_nonce=nonce).exists():
        raise AlreadyCreated
    key = _current(key)
    if key.replaced_by_id is not None:
        raise AlreadyReplaced
    lifetime = key.expires_at - key.created_at if key.expires_at else None
    # The name passes from one row to the other: first the old row lets go of it. It
    # points at itself for the moment in which the successor does not exist.
    SecretKey.objects.filter(pk=key.pk).update(replaced_by=key)
    successor, plaintext = _store(
        organization,
        key.name,
        Permission(key.permission),
        at + lifetime if lifetime else None,
        nonce,
        actor=actor,
        at=at,
    )
    key.replaced_by = successor
    key.expires_at = min(filter(None, [key.expires_at, at + overlap]))
    key.save(update_fields=["replaced_by", "expires_at"])
    audit.record(
        AuditAction.KEY_ROTATED,
        organization,
        actor=actor,
        subject=str(key),
        changes={
            "key": (f"{key.stem}…", f"{successor.stem}…"),
            "old key stops": (None, _moment(key.expires_at)),
        },
    )
    return successor, plaintext


@transaction.atomic
def remove_key(key: SecretKey, *, actor: Actor, at: dt.datetime) -> SecretKey:
    """End a key for good; its next request is refused.

    Raises:
        AlreadyRemoved: see there.
    """
    _lock(key.organization)
    key = _current(key)
    key.removed_at = at
    key.removed_by = actor.user
    key.save(update_fields=["removed_at", "removed_by"])
    audit.record(
        AuditAction.KEY_REMOVED, key.organization, actor=actor, subject=str(key)
    )
    return key


def _store(
    organization: Organization,
    name: str,
    permission: Permission,
    expires_at: dt.datetime | None,
    nonce: uuid.UUID,
    *,
    actor: Actor,
    at: dt.datetime,
) -> tuple[SecretKey, Plaintext]:
    generated = keyformat.generate(settings.SIGNING_KEYS[0])
    key = SecretKey.objects.create(
        key_id=generated.key_id,
        organization=organization,
        name=name,
        name_folded=names.fold(name),
        digest=hashing.digest(generated.plaintext),
        permission=permission.value,
        expires_at=expires_at,
        created_at=at,
        created_by=actor.user,
        creation_nonce=nonce,
    )
    return key, generated.plaintext


def _lock(organization: Organization) -> None:
    """Make changes to one organization's keys wait for each other."""
    Organization.objects.select_for_update().get(pk=organization.pk)


def _current(key: SecretKey) -> SecretKey:
    """Read the key again, under the organization's lock."""
    fresh = SecretKey.objects.select_related("organization").get(pk=key.pk)
    if fresh.is_removed:
        raise AlreadyRemoved
    return fresh


def _check_name_is_free(
    organization: Organization, name: str, besides: SecretKey | None = None
) -> None:
    namesakes = SecretKey.objects.of(organization).holding_name(names.fold(name))
    if besides is not None:
        namesakes = namesakes.exclude(pk=besides.pk)
    if namesakes.exists():
        raise NameTaken


def _moment(at: dt.datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else "never"
