"""Changes to secret keys; each is one transaction with its audit event."""

import datetime as dt
import hashlib
import uuid
from dataclasses import dataclass, replace

from django.conf import settings
from django.db import transaction

from orgs import audit, names
from orgs.audit import Actor, AuditAction
from orgs.authority import lock_for
from orgs.models import Organization
from orgs.roles import Ability
from secretkeys import hashing, keyformat
from secretkeys.grants import Grant, access_facts, permission_facts
from secretkeys.keyformat import Plaintext
from secretkeys.lifetimes import successor_end
from secretkeys.models import GRANT_FIELDS, SecretKey, grant_columns
from secretkeys.refusals import (
    AlreadyCreated,
    ChangedMeanwhile,
    KeyLimitReached,
    NameTaken,
    Unconfirmed,
    check_changeable,
    check_lifetime,
    check_offered,
    check_removable,
)


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
        orgs.refusals.Refused: every kind that both refusals.py know of a new key.
    """
    organization = lock_for(organization, actor=actor, ability=Ability.MANAGE_KEYS)
    _check_nonce_is_new(organization, nonce)
    _check_limit(organization, at)
    check_lifetime(organization, terms.expires_at, at=at)
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
        orgs.refusals.Refused: every kind that both refusals.py know of a change.
    """
    organization = _lock_of(key, actor)
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
    check_lifetime(organization, terms.expires_at, at=at, key=key)
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

    The successor lives as long as the old key was given to live, counted from now, or
    as long as the organization allows.

    Raises:
        AlreadyCreated, AlreadyRemoved, AlreadyReplaced, KeyLimitReached, NotAllowed,
        OrganizationLocked: see there.
    """
    organization = _lock_of(key, actor)
    _check_nonce_is_new(organization, nonce)
    key = _current(key)
    check_changeable(key)
    if key.is_expired(at):
        _check_limit(organization, at)
    terms = replace(KeyTerms.of(key), expires_at=successor_end(key, at))
    generated = keyformat.generate(settings.SIGNING_KEYS[0])
    # The name passes from one row to the other, so the old row lets go of it first;
    # that its successor exists is checked when the transaction ends.
    key.replaced_by_id = generated.key_id
    key.expires_at = min(filter(None, [key.expires_at, at + overlap]))
    key.save(update_fields=["replaced_by", "expires_at"])
    successor = _store(
        organization, generated, terms, nonce=nonce, actor=actor, at=at, old=key
    )
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
        AlreadyRemoved, NotAllowed: see there.
    """
    _lock_of(key, actor)
    key = _current(key)
    check_removable(key)
    end_key(key, actor=actor, at=at)
    return key


@transaction.atomic(savepoint=False)
def end_key(key: SecretKey, *, actor: Actor, at: dt.datetime) -> None:
    """End a key for callers that hold its organization's lock and have read it since.

    remove_key() is for everybody else.
    """
    key.removed_at = at
    key.removed_by = actor.user
    key.save(update_fields=["removed_at", "removed_by"])
    _record(AuditAction.KEY_REMOVED, key, actor, {}, at)


def _store(
    organization: Organization,
    generated: keyformat.ParsedKey,
    terms: KeyTerms,
    *,
    nonce: uuid.UUID,
    actor: Actor,
    at: dt.datetime,
    old: SecretKey | None = None,
) -> SecretKey:
    return SecretKey.objects.create(
        **grant_columns(terms.grant),
        keeper=old.keeper if old else None,
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


def _lock_of(key: SecretKey, actor: Actor) -> Organization:
    """Lock the organization of a key; that it is locked itself is judged later."""
    return lock_for(
        key.organization,
        actor=actor,
        ability=Ability.MANAGE_KEYS,
        even_while_locked=True,
    )


def _check_limit(organization: Organization, at: dt.datetime) -> None:
    """Refuse one key more than an organization may have."""
    if SecretKey.objects.of(organization).counted(at).count() >= organization.key_limit:
        raise KeyLimitReached(organization.key_limit)


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
