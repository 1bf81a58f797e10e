"""Why a request was refused can be looked up."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("secretkeys", "0004_key_activity"),
    ]

    operations = [
        migrations.CreateModel(
            name="Denial",
            fields=[
                (
                    "reference",
                    models.CharField(max_length=32, primary_key=True, serialize=False),
                ),
                ("at", models.DateTimeField(db_index=True)),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("allowed", "Allowed"),
                            ("no_credentials", "No credentials"),
                            ("unknown_key", "Unknown key"),
                            ("removed", "Removed key"),
                            ("organization_mismatch", "Organization mismatch"),
                            ("expired", "Expired key"),
                            ("organization_locked", "Organization locked"),
                            ("permission_denied", "Permission denied"),
                            ("outside_scope", "Outside access scope"),
                            ("unknown_route", "Unknown endpoint"),
                            ("not_canonical", "Ambiguous path"),
                            ("unavailable", "Not verified"),
                        ],
                        max_length=30,
                    ),
                ),
                ("sentence", models.CharField(max_length=400)),
                ("method", models.CharField(max_length=20)),
                ("path", models.CharField(max_length=200)),
                ("resource", models.CharField(blank=True, max_length=20)),
                ("access", models.PositiveSmallIntegerField()),
                ("object_id", models.CharField(blank=True, max_length=64)),
                ("address", models.CharField(blank=True, max_length=39)),
            ],
        ),
        migrations.AddField(
            model_name="denial",
            name="key",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="denials",
                to="secretkeys.secretkey",
            ),
        ),
        migrations.AddIndex(
            model_name="denial",
            index=models.Index(fields=["key", "-at"], name="denial_by_time"),
        ),
    ]
