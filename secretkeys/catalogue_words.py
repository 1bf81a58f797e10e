"""What scopes select and refused requests named, by its present name."""

from dataclasses import dataclass

from orgs.models import CatalogueEntry
from secretkeys.grants import Resource
from secretkeys.models import Denial, SecretKey


@dataclass(frozen=True, slots=True)
class ScopeWords:
    """One line of an access scope; ``entries`` are the selected ones by name."""

    title: str
    reach: str
    entries: list[str]


def scope_words(key: SecretKey) -> list[ScopeWords]:
    """Return a key's access scope in words; selected entries by their present names."""
    lines = []
    scopes = key.grant.scopes
    ids = {each for scope in scopes.values() for each in scope.ids}
    found = CatalogueEntry.objects.named_by_category(key.organization, ids)
    for category, scope in scopes.items():
        names = {i: name for i, name in found[category].items() if i in scope.ids}
        gone = sorted(scope.ids - names.keys())
        entries = [*names.values(), *gone]
        lines.append(
            ScopeWords(category.access_label, scope.reach.name.title(), entries)
        )
    return lines


def object_name(denial: Denial) -> str:
    """Return what the catalogue calls the object of a refused request, or its id."""
    category = Resource(denial.resource).category if denial.resource else None
    if category is None or not denial.object_id:
        return ""
    organization, ids = denial.key.organization, [denial.object_id]
    names = CatalogueEntry.objects.named(organization, category, ids)
    return names.get(denial.object_id, denial.object_id)
