"""Requests outside an access scope are counted apart."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("secretkeys", "0002_grants"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="keyusage",
            name="usage_outcome_known",
        ),
        migrations.AlterField(
            model_name="keyusage",
            name="outcome",
            field=models.CharField(
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
        migrations.AddConstraint(
            model_name="keyusage",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "outcome__in",
                        [
                            "allowed",
                            "no_credentials",
                            "unknown_key",
                            "removed",
                            "organization_mismatch",
                            "expired",
                            "organization_locked",
                            "permission_denied",
                            "outside_scope",
                            "unknown_route",
                            "not_canonical",
                            "unavailable",
                        ],
                    )
                ),
                name="usage_outcome_known",
            ),
        ),
    ]
