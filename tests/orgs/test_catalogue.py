"""What access scopes choose from: which ids it takes, and how it is found."""

import uuid

import pytest
from django.db import IntegrityError, connection, transaction

from orgs.catalogue import InvalidEntry, clean, clean_id
from orgs.categories import Category
from orgs.models import CatalogueEntry, Organization

ORGANIZATION_ID = "3f1b6c1e-6f0a-4a53-9c61-0d6b2c1f7a10"

GOOD_IDS = ["1", "a" * 64, "road_signs", "v1.2~b:c@d-e", "...", "65f0c0ffee"]
BAD_IDS = {
    "empty": "",
    "blank": "  ",
    "long": "a" * 65,
    "slash": "a/b",
    "comma": "a,b",
    "space": "a b",
    "percent": "a%2fb",
    "quote": 'a"b',
    "line break": "a\nb",
    "NUL": "a\0b",
    "not ASCII": "straße",
    "digits of another script": "٣",
    "this folder": ".",
    "the folder above": "..",
    "nothing but the organization": f"{ORGANIZATION_ID}_",
}


@pytest.fixture
def make_entry(acme: Organization):
    """Return a function that stores an entry of acme."""

    def make(name, external_id, category=Category.DATASET, organization=acme):
        return CatalogueEntry.objects.create(
            organization=organization,
            category=category.value,
            external_id=external_id,
            name=name,
        )

    return make


def test_every_category_says_what_people_read() -> None:
    labels = [category.label for category in Category]
    assert labels == ["Datasets", "Training", "Deployments"]


@pytest.mark.parametrize("text", GOOD_IDS)
@pytest.mark.parametrize("category", Category)
def test_id_that_fits_a_path_a_header_and_a_list_is_taken(category, text) -> None:
    taken = clean_id(category, f" {text} ", organization_id=ORGANIZATION_ID)
    assert taken == text


@pytest.mark.parametrize("kind", BAD_IDS)
def test_any_other_id_is_refused_in_a_sentence(kind) -> None:
    with pytest.raises(InvalidEntry, match=r"\.$"):
        clean_id(Category.DATASET, BAD_IDS[kind], organization_id=ORGANIZATION_ID)


@pytest.mark.parametrize("prefix", [ORGANIZATION_ID, ORGANIZATION_ID.upper()])
def test_organization_in_front_of_a_dataset_is_cut_off(prefix) -> None:
    text = f"{prefix}_{'a' * 64}"
    entry = clean("dataset", text, "Roads", organization_id=ORGANIZATION_ID)
    assert entry.external_id == "a" * 64


def test_organization_in_front_of_anything_else_stays() -> None:
    text = f"{ORGANIZATION_ID}_run"
    assert clean_id(Category.TRAINING, text, organization_id=ORGANIZATION_ID) == text
    assert clean_id(Category.DATASET, text, organization_id=str(uuid.uuid4())) == text


def test_lists_read_in_the_order_of_people(make_entry) -> None:
    for name in ("beta", "Alpha", "äther", "Gamma"):
        make_entry(name, name[1:])
    found = CatalogueEntry.objects.by_name().values_list("name", flat=True)
    assert [name for name in found if name.isascii()] == ["Alpha", "beta", "Gamma"]


@pytest.mark.parametrize("text", ["ÄPF", "pfel", " Äpfel ", "DS-9"])
def test_search_finds_names_and_ids_in_any_case(make_entry, text) -> None:
    wanted = make_entry("äpfel", "ds-9")
    make_entry("Birnen", "other")
    assert list(CatalogueEntry.objects.matching(text)) == [wanted]


def test_renamed_entry_is_found_by_its_new_name_alone(make_entry) -> None:
    entry = make_entry("Roads", "x")
    entry.name = "Streets"
    entry.save()
    found = CatalogueEntry.objects.matching
    assert (found("streets").count(), found("roads").count()) == (1, 0)


def test_entries_are_read_by_organization_category_and_id(
    make_entry, acme, globex
) -> None:
    wanted = make_entry("Roads", "a")
    make_entry("Roads", "a", organization=globex)
    make_entry("Roads", "a", Category.TRAINING)
    make_entry("Signs", "b")
    entries = CatalogueEntry.objects.of(acme).in_category(Category.DATASET)
    assert list(entries.with_ids({"a", "z"})) == [wanted]


@pytest.mark.parametrize(
    "columns", [{"category": "model"}, {"category": "dataset", "external_id": "a"}]
)
def test_database_refuses_unknown_categories_and_ids_twice(
    make_entry, acme, columns
) -> None:
    make_entry("Roads", "a")
    with pytest.raises(IntegrityError), transaction.atomic():
        CatalogueEntry.objects.create(organization=acme, name="x", **columns)


def test_release_before_this_one_can_still_add_an_organization(db) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO orgs_organization (id, name, key_limit, account_manager_email,"
            " created_at, updated_at) VALUES (%s, 'Old', 1, '', '2026-01-01 00:00:00Z',"
            " '2026-01-01 00:00:00Z')",
            [uuid.uuid4().hex],
        )
    organization = Organization.objects.get(name="Old")
    assert (organization.access_scope, organization.advanced_permissions) == (
        False,
    ) * 2
