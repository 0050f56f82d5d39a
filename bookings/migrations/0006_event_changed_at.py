from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("bookings", "0005_members")]

    operations = [
        migrations.AddField(
            model_name="event",
            name="changed_at",
            field=models.DateTimeField(auto_now=True),
            preserve_default=False,
        ),
    ]
