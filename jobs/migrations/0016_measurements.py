import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("jobs", "0015_progress_of_a_part"),)

    operations = (
        migrations.AlterField(
            "registration",
            "kind",
            models.CharField(
                choices=[("dataset", "dataset"), ("teacher", "teacher"), ("measurement", "measurement")],
                max_length=12,
            ),
        ),
        migrations.CreateModel(
            name="Measurement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("quality", models.JSONField(default=dict)),
                ("measured_at", models.DateTimeField()),
                (
                    "dataset",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="measurements",
                        to="jobs.dataset",
                    ),
                ),
                (
                    "outcomes",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="measurements",
                        to="jobs.blob",
                    ),
                ),
                (
                    "registration",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="jobs.registration",
                    ),
                ),
                (
                    "teacher",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="measurements",
                        to="jobs.teacher",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            "measurement",
            models.UniqueConstraint(fields=("teacher", "dataset"), name="measurement_once_per_dataset"),
        ),
    )
