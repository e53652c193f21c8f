"""An index for open chunks comes, two that others cover go; nobody is kept from the table meanwhile."""

import django.db.models.deletion
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

TABLE, COLUMNS = "jobs_metricchunk", ("job_id", "attempt_id")


def drop(_apps, schema_editor):
    for column in COLUMNS:
        name = schema_editor._create_index_name(TABLE, [column])
        schema_editor.execute(f'DROP INDEX CONCURRENTLY IF EXISTS "{name}"', params=None)


def make(_apps, schema_editor):
    for column in COLUMNS:
        name = schema_editor._create_index_name(TABLE, [column])
        schema_editor.execute(
            f'CREATE INDEX CONCURRENTLY IF NOT EXISTS "{name}" ON "{TABLE}" ("{column}")', params=None
        )


def without_index(name):
    return migrations.AlterField(
        model_name="metricchunk",
        name=name,
        field=models.ForeignKey(
            db_index=False,
            on_delete=django.db.models.deletion.CASCADE,
            related_name="chunks",
            to=f"jobs.{name}",
        ),
    )


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("jobs", "0006_jobs_not_ended"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="metricchunk",
            index=models.Index(fields=["attempt", "sealed"], name="chunk_open"),
        ),
        migrations.SeparateDatabaseAndState(
            # Django alone would also make the foreign keys anew, and look through the whole table for them.
            database_operations=[migrations.RunPython(drop, make)],
            state_operations=[without_index("job"), without_index("attempt")],
        ),
    ]
