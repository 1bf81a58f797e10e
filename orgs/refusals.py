"""Why a change to people or organizations is refused, in a sentence for the asker."""

from collections.abc import Mapping


class Refused(Exception):
    """The change cannot be made; ``sentence`` says why, to the person who asked."""

    sentence: str

    def __str__(self) -> str:
        return self.sentence


class Conflict(Refused):
    """What was asked for was overtaken by something that has happened since."""


class NotAllowed(Conflict):
    """Whoever asks may not do this (any more)."""

    sentence = (
        "Your role in this organization does not allow this any more. Nothing was "
        "changed."
    )


class OrganizationLocked(Conflict):
    """An account manager has locked the organization; rights can only be taken away."""

    sentence = (
        "This organization is locked. Until it is unlocked, keys can be disabled, and "
        "keys, members and invitations removed; nothing else can be changed."
    )


class NotAMember(Refused):
    """The person is not a member, or is none any more."""

    sentence = "This person is not a member of the organization any more."


class AccountExists(Refused):
    """The address has an account."""

    sentence = "You already have an account. Sign in to accept."


class AddressTaken(Refused):
    """The proposed address cannot be taken (any more); which of these, nobody learns."""

    sentence = (
        "This link no longer works: it was used, replaced by a newer one or "
        "withdrawn, or the email belongs to another account."
    )


class OwnerRequired(Refused):
    """The change would leave an organization without its Owner."""

    sentence = "An organization needs its Owner. Transfer the ownership first."


class SecondFactorMissing(Refused):
    """Whoever asks would shut themselves out."""

    sentence = (
        "Set up a second factor for your own account first, so that you can still "
        "open this organization."
    )


class RulesChanged(Refused):
    """Somebody else has changed the rules since the page was opened."""

    def __init__(self, now: Mapping[str, str]) -> None:
        facts = ", ".join(f"{name}: {value}" for name, value in now.items())
        self.sentence = (
            f"Somebody changed these rules while the page was open. Now they are: "
            f"{facts}. Check what you chose and save again."
        )


class TooManyOrganizations(Refused):
    """One person would own more organizations than one may."""

    def __init__(self, most: int) -> None:
        self.sentence = (
            f"You own {most} organizations, which is the most one person can own. "
            "Transfer the ownership of one first."
        )


class OfferGone(Refused):
    """The offer was withdrawn or has expired."""

    sentence = "The ownership is no longer offered to you."


class InvitationGone(Refused):
    """The invitation was accepted, withdrawn, replaced or has expired."""

    sentence = (
        "This invitation no longer works: it was used, withdrawn, replaced by a "
        "newer one, or it is too old. Ask an organization admin for a new one."
    )


class WrongAccount(Refused):
    """The invitation is for another address."""

    def __init__(self, email: str) -> None:
        self.sentence = f"This invitation is for {email}."


class InvitedTooOften(Refused):
    """Somebody has this server write to more and more people."""

    sentence = "You have sent many invitations lately. Wait an hour, then try again."


class InvitedLately(Refused):
    """One person got the same invitation a moment ago."""

    sentence = "This invitation was sent lately. Wait three minutes, then try again."


class CollaboratorLimitReached(Refused):
    """There would be more members and invitations than the organization may have."""

    def __init__(self, limit: int, left: int) -> None:
        places = "place is" if left == 1 else "places are"
        self.sentence = (
            f"Your organization has reached its limit of {limit} collaborators, "
            "counting pending invitations. Remove one first, or ask for more."
            if left == 0
            else f"Only {left} {places} left: your organization may have {limit} "
            "collaborators, counting pending invitations."
        )


class NotInvited(Refused):
    """An identity provider vouches for somebody who has no account and no invitation."""

    def __init__(self, email: str) -> None:
        self.sentence = (
            f"There is no account for {email}. Ask an organization admin to invite you."
        )


class AddressesRefused(Refused):
    """Some addresses cannot be invited; nobody was."""

    def __init__(self, sentences: list[str]) -> None:
        self.sentence = " ".join(sentences)
        self.sentences = sentences
