"""Requests are counted by day, by organization and by client; keys can be disabled."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

_OUTCOMES = [
    ("allowed", "Allowed"),
    ("no_credentials", "No credentials"),
    ("unknown_key", "Unknown key"),
    ("removed", "Removed key"),
    ("organization_mismatch", "Organization mismatch"),
    ("expired", "Expired key"),
    ("disabled", "Disabled key"),
    ("organization_locked", "Organization locked"),
    ("permission_denied", "Permission denied"),
    ("outside_scope", "Outside access scope"),
    ("unknown_route", "Unknown endpoint"),
    ("not_canonical", "Ambiguous path"),
    ("unavailable", "Not verified"),
]
_RESOURCES = [
    ("identity", "identity"),
    ("organization", "organization"),
    ("datasets", "datasets"),
    ("assets", "assets"),
    ("annotations", "annotations"),
    ("training", "training"),
    ("models", "models"),
    ("deployments", "deployments"),
]


class Migration(migrations.Migration):
    dependencies = [
        ("orgs", "0013_count_told_events"),
        ("secretkeys", "0006_key_keeper"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="KeyClient",
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
                ("address", models.CharField(blank=True, max_length=39)),
                ("user_agent", models.CharField(blank=True, max_length=200)),
                ("first_seen", models.DateTimeField()),
                ("last_seen", models.DateTimeField()),
                ("count", models.PositiveBigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="KeyUsageDay",
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
                    "resource",
                    models.CharField(blank=True, choices=_RESOURCES, max_length=20),
                ),
                (
                    "access",
                    models.PositiveSmallIntegerField(
                        choices=[(0, "none"), (1, "read"), (2, "write")]
                    ),
                ),
                ("outcome", models.CharField(choices=_OUTCOMES, max_length=30)),
                ("count", models.PositiveBigIntegerField()),
                ("day", models.DateField()),
            ],
        ),
        migrations.CreateModel(
            name="OrganizationUsage",
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
                    "resource",
                    models.CharField(blank=True, choices=_RESOURCES, max_length=20),
                ),
                (
                    "access",
                    models.PositiveSmallIntegerField(
                        choices=[(0, "none"), (1, "read"), (2, "write")]
                    ),
                ),
                ("outcome", models.CharField(choices=_OUTCOMES, max_length=30)),
                ("count", models.PositiveBigIntegerField()),
                ("hour", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="OrganizationUsageDay",
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
                    "resource",
                    models.CharField(blank=True, choices=_RESOURCES, max_length=20),
                ),
                (
                    "access",
                    models.PositiveSmallIntegerField(
                        choices=[(0, "none"), (1, "read"), (2, "write")]
                    ),
                ),
                ("outcome", models.CharField(choices=_OUTCOMES, max_length=30)),
                ("count", models.PositiveBigIntegerField()),
                ("day", models.DateField()),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="keyusage",
            name="usage_outcome_known",
        ),
        migrations.AddField(
            model_name="secretkey",
            name="disabled_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="secretkey",
            name="disabled_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="disabled_keys",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="denial",
            name="outcome",
            field=models.CharField(choices=_OUTCOMES, max_length=30),
        ),
        migrations.AlterField(
            model_name="keyusage",
            name="outcome",
            field=models.CharField(choices=_OUTCOMES, max_length=30),
        ),
        migrations.AddConstraint(
            model_name="keyusage",
            constraint=models.CheckConstraint(
                condition=models.Q(("outcome__in", [value for value, _ in _OUTCOMES])),
                name="usage_outcome_known",
            ),
        ),
        migrations.AddField(
            model_name="keyclient",
            name="key",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="clients",
                to="secretkeys.secretkey",
            ),
        ),
        migrations.AddField(
            model_name="keyusageday",
            name="key",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="usage_days",
                to="secretkeys.secretkey",
            ),
        ),
        migrations.AddField(
            model_name="organizationusage",
            name="organization",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="orgs.organization",
            ),
        ),
        migrations.AddField(
            model_name="organizationusageday",
            name="organization",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="orgs.organization",
            ),
        ),
        migrations.AddIndex(
            model_name="keyclient",
            index=models.Index(fields=["key", "last_seen"], name="client_by_time"),
        ),
        migrations.AddConstraint(
            model_name="keyclient",
            constraint=models.UniqueConstraint(
                fields=("key", "address", "user_agent"), name="client_unique"
            ),
        ),
        migrations.AddIndex(
            model_name="keyusage",
            index=models.Index(fields=["key", "hour", "count"], name="usage_sum"),
        ),
        migrations.CreateModel(
            name="KeyDayTotal",
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
                ("count", models.PositiveBigIntegerField()),
                (
                    "key",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="secretkeys.secretkey",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="keydaytotal",
            index=models.Index(fields=["key", "day", "count"], name="key_day_sum"),
        ),
        migrations.AddConstraint(
            model_name="keydaytotal",
            constraint=models.UniqueConstraint(
                fields=("key", "day"), name="key_day_unique"
            ),
        ),
        migrations.AddConstraint(
            model_name="keyusageday",
            constraint=models.UniqueConstraint(
                fields=("key", "day", "resource", "access", "outcome"),
                name="usage_day_unique",
            ),
        ),
        migrations.AddConstraint(
            model_name="keyusageday",
            constraint=models.CheckConstraint(
                condition=models.Q(("outcome__in", [value for value, _ in _OUTCOMES])),
                name="usage_day_outcome_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="organizationusage",
            constraint=models.UniqueConstraint(
                fields=("organization", "hour", "resource", "access", "outcome"),
                name="organization_usage_unique",
            ),
        ),
        migrations.AddConstraint(
            model_name="organizationusage",
            constraint=models.CheckConstraint(
                condition=models.Q(("outcome__in", [value for value, _ in _OUTCOMES])),
                name="organization_usage_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="organizationusageday",
            constraint=models.UniqueConstraint(
                fields=("organization", "day", "resource", "access", "outcome"),
                name="organization_day_unique",
            ),
        ),
        migrations.AddConstraint(
            model_name="organizationusageday",
            constraint=models.CheckConstraint(
                condition=models.Q(("outcome__in", [value for value, _ in _OUTCOMES])),
                name="organization_day_known",
            ),
        ),
    ]
