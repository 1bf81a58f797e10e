"""The cast: acme with ada, its Owner, abe, an Admin, and mel, a Member; globex with gus.

Amy is an account manager, of the platform's staff, and belongs to no organization.
"""

import datetime as dt
import time
import uuid
from collections.abc import Callable, Iterator

import httpx
import pytest
import vi
from allauth.account.internal.flows import login
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from vi.client.http.retry import RetryConfig

from orgs.actions import create_organization
from orgs.audit import COMMAND_LINE, Actor
from orgs.models import Membership, Organization, User
from orgs.roles import Role
from secretkeys import hashing, recording
from secretkeys.actions import KeyTerms, create_key
from secretkeys.grants import Grant, Permission
from secretkeys.keyformat import Plaintext
from secretkeys.models import SecretKey, grant_columns
from tests.second_factors import give_app

ROLES = (
    "anonymous",
    "outsider",
    "removed",
    "suspended",
    "staff",
    "member",
    "admin",
    "owner",
)
PASSWORD = "correct horse battery staple"

MakeKey = Callable[..., tuple[SecretKey, Plaintext]]


@pytest.fixture(autouse=True)
def _fresh_process() -> Iterator[None]:
    """Forget what a process remembers: verified keys, counts, sign-in attempts."""
    hashing.forget_verified()
    cache.clear()
    yield
    # Counts of keys that are gone would be written when the process ends.
    recording.forget_waiting()


@pytest.fixture
def ada(db: None) -> User:
    return User.objects.create_user("ada@acme.test", PASSWORD, name="Ada Lovelace")


@pytest.fixture
def acme(ada: User) -> Organization:
    return create_organization("Acme", owner=ada, actor=COMMAND_LINE, at=timezone.now())


@pytest.fixture
def abe(acme: Organization) -> User:
    return _join(acme, "abe@acme.test", "Abe Admin", Role.ADMIN)


@pytest.fixture
def mel(acme: Organization) -> User:
    return _join(acme, "mel@acme.test", "Mel Member", Role.MEMBER)


@pytest.fixture
def gus(db: None) -> User:
    return User.objects.create_user("gus@globex.test", PASSWORD, name="Gus Outsider")


@pytest.fixture
def globex(gus: User) -> Organization:
    return create_organization(
        "Globex", owner=gus, actor=COMMAND_LINE, at=timezone.now()
    )


@pytest.fixture
def amy(db: None) -> User:
    amy = User.objects.create_user("amy@datature.test", PASSWORD, name="Amy Manager")
    amy.is_staff = True
    amy.save()
    # Account managers need more than a password.
    give_app(amy)
    return amy


@pytest.fixture
def make_key(acme: Organization, ada: User) -> MakeKey:
    """Return a function that creates a key of acme as ada would.

    A grant that ada could not choose is what the key has from another time.
    """

    def make(
        name: str = "pipeline",
        *,
        organization: Organization = acme,
        permission: Permission = Permission.FULL,
        grant: Grant | None = None,
        expires_at: dt.datetime | None = None,
        at: dt.datetime | None = None,
        **columns: object,
    ) -> tuple[SecretKey, Plaintext]:
        if grant is not None:
            columns = grant_columns(grant) | columns
        key, plaintext = create_key(
            organization,
            KeyTerms(name, Grant.preset(permission), expires_at),
            nonce=uuid.uuid4(),
            actor=Actor.person(ada) if organization == acme else COMMAND_LINE,
            at=at or timezone.now(),
        )
        if columns:
            SecretKey.objects.filter(pk=key.pk).update(**columns)
            key.refresh_from_db()
        return key, plaintext

    return make


@pytest.fixture
def client_for() -> Callable[..., Client]:
    """Return a function that signs a person in; nothing asks for a password again."""

    def sign_in(user: User, *, signed_in_at: float | None = None) -> Client:
        client = Client()
        client.force_login(user)
        session = client.session
        record = {"method": "password", "at": signed_in_at or time.time()}
        session[login._AUTHENTICATION_METHODS_USER_SESSION_KEY] = str(user.pk)
        session[login.AUTHENTICATION_METHODS_SESSION_KEY] = [record]
        session.save()
        return client

    return sign_in


@pytest.fixture
def connect(live_server, acme):
    """Return a function that connects the client, failing fast, to acme."""
    clients = []

    def connect(plaintext, organization_id=acme.pk):
        client = vi.Client(
            secret_key=str(plaintext),
            organization_id=str(organization_id),
            endpoint=live_server.url,
            timeout=httpx.Timeout(10),
            retry_config=RetryConfig(max_retries=0, max_rate_limit_retries=0),
        )
        clients.append(client)
        return client

    yield connect
    for client in clients:
        client.close()


@pytest.fixture
def person(
    acme: Organization,
    globex: Organization,
    ada: User,
    abe: User,
    mel: User,
    gus: User,
    amy: User,
    client_for: Callable[[User], Client],
) -> Callable[[str], Client]:
    """Return a function that signs in somebody of a role."""

    def sign_in(role: str) -> Client:
        client = Client()
        if role == "anonymous":
            return client
        staying = {"outsider": gus, "member": mel, "admin": abe, "owner": ada}
        staying["staff"] = amy
        user = staying.get(role)
        if user is None:
            user = User.objects.create_user(f"{role}@acme.test", PASSWORD)
        if role in ("removed", "suspended"):
            membership = Membership.objects.create(
                organization=acme, user=user, role=Role.ADMIN.value
            )
            client = client_for(user)
            if role == "removed":
                membership.delete()
            else:
                User.objects.filter(pk=user.pk).update(is_active=False)
            return client
        return client_for(user)

    return sign_in


def create_many_keys(organization: Organization, count: int) -> None:
    """Store rows for a long table; nobody can present these keys."""
    SecretKey.objects.bulk_create(
        SecretKey(
            key_id=f"{number:016}",
            organization=organization,
            name=f"key {number}",
            name_folded=f"key {number}",
            permission=Permission.FULL.value,
            creation_nonce=uuid.uuid4(),
        )
        for number in range(count)
    )


def _join(organization: Organization, email: str, name: str, role: Role) -> User:
    user = User.objects.create_user(email, PASSWORD, name=name)
    Membership.objects.create(organization=organization, user=user, role=role.value)
    return user
