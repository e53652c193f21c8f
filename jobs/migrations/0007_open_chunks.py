"""An index for open chunks comes, one that the unique one covers goes; nobody is kept from the table meanwhile."""

import django.db.models.deletion
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

TABLE, COLUMNS = "jobs_metricchunk", ["job_id"]


def drop(_apps, schema_editor):
    name = schema_editor._create_index_name(TABLE, COLUMNS)
    schema_editor.execute(f'DROP INDEX CONCURRENTLY IF EXISTS "{name}"', params=None)


def make(_apps, schema_editor):
    name = schema_editor._create_index_name(TABLE, COLUMNS)
    schema_editor.execute(f'CREATE INDEX CONCURRENTLY IF NOT EXISTS "{name}" ON "{TABLE}" ("job_id")', params=None)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("jobs", "0006_jobs_not_ended"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            # Django alone would also make the foreign key anew, and look through the whole table for it.
            database_operations=[migrations.RunPython(drop, make)],
            state_operations=[
                migrations.AlterField(
                    model_name="metricchunk",
                    name="job",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="chunks",
                        to="jobs.job",
                    ),
                ),
            ],
        ),
        AddIndexConcurrently(
            model_name="metricchunk",
            index=models.Index(condition=models.Q(("sealed", False)), fields=["attempt"], name="chunk_open"),
        ),
    ]
