"""A catalogue comes in from a file: the whole of it, or a reason for every bad row."""

import json
import uuid

import pytest
from django.core.management import CommandError

from orgs import catalogue_files
from orgs.models import AuditEvent, CatalogueEntry
from tests.commands import call, run

HEADER = "category,external_id,name\n"
GOOD = HEADER + "dataset,ds1,Roads\ntraining,run1,First run\n"
ROW = {"category": "dataset", "external_id": "ds1", "name": "Roads"}

BAD_FILES = {
    "empty": ("c.csv", "", "The file is empty."),
    "blank": ("c.json", " \n", "The file is empty."),
    "header alone": ("c.csv", HEADER, "The file has no entries."),
    "no entries": ("c.json", "[]", "The file has no entries."),
    "missing column": ("c.csv", "category,name\n", "The first line must name"),
    "unknown column": ("c.csv", HEADER.strip() + ",size\n", "The first line must name"),
    "column twice": ("c.csv", "name,name,category\n", "The first line must name"),
    "other separator": ("c.csv", HEADER.replace(",", ";"), "The first line must name"),
    "other encoding": ("c.csv", GOOD.encode("utf-16"), "The file is not UTF-8 text."),
    "Latin-1": ("c.csv", b"caf\xe9", "The file is not UTF-8 text."),
    "other name": ("c.txt", GOOD, "The name of the file must end in .csv or .json."),
    "not JSON": ("c.json", '[\n{"a": }]', "The file is not JSON: see line 2."),
    "deep JSON": ("c.json", "[" * 100_000, "The file is not JSON"),
    "long number": ("c.json", f"[{'9' * 5000}]", "The file is not JSON"),
    "JSON of another shape": ("c.json", "{}", "The file must hold a list of objects."),
}
BAD_ROWS = {
    "category": ("model,a,x", "The category must be one of dataset, training,"),
    "no id": ("dataset,,x", "The external id is missing."),
    "id": ("dataset,a/b,x", "The external id may hold"),
    "no name": ("dataset,a,", "The name is refused: Enter a name."),
    "name": ("dataset,a,\u202ex", "The name is refused: Use letters"),
    "few cells": ("dataset,a", "The row has 2 columns instead of 3."),
    "many cells": ("dataset,a,x,y", "The row has 4 columns instead of 3."),
    "open quote": ('dataset,a,"x', "The quotes do not match."),
}


@pytest.fixture
def refused(acme, write):
    """Return a function that imports a file and returns why it was refused."""

    def refuse(name, content):
        with pytest.raises(CommandError) as error:
            call("import_catalogue", str(acme.pk), write(name, content))
        assert not CatalogueEntry.objects.exists()
        assert not AuditEvent.objects.filter(action="catalogue.imported").exists()
        return str(error.value)

    return refuse


def _stored() -> list[tuple[str, str, str]]:
    return sorted(CatalogueEntry.objects.values_list("category", "external_id", "name"))


def test_csv_adds_what_is_new_and_renames_what_is_there(acme, write) -> None:
    call("import_catalogue", str(acme.pk), write("c.csv", GOOD))
    second = "name,category,external_id\nStreets,dataset,ds1\nLive,deployment,live\n"
    out, err = call("import_catalogue", str(acme.pk), write("c.csv", second))
    assert (out, err) == ("", "Acme: 1 added, 1 renamed, 0 unchanged.\n")
    assert _stored() == [
        ("dataset", "ds1", "Streets"),
        ("deployment", "live", "Live"),
        ("training", "run1", "First run"),
    ]


def test_json_is_taken_too(acme, write) -> None:
    rows = [ROW, ROW | {"external_id": f"{acme.pk}_ds2", "name": "Ünder"}]
    call("import_catalogue", str(acme.pk), write("C.JSON", json.dumps(rows)))
    assert _stored() == [("dataset", "ds1", "Roads"), ("dataset", "ds2", "Ünder")]


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_files_of_spreadsheets_are_read(acme, write, mark, ending) -> None:
    content = (mark + GOOD + ",,\n").replace("\n", ending)
    call("import_catalogue", str(acme.pk), write("c.csv", content))
    assert len(_stored()) == 2


def test_import_is_one_event_and_none_when_nothing_changes(acme, write) -> None:
    for _ in range(2):
        call("import_catalogue", str(acme.pk), write("c.csv", GOOD))
    event = AuditEvent.objects.get(action="catalogue.imported")
    assert event.changes == {"added": [None, "2"], "renamed": [None, "0"]}
    assert (event.organization, event.actor) == (acme, "Command line")


def test_other_organizations_keep_their_names(acme, globex, write) -> None:
    call("import_catalogue", str(globex.pk), write("c.csv", GOOD))
    call("import_catalogue", str(acme.pk), write("c.csv", HEADER + "dataset,ds1,New"))
    assert globex.catalogue.get(external_id="ds1").name == "Roads"


@pytest.mark.parametrize("kind", BAD_FILES)
def test_file_that_is_no_catalogue_gets_one_sentence(kind, refused) -> None:
    name, content, sentence = BAD_FILES[kind]
    reason = refused(name, content)
    assert reason.startswith(sentence)
    assert "\n" not in reason


@pytest.mark.parametrize("kind", BAD_ROWS)
def test_bad_row_is_named_by_its_line(kind, refused) -> None:
    row, sentence = BAD_ROWS[kind]
    assert refused("c.csv", f"{GOOD}\n{row}\n").startswith(f"Line 5: {sentence}")


def test_every_bad_row_is_named_where_it_starts(refused) -> None:
    reason = refused("c.csv", HEADER + 'dataset,a,"x\ny"\nmodel,b,y\ndataset,c,z\n,,x')
    lines = [line.split(":")[0] for line in reason.splitlines()]
    assert lines == ["Line 2", "Line 4", "Line 6"]


@pytest.mark.parametrize(
    "row", [1, None, [], {}, ROW | {"size": "1"}, ROW | {"name": 5}, ROW | {"name": ""}]
)
def test_bad_object_is_named_by_its_number(row, refused) -> None:
    reason = refused("c.json", json.dumps([ROW | {"external_id": "other"}, row]))
    assert reason.startswith("Entry 2: ")
    assert "\n" not in reason


def test_entry_twice_in_a_file_is_an_error(acme, refused) -> None:
    again = f"dataset,{acme.pk}_ds1,Again\ndeployment,ds1,Other\n"
    assert refused("c.csv", GOOD + again) == (
        "Line 4: The dataset ds1 stands in the file already: line 2."
    )


def test_of_many_bad_rows_the_first_are_shown(refused) -> None:
    lines = refused("c.csv", HEADER + "model,a,x\n" * 1025).splitlines()
    assert len(lines) == 21
    assert lines[0].startswith("Line 2:")
    assert lines[-1] == "… and 1,005 more"


def test_number_of_entries_is_limited(refused, monkeypatch) -> None:
    assert catalogue_files.MAX_ROWS == 100_000
    monkeypatch.setattr(catalogue_files, "MAX_ROWS", 1)
    assert refused("c.csv", GOOD) == "The file has more than 1 entries."


def test_size_of_the_file_is_limited(refused, monkeypatch) -> None:
    monkeypatch.setattr(catalogue_files, "MAX_BYTES", 1024**2)
    assert refused("c.csv", b"x" * (1024**2 + 1)) == "The file is larger than 1 MiB."


def test_long_catalogue_takes_few_queries(
    acme, write, django_assert_max_num_queries
) -> None:
    rows = "".join(f"dataset,id{number},Set {number}\n" for number in range(5000))
    path = write("c.csv", HEADER + rows)
    with django_assert_max_num_queries(40):
        call("import_catalogue", str(acme.pk), path)
    assert CatalogueEntry.objects.count() == 5000


@pytest.mark.django_db(transaction=True)
def test_command_exits_as_scripts_expect(acme, write, tmp_path) -> None:
    assert run("import_catalogue", str(acme.pk), write("c.csv", GOOD))[0] == 0
    status, out, err = run("import_catalogue", str(acme.pk), str(tmp_path / "no.csv"))
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert "No such file" in err
    status, _, err = run("import_catalogue", str(acme.pk), write("d.csv", "category"))
    assert (status, err.count("\n")) == (1, 1)


def test_unknown_organization_and_a_folder_are_refused(acme, tmp_path) -> None:
    folder = tmp_path / "x.csv"
    folder.mkdir()
    for organization in (str(acme.pk), str(uuid.uuid4()), "acme"):
        with pytest.raises(CommandError) as error:
            call("import_catalogue", organization, str(folder))
        assert "\n" not in str(error.value)
