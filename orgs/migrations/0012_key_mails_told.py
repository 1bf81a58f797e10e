from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orgs", "0011_fold_user_names")]

    operations = [
        migrations.AddField(
            model_name="membership",
            name="key_mails_told",
            field=models.PositiveBigIntegerField(blank=True, null=True),
        )
    ]
