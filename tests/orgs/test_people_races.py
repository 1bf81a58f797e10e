"""Two people at once: one winner, a clear answer for the other, always one Owner."""

import pytest
from django.utils import timezone

from orgs.actions import (
    accept_invitation,
    accept_ownership,
    accept_with_new_account,
    add_entry,
    appoint_owner,
    change_role,
    end_ownership_offer,
    invite,
    offer_ownership,
    remove_entries,
    remove_member,
    rename_entry,
    set_quota,
)
from orgs.audit import COMMAND_LINE, Actor
from orgs.catalogue import Entry
from orgs.categories import Category
from orgs.models import AuditEvent, Invitation, Membership, OwnershipOffer, User
from orgs.models.invitations import token_digest
from orgs.quotas import QuotaKind
from orgs.roles import Role
from tests.conftest import PASSWORD
from tests.secretkeys.test_actions import race

pytestmark = pytest.mark.django_db(transaction=True)
TOKEN = "t" * 43


@pytest.fixture
def amy(acme):
    """A second Admin of acme."""
    user = User.objects.create_user("amy@acme.test", PASSWORD, name="Amy Admin")
    Membership.objects.create(organization=acme, user=user, role="admin")
    return user


@pytest.fixture
def offered(acme, ada, mel):
    actor = Actor.person(ada)
    return offer_ownership(acme, mel.pk, actor=actor, at=timezone.now())


def demoting(organization, by, whom):
    """Return a job that makes somebody a Member."""
    return lambda: change_role(
        organization, whom.pk, Role.MEMBER, actor=Actor.person(by), at=timezone.now()
    )


def removing(organization, by, whom):
    """Return a job that removes somebody."""
    return lambda: remove_member(
        organization, whom.pk, actor=Actor.person(by), at=timezone.now()
    )


def inviting(organization, by, *emails):
    """Return a job that invites people."""
    return lambda: invite(
        organization, emails, Role.MEMBER, actor=Actor.person(by), at=timezone.now()
    )


def accepting(organization, user):
    """Return a job that accepts the ownership."""
    return lambda: accept_ownership(
        organization, user, actor=Actor.person(user), at=timezone.now()
    )


def withdrawing(organization, user):
    """Return a job that ends the offer of the ownership."""
    return lambda: end_ownership_offer(
        organization, actor=Actor.person(user), at=timezone.now()
    )


def adding(organization, name):
    """Return a job that adds a dataset to the catalogue."""
    entry = Entry(Category.DATASET, name, name)
    return lambda: add_entry(organization, entry, actor=COMMAND_LINE, at=timezone.now())


def renaming(entry, name):
    """Return a job that renames an entry of the catalogue."""
    return lambda: rename_entry(entry, name, actor=COMMAND_LINE, at=timezone.now())


def taking(entries):
    """Return a job that takes entries out of the catalogue."""
    return lambda: remove_entries(entries, actor=COMMAND_LINE, at=timezone.now())


def owners(organization):
    rows = Membership.objects.filter(organization=organization, role="owner")
    return [row.user.email for row in rows]


def events(action):
    return AuditEvent.objects.filter(action=action).count()


def invited(organization, email, by):
    """Store an invitation whose token is known."""
    row, *_ = inviting(organization, by, email)()
    Invitation.objects.filter(pk=row.pk).update(token_digest=token_digest(TOKEN))


def test_two_admins_who_demote_each_other_end_with_one_winner(acme, abe, amy):
    done = race(demoting(acme, abe, amy), demoting(acme, amy, abe))
    assert done == ["NotAllowed", "done"]
    roles = Membership.objects.filter(user__in=[abe, amy]).values_list(
        "role", flat=True
    )
    assert sorted(roles) == ["admin", "member"]
    assert events("member.role_changed") == 1


def test_two_admins_who_remove_each_other_end_with_one_winner(acme, abe, amy):
    done = race(removing(acme, abe, amy), removing(acme, amy, abe))
    assert done == ["NotAllowed", "done"]
    assert Membership.objects.filter(user__in=[abe, amy]).count() == 1


def test_an_offer_is_accepted_or_withdrawn(acme, ada, mel, offered):
    done = race(accepting(acme, mel), withdrawing(acme, ada))
    assert done in (["OfferGone", "done"], ["NotAllowed", "done"])
    accepted = events("organization.owner_changed")
    assert accepted + events("organization.ownership_offer_ended") == 1
    assert owners(acme) == ([mel.email] if accepted else [ada.email])
    assert not OwnershipOffer.objects.exists()


def test_the_owner_is_never_lost(acme, ada, abe, mel, offered):
    done = race(
        accepting(acme, mel),
        removing(acme, abe, mel),
        removing(acme, abe, ada),
        demoting(acme, abe, mel),
        lambda: appoint_owner(acme, abe, actor=COMMAND_LINE, at=timezone.now()),
    )
    late = {"NotAMember", "NotAllowed", "OfferGone", "OwnerRequired"}
    assert set(done) <= {"done", *late}
    assert len(owners(acme)) == 1


def test_an_invitation_accepted_twice_makes_one_membership(acme, ada, gus):
    invited(acme, gus.email, ada)
    jobs = [lambda: accept_invitation(TOKEN, gus, at=timezone.now())] * 4
    assert race(*jobs) == ["InvitationGone"] * 3 + ["done"]
    assert Membership.objects.filter(user=gus).count() == 1
    assert events("invitation.accepted") == 1


def test_a_new_account_is_made_once(acme, ada):
    invited(acme, "new@x.test", ada)
    now = timezone.now()
    job = lambda: accept_with_new_account(TOKEN, "New", PASSWORD, at=now)  # noqa: E731
    done = race(job, job, job)
    assert done.count("done") == 1
    assert set(done) <= {"done", "AccountExists", "InvitationGone"}
    assert User.objects.filter(email="new@x.test").count() == 1
    assert Membership.objects.filter(user__email="new@x.test").count() == 1


def test_the_limit_holds_under_a_rush(acme, ada, abe):
    set_quota(
        acme,
        QuotaKind.COLLABORATORS,
        limit=4,
        renews_on=None,
        actor=COMMAND_LINE,
        at=timezone.now(),
    )
    jobs = [inviting(acme, ada, f"p{number}@x.test") for number in range(5)]
    done = race(*jobs)
    assert done == ["CollaboratorLimitReached"] * 3 + ["done"] * 2
    assert Invitation.objects.count() == events("invitation.sent") == 2


def test_one_address_is_invited_once(acme, ada, abe):
    jobs = [inviting(acme, by, "new@x.test") for by in (ada, abe, ada)]
    assert race(*jobs) == ["AddressesRefused"] * 2 + ["done"]
    assert Invitation.objects.count() == 1


def test_an_admin_who_is_demoted_meanwhile_leaves_no_invitation(acme, ada, abe):
    done = race(inviting(acme, abe, "new@x.test"), demoting(acme, ada, abe))
    assert done in (["done", "done"], ["NotAllowed", "done"])
    assert not Invitation.objects.exists()


def test_an_invitation_is_accepted_or_its_sender_demoted_first(acme, ada, abe, gus):
    invited(acme, gus.email, abe)
    accept = lambda: accept_invitation(TOKEN, gus, at=timezone.now())  # noqa: E731
    done = race(accept, demoting(acme, ada, abe))
    present = Membership.objects.filter(user=gus, organization=acme).exists()
    assert done == (["done", "done"] if present else ["InvitationGone", "done"])
    assert not Invitation.objects.exists()


def test_the_catalogue_is_changed_while_people_are_invited(acme, ada):
    entries = [adding(acme, f"entry-{number}")() for number in range(3)]
    jobs = [inviting(acme, ada, f"p{number}@x.test") for number in range(8)]
    jobs += [renaming(entries[0], f"New {number}") for number in range(4)]
    jobs += [adding(acme, f"more-{number}") for number in range(4)]
    assert race(*jobs, taking(entries[1:]), taking(entries[:0:-1])) == ["done"] * 18
    assert events("invitation.sent") == 8
    assert events("catalogue_entry.renamed") == 4
    assert events("catalogue_entry.added") == 3 + 4
    assert events("catalogue_entry.removed") == 2
