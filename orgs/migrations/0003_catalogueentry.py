"""The catalogue that access scopes choose from."""

import django.db.models.deletion
from django.db import migrations, models

import orgs.models


class Migration(migrations.Migration):
    dependencies = [
        ("orgs", "0002_organization_features"),
    ]

    operations = [
        migrations.CreateModel(
            name="CatalogueEntry",
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
                (
                    "category",
                    models.CharField(
                        choices=[
                            ("dataset", "Datasets"),
                            ("training", "Training"),
                            ("deployment", "Deployments"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "external_id",
                    models.CharField(max_length=64, verbose_name="external id"),
                ),
                ("name", models.CharField(max_length=64)),
                (
                    "name_folded",
                    orgs.models.FoldedName(editable=False, max_length=1152),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="catalogue",
                        to="orgs.organization",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "catalogue entries",
                "indexes": [
                    models.Index(
                        fields=["organization", "category", "name_folded"],
                        name="catalogue_by_name",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organization", "category", "external_id"),
                        name="catalogue_entry_unique",
                        violation_error_message=(
                            "The catalogue has an entry with this id."
                        ),
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("category__in", ["dataset", "training", "deployment"])
                        ),
                        name="catalogue_category_known",
                    ),
                ],
            },
        ),
    ]
