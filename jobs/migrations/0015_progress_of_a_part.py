from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("jobs", "0014_onnx_teachers"),)

    operations = (
        migrations.AddField("job", "part_done", models.BigIntegerField(default=0, db_default=0)),
        migrations.AddField("job", "part_of", models.BigIntegerField(default=0, db_default=0)),
    )
