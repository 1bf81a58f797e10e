"""What a narrower grant would have denied is counted from what keys did."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("secretkeys", "0003_outside_scope_outcome"),
    ]

    operations = [
        migrations.CreateModel(
            name="KeyActivity",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("day", models.DateField()),
                (
                    "resource",
                    models.CharField(
                        choices=[
                            ("identity", "identity"),
                            ("organization", "organization"),
                            ("datasets", "datasets"),
                            ("assets", "assets"),
                            ("annotations", "annotations"),
                            ("training", "training"),
                            ("models", "models"),
                            ("deployments", "deployments"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "access",
                    models.PositiveSmallIntegerField(
                        choices=[(0, "none"), (1, "read"), (2, "write")]
                    ),
                ),
                ("object_id", models.CharField(blank=True, max_length=64)),
                ("address", models.CharField(blank=True, max_length=39)),
                ("count", models.PositiveBigIntegerField()),
                ("last_at", models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name="keyactivity",
            name="key",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="activity",
                to="secretkeys.secretkey",
            ),
        ),
        migrations.AddConstraint(
            model_name="keyactivity",
            constraint=models.UniqueConstraint(
                fields=("key", "day", "resource", "access", "object_id", "address"),
                name="activity_unique",
            ),
        ),
    ]
