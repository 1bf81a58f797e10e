"""Feature switches of organizations, which the release before this one can ignore."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("orgs", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="organization",
            name="access_scope",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="organization",
            name="advanced_permissions",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
