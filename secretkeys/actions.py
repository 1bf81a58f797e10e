"""Changes to secret keys; each is one transaction with its audit event."""

import datetime as dt
import hashlib
import uuid
from dataclasses import dataclass, replace

from django.conf import settings
from django.db import transaction

from orgs import audit, names
from orgs.audit import Actor, AuditAction
from orgs.models import Organization
from secretkeys import hashing, keyformat
from secretkeys.grants import Grant, access_facts, permission_facts
from secretkeys.keyformat import Plaintext
from secretkeys.models import GRANT_FIELDS, SecretKey, grant_columns
from secretkeys.refusals import (
    AlreadyCreated,
    ChangedMeanwhile,
    KeyLimitReached,
    NameTaken,
    Unconfirmed,
    check_changeable,
    check_offered,
    check_removable,
    check_unlocked,
)

# Later ends are a slip of the pen.
LONGEST_LIFETIME = dt.timedelta(days=3650)


@dataclass(frozen=True, slots=True)
class KeyTerms:
    """What an admin decides about a key; without ``expires_at`` it never stops."""

    name: str
    grant: Grant
    expires_at: dt.datetime | None

    def __post_init__(self) -> None:
        """Bring the name into its stored form; raises names.InvalidName."""
        object.__setattr__(self, "name", names.clean(self.name))

    @classmethod
    def of(cls, key: SecretKey) -> "KeyTerms":
        """Return what a key was given."""
        return cls(key.name, key.grant, key.expires_at)

    def is_alive(self, at: dt.datetime) -> bool:
        """Tell whether a key on these terms works at a moment."""
        return self.expires_at is None or self.expires_at > at

    @property
    def fingerprint(self) -> str:
        """What a form remembers of the terms it was opened with."""
        return hashlib.sha256(repr(self.facts).encode()).hexdigest()[:32]

    def widens(self, before: "KeyTerms") -> bool:
        """Tell whether a key gets more rights, a wider scope or a later end."""
        return not before.grant.includes(self.grant) or (
            before.expires_at is not None
            and (self.expires_at is None or self.expires_at > before.expires_at)
        )

    @property
    def facts(self) -> dict[str, str]:
        """The terms in words, as the audit log keeps them."""
        return {
            "name": self.name,
            "permission": permission_facts(self.grant),
            "access": access_facts(self.grant),
            "expires": _moment(self.expires_at),
        }


@transaction.atomic
def create_key(
    organization: Organization,
    terms: KeyTerms,
    *,
    nonce: uuid.UUID,
    actor: Actor,
    at: dt.datetime,
) -> tuple[SecretKey, Plaintext]:
    """Store a new key; the plaintext exists in the returned value only.

    Args:
        organization: whose key.
        terms: what it may do and for how long.
        nonce: chosen with the form, so that sending it twice makes one key.
        actor: who does it.
        at: now.

    Raises:
        AlreadyCreated, KeyLimitReached, NameTaken, OrganizationLocked: see there.
    """
    organization = _lock(organization)
    check_unlocked(organization)
    _check_nonce_is_new(organization, nonce)
    _check_limit(organization, at)
    check_offered(organization, terms.grant)
    _check_name_is_free(organization, terms.name)
    generated = keyformat.generate(settings.SIGNING_KEYS[0])
    key = _store(organization, generated, terms, nonce=nonce, actor=actor, at=at)
    changes = {field: (None, value) for field, value in terms.facts.items()}
    _record(AuditAction.KEY_CREATED, key, actor, changes, at)
    return key, generated.plaintext


@transaction.atomic
def update_key(
    key: SecretKey,
    terms: KeyTerms,
    *,
    seen: str,
    confirmed: bool,
    actor: Actor,
    at: dt.datetime,
) -> SecretKey:
    """Change what a key is called, may do and lives; effective on its next request.

    ``seen`` is the fingerprint of the terms that whoever asks has before them: nobody
    takes back unawares what somebody else has changed in the meantime. Who is not
    ``confirmed`` can only give the key less than it has.

    Raises:
        Refused: every kind that refusals.py knows of a change.
    """
    organization = _lock(key.organization)
    key = _current(key)
    check_changeable(key)
    current = KeyTerms.of(key)
    if current.fingerprint != seen:
        raise ChangedMeanwhile(current.facts)
    if terms == current:
        return key
    if terms.widens(current) and not confirmed:
        raise Unconfirmed
    changes = audit.differences(current.facts, terms.facts)
    check_offered(organization, terms.grant, besides=current.grant)
    _check_name_is_free(organization, terms.name, besides=key)
    if key.is_expired(at) and terms.is_alive(at):
        _check_limit(organization, at)
    key.name, key.name_folded = terms.name, names.fold(terms.name)
    key.grant = terms.grant
    key.expires_at = terms.expires_at
    key.save(update_fields=["name", "name_folded", "expires_at", *GRANT_FIELDS])
    _record(AuditAction.KEY_CHANGED, key, actor, changes, at)
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
        AlreadyCreated, AlreadyRemoved, AlreadyReplaced, KeyLimitReached,
        OrganizationLocked: see there.
    """
    organization = _lock(key.organization)
    _check_nonce_is_new(organization, nonce)
    key = _current(key)
    check_changeable(key)
    if key.is_expired(at):
        _check_limit(organization, at)
    terms = replace(KeyTerms.of(key), expires_at=_same_lifetime(key, at))
    generated = keyformat.generate(settings.SIGNING_KEYS[0])
    # The name passes from one row to the other, so the old row lets go of it first;
    # that its successor exists is checked when the transaction ends.
    key.replaced_by_id = generated.key_id
    key.expires_at = min(filter(None, [key.expires_at, at + overlap]))
    key.save(update_fields=["replaced_by", "expires_at"])
    successor = _store(organization, generated, terms, nonce=nonce, actor=actor, at=at)
    changes = {
        "key": (f"{key.stem}…", f"{successor.stem}…"),
        "old key stops": (None, _moment(key.expires_at)),
    }
    _record(AuditAction.KEY_ROTATED, key, actor, changes, at)
    return successor, generated.plaintext


@transaction.atomic
def remove_key(key: SecretKey, *, actor: Actor, at: dt.datetime) -> SecretKey:
    """End a key for good; its next request is refused.

    Raises:
        AlreadyRemoved: see there.
    """
    _lock(key.organization)
    key = _current(key)
    check_removable(key)
    key.removed_at = at
    key.removed_by = actor.user
    key.save(update_fields=["removed_at", "removed_by"])
    _record(AuditAction.KEY_REMOVED, key, actor, {}, at)
    return key


def _store(
    organization: Organization,
    generated: keyformat.ParsedKey,
    terms: KeyTerms,
    *,
    nonce: uuid.UUID,
    actor: Actor,
    at: dt.datetime,
) -> SecretKey:
    return SecretKey.objects.create(
        **grant_columns(terms.grant),
        key_id=generated.key_id,
        organization=organization,
        name=terms.name,
        name_folded=names.fold(terms.name),
        digest=hashing.digest(generated.plaintext),
        expires_at=terms.expires_at,
        created_at=at,
        created_by=actor.user,
        creation_nonce=nonce,
    )


def _record(
    action: AuditAction,
    key: SecretKey,
    actor: Actor,
    changes: audit.Changes,
    at: dt.datetime,
) -> None:
    audit.record(
        action, key.organization, actor=actor, subject=str(key), at=at, changes=changes
    )


def _lock(organization: Organization) -> Organization:
    """Make changes to one organization's keys wait for each other."""
    return Organization.objects.select_for_update().get(pk=organization.pk)


def _check_limit(organization: Organization, at: dt.datetime) -> None:
    """Refuse one key more than an organization may have."""
    if SecretKey.objects.of(organization).counted(at).count() >= organization.key_limit:
        raise KeyLimitReached(organization.key_limit)


def _same_lifetime(key: SecretKey, at: dt.datetime) -> dt.datetime | None:
    """Return the end of a key made now that lives as long as ``key`` was given."""
    if key.expires_at is None:
        return None
    return at + min(key.expires_at - key.created_at, LONGEST_LIFETIME)


def _current(key: SecretKey) -> SecretKey:
    """Read the key again, under the organization's lock."""
    return SecretKey.objects.select_related("organization").get(pk=key.pk)


def _check_nonce_is_new(organization: Organization, nonce: uuid.UUID) -> None:
    if SecretKey.objects.of(organization).created_with(nonce).exists():
        raise AlreadyCreated


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
