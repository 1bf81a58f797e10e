"""Who gets what from every URL of the product, by role and method."""

import re
import uuid
from collections.abc import Callable, Iterator

import pytest
from django.http import HttpResponse
from django.middleware.csrf import get_token
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from orgs.models import Membership, Organization, User
from orgs.roles import Role
from secretkeys.models import SecretKey
from tests.conftest import PASSWORD, MakeKey

UNSAFE = ("POST", "PUT", "PATCH", "DELETE")
ROLES = ("anonymous", "outsider", "removed", "suspended", "member", "admin", "owner")
SIGN_IN = {"anonymous": 302, "suspended": 302}
NOBODY = {"outsider": 404, "removed": 404}

# URL name to role to (status of GET, status of an empty POST).
PAGES = {
    "secretkeys:list": {"member": (200, 405), "admin": (200, 405), "owner": (200, 405)},
    "secretkeys:detail": {
        "member": (200, 405),
        "admin": (200, 405),
        "owner": (200, 405),
    },
    "secretkeys:create": {
        "member": (403, 403),
        "admin": (200, 422),
        "owner": (200, 422),
    },
    "secretkeys:edit": {"member": (403, 403), "admin": (200, 422), "owner": (200, 422)},
    "secretkeys:rotate": {
        "member": (403, 403),
        "admin": (200, 422),
        "owner": (200, 422),
    },
    # Nothing has to be typed to remove a key that was never used.
    "secretkeys:remove": {
        "member": (403, 403),
        "admin": (200, 302),
        "owner": (200, 302),
    },
    "secretkeys:first_request": {
        "member": (403, 405),
        "admin": (200, 405),
        "owner": (200, 405),
    },
}
OPEN_TO_EVERYBODY = "account_"
API = ("plans", "workspaces", "dryRuns", "^(?P<path>")


@pytest.fixture
def person(
    acme: Organization, globex: Organization, ada: User, abe: User, mel: User, gus: User
) -> Callable[[str], Client]:
    """Return a function that signs in somebody of a role."""

    def sign_in(role: str) -> Client:
        client = Client()
        if role == "anonymous":
            return client
        staying = {"outsider": gus, "member": mel, "admin": abe, "owner": ada}
        user = staying.get(role) or User.objects.create_user(f"{role}@acme.test")
        if role in ("removed", "suspended"):
            membership = Membership.objects.create(
                organization=acme, user=user, role=Role.ADMIN.value
            )
            client.force_login(user)
            if role == "removed":
                membership.delete()
            else:
                User.objects.filter(pk=user.pk).update(is_active=False)
            return client
        client.force_login(user)
        return client

    return sign_in


def _without_request(response: HttpResponse) -> bytes:
    """Leave out what differs between any two requests."""
    token = get_token(response.wsgi_request).encode()
    return re.sub(rb"[A-Za-z0-9]{64}", b"", response.content.replace(token, b""))


def _url(name: str, organization: Organization, key: SecretKey) -> str:
    per_key = name not in ("secretkeys:list", "secretkeys:create")
    return reverse(name, args=[organization.pk, *([key.key_id] if per_key else [])])


@pytest.mark.parametrize("htmx", [False, True], ids=["page", "htmx"])
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", PAGES)
def test_page_answers_each_role_as_the_table_says(
    name: str, role: str, htmx: bool, person: Callable[[str], Client], make_key: MakeKey
) -> None:
    key, _ = make_key()
    client = person(role)
    url = _url(name, key.organization, key)
    headers = {"HX-Request": "true"} if htmx else {}
    got = client.get(url, headers=headers).status_code
    posted = client.post(url, headers=headers).status_code
    if role in SIGN_IN:
        assert (got, posted) == ((401, 401) if htmx else (302, 302))
    elif role in NOBODY:
        allowed_methods = PAGES[name]["owner"][1] != 405
        assert (got, posted) == (404, 404 if allowed_methods else 405)
    else:
        expected = PAGES[name][role]
        # htmx gets the dialog's end as an event, a browser is led back to the list.
        assert (got, posted) == (
            expected[0],
            200 if htmx and expected[1] == 302 else expected[1],
        )


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
@pytest.mark.parametrize("name", PAGES)
def test_page_refuses_every_other_method(
    name: str, method: str, person: Callable[[str], Client], make_key: MakeKey
) -> None:
    key, _ = make_key()
    response = person("owner").generic(method, _url(name, key.organization, key))
    assert response.status_code == 405


@pytest.mark.parametrize("name", [name for name in PAGES if name != "secretkeys:list"])
def test_key_of_another_organization_does_not_exist(
    name: str, globex: Organization, ada: User, make_key: MakeKey
) -> None:
    foreign, _ = make_key("foreign", organization=globex)
    own, _ = make_key("own")
    client = Client()
    client.force_login(ada)
    responses = [
        client.get(url)
        for url in (
            _url(name, globex, foreign),
            _url(name, own.organization, foreign).replace("/new", "/news"),
            _url(name, own.organization, SecretKey(key_id="0" * 16)).replace(
                "/new", "/news"
            ),
            _url(name, Organization(pk=uuid.uuid4()), own),
        )
    ]
    assert {response.status_code for response in responses} == {404}
    # Nothing tells a foreign key or organization from one that never was.
    assert len({_without_request(response) for response in responses}) == 1


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("method", ["GET", "HEAD", *UNSAFE])
def test_api_takes_no_session_for_a_key(
    role: str, method: str, person: Callable[[str], Client], acme: Organization
) -> None:
    client = person(role)
    for path in ("/plans", "/workspaces", f"/workspaces/{acme.pk}", "/dryRuns/x"):
        assert client.generic(method, path).status_code == 401


@pytest.mark.parametrize("role", ["anonymous", "outsider", "owner"])
def test_account_pages_answer_everybody_without_an_error(
    role: str, person: Callable[[str], Client]
) -> None:
    for name in sorted(_account_names()):
        response = person(role).get(reverse(name)) if _is_plain(name) else None
        assert response is None or response.status_code in (200, 302), name


def test_sign_in_works_for_members_and_nobody_else(ada: User) -> None:
    client = Client()
    url = reverse("account_login")
    wrong = client.post(url, {"login": ada.email, "password": "wrong password"})
    right = client.post(url, {"login": ada.email, "password": PASSWORD})
    assert (wrong.status_code, right.status_code) == (200, 302)


def test_table_names_every_url() -> None:
    unlisted = [
        name or route
        for name, route in _patterns(get_resolver())
        if name not in PAGES
        and name != "orgs:home"
        and not (name or "").startswith(OPEN_TO_EVERYBODY)
        and not (name is None and route.startswith(API))
    ]
    assert unlisted == []


def _patterns(
    resolver: URLResolver, namespace: str = ""
) -> Iterator[tuple[str | None, str]]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{pattern.namespace}:" if pattern.namespace else namespace
            yield from _patterns(pattern, inner)
        elif isinstance(pattern, URLPattern):
            name = f"{namespace}{pattern.name}" if pattern.name else None
            yield name, str(pattern.pattern)


def _account_names() -> set[str]:
    names = {name for name, _ in _patterns(get_resolver()) if name}
    return {name for name in names if name.startswith(OPEN_TO_EVERYBODY)}


def _is_plain(name: str) -> bool:
    return name not in ("account_confirm_email", "account_reset_password_from_key")
