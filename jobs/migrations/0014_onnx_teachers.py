from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("jobs", "0013_final_metrics_of_old_jobs"),)
    operations = (
        migrations.AlterField(
            model_name="teacher",
            name="kind",
            field=models.CharField(
                choices=[
                    ("model", "model"),
                    ("predictions", "stored predictions"),
                    ("onnx", "ONNX program"),
                ],
                default="model",
                max_length=12,
            ),
        ),
    )
