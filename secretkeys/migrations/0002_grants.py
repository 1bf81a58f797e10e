"""Restricted keys and access scopes.

With database defaults, so that code which does not know the columns runs on the new
schema.
"""

from django.db import migrations, models


def refuse_to_widen(apps, schema_editor):
    """Stop the way back: without these columns a narrow key would reach everything."""
    secret_key = apps.get_model("secretkeys", "SecretKey")
    everywhere = secret_key.objects.filter(
        dataset_reach="all", training_reach="all", deployment_reach="all"
    )
    if secret_key.objects.exclude(pk__in=everywhere.values("pk")).exists():
        raise RuntimeError("Keys with an access scope exist; remove them first.")


class Migration(migrations.Migration):
    dependencies = [
        ("orgs", "0003_catalogueentry"),
        ("secretkeys", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="secretkey",
            name="annotations_level",
            field=models.PositiveSmallIntegerField(
                choices=[(0, "none"), (1, "read"), (2, "write")],
                db_default=0,
                default=0,
            ),
        ),
        migrations.AddField(
            model_name="secretkey",
            name="assets_level",
            field=models.PositiveSmallIntegerField(
                choices=[(0, "none"), (1, "read"), (2, "write")],
                db_default=0,
                default=0,
            ),
        ),
        migrations.AddField(
            model_name="secretkey",
            name="dataset_ids",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.AddField(
            model_name="secretkey",
            name="dataset_reach",
            field=models.CharField(
                choices=[("all", "All"), ("selected", "Selected"), ("none", "None")],
                db_default="all",
                default="all",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="secretkey",
            name="datasets_level",
            field=models.PositiveSmallIntegerField(
                choices=[(0, "none"), (1, "read"), (2, "write")],
                db_default=0,
                default=0,
            ),
        ),
        migrations.AddField(
            model_name="secretkey",
            name="deployment_ids",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.AddField(
            model_name="secretkey",
            name="deployment_reach",
            field=models.CharField(
                choices=[("all", "All"), ("selected", "Selected"), ("none", "None")],
                db_default="all",
                default="all",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="secretkey",
            name="deployments_level",
            field=models.PositiveSmallIntegerField(
                choices=[(0, "none"), (1, "read"), (2, "write")],
                db_default=0,
                default=0,
            ),
        ),
        migrations.AddField(
            model_name="secretkey",
            name="models_level",
            field=models.PositiveSmallIntegerField(
                choices=[(0, "none"), (1, "read"), (2, "write")],
                db_default=0,
                default=0,
            ),
        ),
        migrations.AddField(
            model_name="secretkey",
            name="organization_level",
            field=models.PositiveSmallIntegerField(
                choices=[(0, "none"), (1, "read"), (2, "write")],
                db_default=0,
                default=0,
            ),
        ),
        migrations.AddField(
            model_name="secretkey",
            name="training_ids",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.AddField(
            model_name="secretkey",
            name="training_level",
            field=models.PositiveSmallIntegerField(
                choices=[(0, "none"), (1, "read"), (2, "write")],
                db_default=0,
                default=0,
            ),
        ),
        migrations.AddField(
            model_name="secretkey",
            name="training_reach",
            field=models.CharField(
                choices=[("all", "All"), ("selected", "Selected"), ("none", "None")],
                db_default="all",
                default="all",
                max_length=10,
            ),
        ),
        migrations.AddConstraint(
            model_name="secretkey",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("datasets_level__lte", 2),
                    ("assets_level__lte", 2),
                    ("annotations_level__lte", 2),
                    ("training_level__lte", 2),
                    ("models_level__lte", 2),
                    ("deployments_level__lte", 2),
                    ("organization_level__lte", 2),
                ),
                name="key_levels_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="secretkey",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("dataset_reach__in", ["all", "selected", "none"]),
                    ("training_reach__in", ["all", "selected", "none"]),
                    ("deployment_reach__in", ["all", "selected", "none"]),
                ),
                name="key_reaches_known",
            ),
        ),
        migrations.RunPython(migrations.RunPython.noop, refuse_to_widen),
    ]
