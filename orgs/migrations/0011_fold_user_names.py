"""The names that were there before; how they are folded must stay as it was."""

import unicodedata

from django.db import migrations


def _folded(name):
    plain = unicodedata.normalize("NFKC", name)
    return unicodedata.normalize("NFKC", plain.casefold())


def fold(apps, schema_editor):
    users = apps.get_model("orgs", "User").objects
    for pk, name in users.exclude(name="").values_list("pk", "name"):
        users.filter(pk=pk).update(name_folded=_folded(name))


class Migration(migrations.Migration):
    dependencies = [("orgs", "0010_user_name_folded")]

    operations = [migrations.RunPython(fold, migrations.RunPython.noop, elidable=True)]
