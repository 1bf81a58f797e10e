"""What people are searched and sorted by; the release before adds rows without it."""

from django.db import migrations

import orgs.models


class Migration(migrations.Migration):
    dependencies = [("orgs", "0009_new_email")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="name_folded",
            field=orgs.models.FoldedName(
                blank=True,
                db_default="",
                default="",
                editable=False,
                max_length=1152,
            ),
        )
    ]
