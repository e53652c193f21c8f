import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('jobs', '0003_bytes_become_blobs'),
    ]

    operations = [
        migrations.RemoveField(
            model_name='artifact',
            name='sha256',
        ),
        migrations.RemoveField(
            model_name='artifact',
            name='storage_key',
        ),
        migrations.RemoveField(
            model_name='dataset',
            name='storage_key',
        ),
        migrations.RemoveField(
            model_name='teacher',
            name='storage_key',
        ),
        migrations.AlterField(
            model_name='artifact',
            name='blob',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='artifacts', to='jobs.blob'),
        ),
    ]
