"""Creating an organization, and going from one to another."""

import datetime as dt

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse
from django.utils import timezone

from config import values
from orgs.actions import create_organization
from orgs.actions.organizations import MOST_OWNED
from orgs.audit import COMMAND_LINE
from orgs.models import AuditEvent, Membership, Organization, User
from tests.secretkeys.browsing import text

NEW = "/organizations/new"


@pytest.fixture
def staff_only(settings) -> None:
    settings.ORGANIZATION_CREATION = "staff"


@pytest.fixture
def create(client_for):
    """Return a function that sends the form of a new organization."""

    def send(user: User, name: str = "Initech"):
        return client_for(user).post(NEW, {"name": name}, follow=True)

    return send


def test_who_creates_an_organization_is_its_owner(create, mel) -> None:
    page = create(mel, " Initech ")
    made = Organization.objects.get(name="Initech")
    assert "Organization created." in text(page)
    assert page.redirect_chain[-1][0] == made.get_absolute_url()
    membership = Membership.objects.get(organization=made)
    assert (membership.user, membership.role) == (mel, "owner")
    event = AuditEvent.objects.get(organization=made)
    assert (event.action, event.actor) == ("organization.created", mel.email)


def test_who_belongs_nowhere_is_offered_to_create_one(client_for, create, db) -> None:
    user = User.objects.create_user("new@example.test")
    page = client_for(user).get("/")
    assert "or create one of your own." in text(page)
    assert f'href="{NEW}"' in page.content.decode()
    assert create(user).status_code == 200


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("", "Enter a name."), ("x" * 65, "Use 64 characters or fewer.")],
)
def test_bad_name_is_refused_and_kept(create, ada, acme, name, sentence) -> None:
    page = create(ada, name)
    assert page.status_code == 422
    assert sentence in text(page)
    assert f'value="{name}"' in page.content.decode()
    assert Organization.objects.count() == 1


def test_one_person_owns_so_many(create, ada, acme) -> None:
    for number in range(MOST_OWNED - 1):
        create_organization(
            f"Number {number}", owner=ada, actor=COMMAND_LINE, at=timezone.now()
        )
    page = create(ada)
    assert page.status_code == 422
    assert f"You own {MOST_OWNED} organizations" in text(page)
    assert 'value="Initech"' in page.content.decode()
    assert not Organization.objects.filter(name="Initech").exists()


def test_members_of_many_can_create_one_of_their_own(create, mel, gus) -> None:
    for number in range(MOST_OWNED):
        other = create_organization(
            f"N{number}", owner=gus, actor=COMMAND_LINE, at=timezone.now()
        )
        Membership.objects.create(organization=other, user=mel, role="admin")
    assert create(mel).status_code == 200
    assert Organization.objects.filter(name="Initech").exists()


def test_staff_alone_creates_organizations_where_the_operator_says_so(
    staff_only, create, client_for, mel, acme
) -> None:
    for page in (create(mel), client_for(mel).get(NEW)):
        assert page.status_code == 403
        assert "account managers create organizations" in text(page)
    home = reverse("orgs:general", args=[acme.pk])
    for url in ("/?switch=1", home):
        assert NEW not in client_for(mel).get(url).content.decode()
    assert Organization.objects.count() == 1
    User.objects.filter(pk=mel.pk).update(is_staff=True)
    assert create(User.objects.get(pk=mel.pk)).status_code == 200


def test_switcher_lists_organizations_and_marks_this_one(ada, acme, client_for):
    other = create_organization(
        "Zeta", owner=ada, actor=COMMAND_LINE, at=timezone.now()
    )
    page = client_for(ada).get(reverse("orgs:general", args=[acme.pk]))
    body = page.content.decode()
    menu = body[body.index('id="switcher-menu"') :].split("</div>")[0]
    assert f'href="{other.get_absolute_url()}"' in menu
    assert f'href="{acme.get_absolute_url()}" aria-current="true"' in menu
    assert menu.count("aria-current") == 1
    assert f'href="{NEW}"' in menu
    assert 'href="/?switch=1"' in menu


def test_switcher_names_twenty_and_this_one_among_them(
    ada, acme, client_for, django_assert_max_num_queries
) -> None:
    for number in range(25):
        create_organization(
            f"Ab {number:02}", owner=ada, actor=COMMAND_LINE, at=timezone.now()
        )
    client, url = client_for(ada), reverse("orgs:resources", args=[acme.pk])
    client.get(url)
    with django_assert_max_num_queries(14):
        body = client.get(url).content.decode()
    menu = body[body.index('id="switcher-menu"') :].split("</div>")[0]
    assert menu.count("<bdi>") == 20
    assert "<bdi>Acme</bdi>" in menu


def test_organizations_of_others_are_not_listed(ada, acme, globex, client_for):
    page = client_for(ada).get(reverse("orgs:general", args=[acme.pk]))
    assert "Globex" not in page.content.decode()


def test_anonymous_people_sign_in_first(client, db) -> None:
    assert client.get(NEW).status_code == 302
    assert client.post(NEW, {"name": "x"}).status_code == 302
    assert not Organization.objects.exists()


def test_setting_takes_one_of_two_words() -> None:
    with pytest.raises(ImproperlyConfigured, match="must be anyone or staff"):
        values.one_of("ORGANIZATION_CREATION", "nobody", ("anyone", "staff"))


def test_an_organization_is_as_old_as_its_first_event(ada) -> None:
    at = timezone.now() - dt.timedelta(days=3)
    made = create_organization("Old", owner=ada, actor=COMMAND_LINE, at=at)
    assert made.created_at == made.memberships.get().created_at == at
    assert AuditEvent.objects.get(organization=made).at == at
