from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orgs", "0008_key_mails_claim")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="new_email",
            field=models.EmailField(
                blank=True, db_default="", default="", max_length=254
            ),
        )
    ]
