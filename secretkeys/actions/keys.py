"""Creates, changes and rotates keys."""

import datetime as dt
import uuid
from dataclasses import replace

from django.conf import settings
from django.db import transaction

from orgs import audit, names
from orgs.audit import Actor, AuditAction
from orgs.authority import lock_for
from orgs.models import Organization
from orgs.roles import Ability
from secretkeys import hashing, keyformat
from secretkeys.key_changes import lock_of, record_change, reread
from secretkeys.key_terms import KeyTerms, expiry_words
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
)


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
    record_change(AuditAction.KEY_CREATED, key, actor, changes, at)
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
    organization = lock_of(key, actor)
    key = reread(key)
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
    record_change(AuditAction.KEY_CHANGED, key, actor, changes, at)
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
    organization = lock_of(key, actor)
    _check_nonce_is_new(organization, nonce)
    key = reread(key)
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
    changes = _rotation_facts(key, successor)
    record_change(AuditAction.KEY_ROTATED, key, actor, changes, at)
    return successor, generated.plaintext


def _rotation_facts(old: SecretKey, new: SecretKey) -> audit.Changes:
    facts = {
        "key": (f"{old.stem}…", f"{new.stem}…"),
        "old key stops": (None, expiry_words(old.expires_at)),
    }
    if old.is_disabled:
        facts |= {"old key": (None, "stays disabled"), "new key": (None, "works")}
    return facts


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


def _check_limit(organization: Organization, at: dt.datetime) -> None:
    """Refuse one key more than an organization may have."""
    if SecretKey.objects.of(organization).counted(at).count() >= organization.key_limit:
        raise KeyLimitReached(organization.key_limit)


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
