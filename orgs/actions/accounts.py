"""Changes that people make to their own account, and to their sessions.

Where a change says who a member is, or how they prove it, the log of each of their
organizations has it: whoever gets into the account gets in there.
"""

import datetime as dt
from collections.abc import Collection

from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import IntegrityError, transaction

from orgs import audit, mails
from orgs.audit import NOWHERE, Actor, AuditAction, Origin
from orgs.authority import lock_each_of
from orgs.models import User
from orgs.refusals import AddressTaken


@transaction.atomic
def rename_user(
    user: User, name: str, *, origin: Origin = NOWHERE, at: dt.datetime
) -> None:
    """Change what pages call somebody; the same name changes nothing."""
    organizations = lock_each_of(user.pk)
    before, user.name = user.name, name
    if before == name:
        return
    user.save(update_fields=["name", "name_folded"])
    audit.record_in_each(
        organizations,
        AuditAction.MEMBER_RENAMED,
        actor=Actor.person(user, origin),
        subject=user.email,
        at=at,
        changes={"name": (before or None, name)},
    )


@transaction.atomic
def choose_time_zone(user: User, time_zone: str) -> None:
    """Have pages say times in a zone, by its IANA name."""
    user.time_zone = time_zone
    user.save(update_fields=["time_zone"])


@transaction.atomic
def choose_password(
    user: User, password: str, *, origin: Origin = NOWHERE, at: dt.datetime
) -> None:
    """Change a password; a change of the email that is waiting ends.

    Whoever knew the old password may have asked for that.
    """
    organizations = lock_each_of(user.pk)
    user.set_password(password)
    user.new_email = ""
    user.save(update_fields=["password", "new_email"])
    audit.record_in_each(
        organizations,
        AuditAction.MEMBER_PASSWORD_CHANGED,
        actor=Actor.person(user, origin),
        subject=user.email,
        at=at,
    )


@transaction.atomic
def propose_address(user: User, email: str, *, at: dt.datetime) -> None:
    """Keep the address that somebody wants; "" for none.

    It counts for nothing before they have shown that its mail reaches them: nobody
    can sign in, be found or get a new password by it. The present one is told.
    """
    # The password may have been changed since the request began.
    found = User.objects.filter(pk=user.pk, password=user.password)
    found.update(new_email=email)
    user.new_email = email
    if email:
        mails.email_change_proposed(user, at=at)


@transaction.atomic
def take_address(
    user_id: int,
    email: str,
    credentials: str,
    *,
    origin: Origin = NOWHERE,
    at: dt.datetime,
) -> User:
    """Make a proposed address the one that somebody signs in with.

    Raises:
        AddressTaken: it is another person's, or is no longer what was asked for, or
            was asked for with other ``credentials``.
    """
    organizations = lock_each_of(user_id)
    found = User.objects.select_for_update().filter(pk=user_id, is_active=True)
    user = found.first()
    if user is None or (user.new_email, user.credentials) != (email, credentials):
        raise AddressTaken
    owner = User.objects.with_email(email)
    addresses = EmailAddress.objects.filter(email=email.lower())
    if (owner and owner != user) or addresses.exclude(user=user).exists():
        raise AddressTaken
    before = user.email
    try:
        with transaction.atomic():
            _give_address(user, email)
    except IntegrityError:
        # Somebody else took it at the same moment.
        raise AddressTaken from None
    audit.record_in_each(
        organizations,
        AuditAction.MEMBER_EMAIL_CHANGED,
        actor=Actor(before, user, origin),
        subject=before,
        at=at,
        changes={"email": (before, email)},
    )
    return user


@transaction.atomic
def record_session(
    user: User, session_key: str, *, address: str, user_agent: str, at: dt.datetime
) -> None:
    """Keep from where a session was last used; one of an older version is added."""
    UserSession.objects.update_or_create(
        session_key=session_key,
        defaults={
            "user": user,
            "ip": address,
            "user_agent": user_agent,
            "last_seen_at": at,
        },
    )


@transaction.atomic
def end_sessions(user: User, pks: Collection[int]) -> None:
    """Sign somebody out of some of their sessions, from the next request on.

    By the numbers of their rows: a session can get another id at this very moment.
    """
    found = UserSession.objects.filter(user=user, pk__in=pks)
    keys = [row.session_key for row in found.order_by("pk").select_for_update()]
    Session.objects.filter(session_key__in=keys).delete()
    found.delete()


def _give_address(user: User, email: str) -> None:
    user.email, user.new_email = email, ""
    user.save(update_fields=["email", "new_email"])
    EmailAddress.objects.filter(user=user).delete()
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
