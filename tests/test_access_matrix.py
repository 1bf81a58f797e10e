"""Who gets what from every URL of the product, by role and method."""

import datetime as dt
import re
import uuid
from collections.abc import Callable, Iterator

import pytest
from django.http import HttpResponse
from django.middleware.csrf import get_token
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from orgs.models import CatalogueEntry, Invitation, Organization, User
from orgs.roles import Role
from secretkeys.models import Denial
from tests.conftest import PASSWORD, ROLES, MakeKey

UNSAFE = ("POST", "PUT", "PATCH", "DELETE")
SIGN_IN = {"anonymous": 302, "suspended": 302}
NOBODY = {"outsider", "removed", "staff"}

# (status of GET, status of an empty POST) by URL name, for Members, Admins and the Owner.
Answers = tuple[tuple[int, int], tuple[int, int], tuple[int, int]]
LOOK: Answers = ((200, 405),) * 3
LOOK_ADMIN: Answers = ((403, 405), (200, 405), (200, 405))
CHANGE: Answers = ((403, 403), (200, 422), (200, 422))
# Nothing has to be typed: the POST does it and leads back.
AT_ONCE: Answers = ((403, 403), (200, 302), (200, 302))
PARTS: Answers = ((405, 403), (405, 200), (405, 200))
PAGES: dict[str, Answers] = {
    "orgs:general": LOOK,
    "orgs:rename": CHANGE,
    "orgs:rules": CHANGE,
    # The Owner is led back, to hand the organization over first.
    "secretkeys:leave": ((200, 302), (200, 302), (302, 302)),
    "orgs:members": LOOK,
    "orgs:invite": CHANGE,
    "orgs:invitation_resend": AT_ONCE,
    "orgs:invitation_withdraw": AT_ONCE,
    "orgs:member_role": CHANGE,
    "orgs:ownership_offer": ((403, 403), (403, 403), (200, 422)),
    # Who is not asked is led back; only the Owner and who is asked can end an offer.
    "orgs:ownership_accept": ((200, 302), (200, 302), (200, 302)),
    "orgs:ownership_end": ((404, 404), (404, 404), (200, 302)),
    "orgs:resources": LOOK,
    "orgs:audit_log": LOOK_ADMIN,
    "orgs:audit_export": LOOK_ADMIN,
    "secretkeys:member_remove": CHANGE,
    "secretkeys:overview": LOOK,
    "secretkeys:list": LOOK,
    "secretkeys:usage": LOOK,
    "secretkeys:usage_export": LOOK,
    "secretkeys:detail": LOOK,
    "secretkeys:create": CHANGE,
    "secretkeys:edit": CHANGE,
    "secretkeys:rotate": CHANGE,
    "secretkeys:remove": AT_ONCE,
    "secretkeys:disable": AT_ONCE,
    # The key of the table is enabled, so whoever may is led back.
    "secretkeys:enable": ((403, 403), (302, 302), (302, 302)),
    "secretkeys:identify": ((200, 422),) * 3,
    "secretkeys:first_request": LOOK_ADMIN,
    "secretkeys:preview": PARTS,
    "secretkeys:catalogue": PARTS,
    "secretkeys:denial": LOOK,
}
MEMBERS = ("member", "admin", "owner")
# Where htmx is not told of success: what cannot be done is a sentence in the dialog.
HTMX_CONFLICTS = {
    ("secretkeys:leave", "owner"): (409, 409),
    **{("secretkeys:enable", role): (409, 409) for role in MEMBERS[1:]},
    **{("orgs:ownership_accept", role): (200, 409) for role in MEMBERS},
    ("orgs:ownership_end", "owner"): (200, 409),
}
REFERENCE = "0123456789abcdef" * 2
# What a page's address names beside the organization; keys where nothing is said.
NAMED = {
    "orgs:invitation_resend": ["invitation"],
    "orgs:invitation_withdraw": ["invitation"],
    "orgs:member_role": ["member"],
    "orgs:ownership_offer": ["member"],
    "orgs:audit_export": ["csv"],
    "secretkeys:member_remove": ["member"],
    "secretkeys:leave": [],
    "secretkeys:overview": [],
    "secretkeys:list": [],
    "secretkeys:usage": [],
    "secretkeys:usage_export": [],
    "secretkeys:create": [],
    "secretkeys:identify": [],
    "secretkeys:catalogue": ["dataset"],
    "secretkeys:denial": [REFERENCE],
}
# Of no organization: see test_account_access.py.
OUTSIDE = {
    "orgs:home",
    "orgs:organization_create",
    "orgs:invitation",
    "orgs:invitation_accept",
}
# Of account managers; who gets what from them is the same for every one.
ADMIN = "admin/"
NOT_A_PAGE = {
    "/admin/password_change/": 302,
    # Only for the field of a form.
    "/admin/autocomplete/": 403,
    # Nobody deletes an organization here.
    "/admin/orgs/organization/<path:object_id>/delete/": 403,
    # Leads on to the page of the object.
    "/admin/orgs/organization/<path:object_id>/": 302,
    "/admin/orgs/catalogueentry/<path:object_id>/": 302,
    "/admin/(?P<url>.*)$": 404,
}
API = ("plans", "workspaces", "dryRuns", "^(?P<path>")


def _without_request(response: HttpResponse) -> bytes:
    """Leave out what differs between any two requests."""
    token = get_token(response.wsgi_request).encode()
    return re.sub(rb"[A-Za-z0-9]{64}", b"", response.content.replace(token, b""))


@pytest.fixture
def url(acme: Organization, mel: User, make_key: MakeKey) -> Callable[..., str]:
    """Return a function that tells the address of a page of acme, or of another."""
    key, _ = make_key()
    denied = {"outcome": "unknown_route", "access": 0}
    Denial.objects.create(reference=REFERENCE, key=key, at=timezone.now(), **denied)
    invitation = Invitation.objects.create(
        organization=acme,
        email="ivy@acme.test",
        role=Role.MEMBER.value,
        token_digest="0" * 64,
        sent_at=timezone.now(),
        expires_at=timezone.now() + dt.timedelta(days=1),
    )
    things = {"key": key.pk, "member": mel.pk, "invitation": invitation.pk}

    def url(name: str, organization_id: uuid.UUID = acme.pk, **others: object) -> str:
        default = ["key"] if name.startswith("secretkeys:") else []
        named = NAMED.get(name, default)
        return reverse(
            name,
            args=[organization_id, *((things | others).get(n, n) for n in named)],
        )

    return url


@pytest.mark.parametrize("htmx", [False, True], ids=["page", "htmx"])
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", PAGES)
def test_page_answers_each_role_as_the_table_says(
    name: str,
    role: str,
    htmx: bool,
    person: Callable[[str], Client],
    url: Callable[..., str],
) -> None:
    client = person(role)
    headers = {"HX-Request": "true"} if htmx else {}
    got = client.get(url(name), headers=headers).status_code
    posted = client.post(url(name), headers=headers).status_code
    if role in SIGN_IN:
        expected = (401, 401) if htmx else (302, 302)
    elif role in NOBODY:
        get, post = (405 if each == 405 else 404 for each in PAGES[name][2])
        expected = (get, post)
    else:
        get, post = PAGES[name][MEMBERS.index(role)]
        # htmx gets the dialog's end as an event, a browser is led back to the list.
        expected = (get, 200 if htmx and post == 302 else post)
        if htmx:
            expected = HTMX_CONFLICTS.get((name, role), expected)
    assert (got, posted) == expected


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
@pytest.mark.parametrize("name", PAGES)
def test_page_refuses_every_other_method(
    name: str, method: str, person: Callable[[str], Client], url: Callable[..., str]
) -> None:
    assert person("owner").generic(method, url(name)).status_code == 405


@pytest.mark.parametrize("name", PAGES)
def test_what_belongs_to_another_organization_does_not_exist(
    name: str,
    globex: Organization,
    gus: User,
    ada: User,
    make_key: MakeKey,
    url: Callable[..., str],
) -> None:
    foreign, _ = make_key("foreign", organization=globex)
    client = Client()
    client.force_login(ada)
    method = "POST" if PAGES[name][2][0] == 405 else "GET"
    urls = [url(name, globex.pk), url(name, uuid.uuid4())]
    if url(name, key=foreign.pk, member=gus.pk, invitation=2**40) != url(name):
        urls += [
            url(name, key=foreign.pk, member=gus.pk, invitation=2**40),
            url(name, key="0" * 16, member=2**40, invitation=2**41),
            url(name, globex.pk, key=foreign.pk, member=gus.pk),
        ]
    responses = [client.generic(method, each) for each in urls]
    assert {response.status_code for response in responses} == {404}
    # Nothing tells what is foreign from what never was.
    assert len({_without_request(response) for response in responses}) == 1


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("method", ["GET", "HEAD", *UNSAFE])
def test_api_takes_no_session_for_a_key(
    role: str, method: str, person: Callable[[str], Client], acme: Organization
) -> None:
    client = person(role)
    for path in ("/plans", "/workspaces", f"/workspaces/{acme.pk}", "/dryRuns/x"):
        assert client.generic(method, path).status_code == 401


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
    client = person("staff")
    got = {route: client.get(url).status_code for route, url in admin_urls.items()}
    assert got == dict.fromkeys(admin_urls, 200) | NOT_A_PAGE


@pytest.mark.parametrize("name", PAGES)
def test_post_without_a_token_changes_nothing(
    name: str, person: Callable[[str], Client], url: Callable[..., str]
) -> None:
    client = person("owner")
    client.handler.enforce_csrf_checks = True
    assert client.post(url(name)).status_code in (403, 405)


def test_table_names_every_page_of_an_organization() -> None:
    found = {
        name
        for name, route in url_patterns(get_resolver())
        if name and name.startswith(("orgs:", "secretkeys:"))
        if name not in OUTSIDE
    }
    assert found == set(PAGES)


def test_nothing_without_a_name_is_a_page() -> None:
    account_managers = set(url_patterns(_admin(), "admin:"))
    nameless = {
        route
        for name, route in url_patterns(get_resolver())
        if name is None and (name, route) not in account_managers
    }
    assert not [route for route in nameless if not route.startswith(API)]


def url_patterns(
    resolver: URLResolver, namespace: str = ""
) -> Iterator[tuple[str | None, str]]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{pattern.namespace}:" if pattern.namespace else namespace
            yield from url_patterns(pattern, inner)
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
