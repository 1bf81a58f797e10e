"""Who gets what from every URL of the product, by role and method."""

import re
import uuid
from collections.abc import Callable, Iterator

import pytest
from django.http import HttpResponse
from django.middleware.csrf import get_token
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from orgs.models import CatalogueEntry, Membership, Organization, User
from orgs.roles import Role
from secretkeys.models import Denial, SecretKey
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
    "secretkeys:preview": {
        "member": (405, 403),
        "admin": (405, 200),
        "owner": (405, 200),
    },
    "secretkeys:catalogue": {
        "member": (405, 403),
        "admin": (405, 200),
        "owner": (405, 200),
    },
    "secretkeys:denial": {
        "member": (200, 405),
        "admin": (200, 405),
        "owner": (200, 405),
    },
}
REFERENCE = "0123456789abcdef" * 2
# What a page's address names beside the organization, where that is not a key.
NAMED = {
    "secretkeys:list": [],
    "secretkeys:create": [],
    "secretkeys:catalogue": ["dataset"],
    "secretkeys:denial": [REFERENCE],
}
OPEN_TO_EVERYBODY = "account_"
# Of account managers; who gets what from them is the same for every one.
ADMIN = "admin/"
NOT_A_PAGE = {
    "/admin/password_change/": 302,
    # Only for the field of a form.
    "/admin/autocomplete/": 403,
    # Nobody adds or deletes an organization here.
    "/admin/orgs/organization/add/": 403,
    "/admin/orgs/organization/<path:object_id>/delete/": 403,
    # Leads on to the page of the object.
    "/admin/orgs/organization/<path:object_id>/": 302,
    "/admin/orgs/catalogueentry/<path:object_id>/": 302,
    "/admin/(?P<url>.*)$": 404,
}
API = ("plans", "workspaces", "dryRuns", "^(?P<path>")


@pytest.fixture
def person(
    acme: Organization,
    globex: Organization,
    ada: User,
    abe: User,
    mel: User,
    gus: User,
    client_for: Callable[[User], Client],
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
        return client_for(user)

    return sign_in


def _without_request(response: HttpResponse) -> bytes:
    """Leave out what differs between any two requests."""
    token = get_token(response.wsgi_request).encode()
    return re.sub(rb"[A-Za-z0-9]{64}", b"", response.content.replace(token, b""))


def _url(name: str, organization: Organization, key: SecretKey) -> str:
    return reverse(name, args=[organization.pk, *NAMED.get(name, [key.key_id])])


@pytest.mark.parametrize("htmx", [False, True], ids=["page", "htmx"])
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", PAGES)
def test_page_answers_each_role_as_the_table_says(
    name: str, role: str, htmx: bool, person: Callable[[str], Client], make_key: MakeKey
) -> None:
    key, _ = make_key()
    Denial.objects.create(
        reference=REFERENCE,
        key=key,
        at=timezone.now(),
        outcome="unknown_route",
        access=0,
    )
    client = person(role)
    url = _url(name, key.organization, key)
    headers = {"HX-Request": "true"} if htmx else {}
    got = client.get(url, headers=headers).status_code
    posted = client.post(url, headers=headers).status_code
    if role in SIGN_IN:
        assert (got, posted) == ((401, 401) if htmx else (302, 302))
    elif role in NOBODY:
        expected = [405 if each == 405 else 404 for each in PAGES[name]["owner"]]
        assert [got, posted] == expected
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


@pytest.mark.parametrize(
    "name", [each for each in PAGES if each not in NAMED or each.endswith(":create")]
)
def test_key_of_another_organization_does_not_exist(
    name: str, globex: Organization, ada: User, make_key: MakeKey
) -> None:
    foreign, _ = make_key("foreign", organization=globex)
    own, _ = make_key("own")
    client = Client()
    client.force_login(ada)
    method = "POST" if PAGES[name]["owner"][0] == 405 else "GET"
    responses = [
        client.generic(method, url)
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


@pytest.fixture
def admin_urls(acme: Organization) -> dict[str, str]:
    """Return every address of the account managers' pages, by its route."""
    entry = CatalogueEntry.objects.create(
        organization=acme, category="dataset", external_id="ds1", name="Roads"
    )
    urls = {}
    for route in _admin_routes():
        pk = acme.pk if "/organization/" in route else entry.pk
        url = route.replace("<path:object_id>", str(pk))
        url = url.replace("^(?P<app_label>orgs)/$", "orgs/")
        urls[route] = url.replace("(?P<url>.*)$", "nowhere")
    assert not [url for url in urls.values() if set(url) & set("<>()^$")]
    return urls


@pytest.mark.parametrize("role", ["anonymous", "suspended"])
def test_admin_sends_people_who_are_not_signed_in_to_the_sign_in(
    role: str, person: Callable[[str], Client], admin_urls: dict[str, str]
) -> None:
    client = person(role)
    User.objects.filter(email="suspended@acme.test").update(is_staff=True)
    for url in admin_urls.values():
        for answer in (client.get(url), client.post(url)):
            assert answer.status_code == 302, url
            assert answer.url == f"{reverse('account_login')}?next={url}"


@pytest.mark.parametrize("role", ["outsider", "removed", "member", "admin", "owner"])
def test_admin_refuses_everybody_but_account_managers(
    role: str, person: Callable[[str], Client], admin_urls: dict[str, str]
) -> None:
    client = person(role)
    for url in admin_urls.values():
        got = (client.get(url).status_code, client.post(url).status_code)
        assert got == (403, 403), url


def test_admin_answers_account_managers(
    person: Callable[[str], Client], admin_urls: dict[str, str]
) -> None:
    User.objects.filter(email="gus@globex.test").update(is_staff=True)
    client = person("outsider")
    got = {route: client.get(url).status_code for route, url in admin_urls.items()}
    assert got == dict.fromkeys(admin_urls, 200) | NOT_A_PAGE


def test_table_names_every_url() -> None:
    account_managers = set(_patterns(_admin(), "admin:"))
    unlisted = [
        name or route
        for name, route in _patterns(get_resolver())
        if name not in PAGES
        and name != "orgs:home"
        and not (name or "").startswith(OPEN_TO_EVERYBODY)
        and not (name is None and route.startswith(API))
        and (name, route) not in account_managers
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


def _admin_routes() -> list[str]:
    """Return the routes below /admin/, as they are written."""
    return _routes(_admin(), "/")


def _admin() -> URLResolver:
    return next(
        each for each in get_resolver().url_patterns if str(each.pattern) == ADMIN
    )


def _routes(resolver: URLResolver | URLPattern, prefix: str) -> list[str]:
    route = prefix + str(resolver.pattern)
    if isinstance(resolver, URLPattern):
        return [route]
    return [found for each in resolver.url_patterns for found in _routes(each, route)]


def _account_names() -> set[str]:
    names = {name for name, _ in _patterns(get_resolver()) if name}
    return {name for name in names if name.startswith(OPEN_TO_EVERYBODY)}


def _is_plain(name: str) -> bool:
    return name not in ("account_confirm_email", "account_reset_password_from_key")
