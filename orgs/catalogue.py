"""What can be an entry of an organization's catalogue. Pure: no Django."""

import re
from dataclasses import dataclass

from orgs import names
from orgs.categories import Category

MAX_ID_LENGTH = 64

# What stands unchanged in a path segment, a header and a comma-separated list. A path
# of dots alone means another path.
_ID = re.compile(rf"(?!\.\.?\Z)[A-Za-z0-9_.~:@-]{{1,{MAX_ID_LENGTH}}}")


class InvalidEntry(ValueError):
    """The text cannot be an entry; the message says why, to the person who wrote it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A dataset, training or deployment of one organization, as it is stored."""

    category: Category
    external_id: str
    name: str


def clean(category: str, external_id: str, name: str, *, organization_id: str) -> Entry:
    """Return an entry of the organization as it is stored.

    Raises:
        InvalidEntry: the category is unknown, or the id or the name cannot be one.
    """
    try:
        known = Category(category.strip())
    except ValueError:
        choices = ", ".join(Category)
        raise InvalidEntry(f"The category must be one of {choices}.") from None
    cleaned_id = clean_id(known, external_id, organization_id=organization_id)
    try:
        return Entry(known, cleaned_id, names.clean(name))
    except names.InvalidName as error:
        raise InvalidEntry(f"The name is refused: {error}") from None


def clean_id(category: Category, text: str, *, organization_id: str) -> str:
    """Return the id of a resource as requests name it inside its organization.

    Shape: 1 to 64 ASCII letters, digits and ``_ . ~ : @ -``, neither ``.`` nor ``..``.
    The wire's id of a dataset is ``{organization}_{dataset}``; its first part is cut.

    Raises:
        InvalidEntry: it is empty, too long, or holds other characters.
    """
    external_id = text.strip()
    prefix = f"{organization_id}_"
    if category is Category.DATASET and external_id.lower().startswith(prefix.lower()):
        external_id = external_id[len(prefix) :]
    if not external_id:
        raise InvalidEntry("The external id is missing.")
    if len(external_id) > MAX_ID_LENGTH:
        raise InvalidEntry(
            f"The external id is longer than {MAX_ID_LENGTH} characters."
        )
    if not _ID.fullmatch(external_id):
        raise InvalidEntry(
            "The external id may hold the letters A to Z, digits and _ . ~ : @ - only."
        )
    return external_id


def is_id(text: str) -> bool:
    """Tell whether ``text`` has the shape of an external id."""
    return _ID.fullmatch(text) is not None
