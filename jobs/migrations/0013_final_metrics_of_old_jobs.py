import math

from django.db import migrations

AT_ONCE = 200
COSTS = (
    ("student.params", "parameters"),
    ("student.macs", "macs"),
    ("student.memory_bytes", "memory_bytes"),
    ("latency_ms.p50", "latency_ms"),
    ("latency_ms.p90", "latency_p90_ms"),
)


def keep_final_metrics(apps, schema_editor):
    job_model, metric_model = apps.get_model("jobs", "Job"), apps.get_model("jobs", "FinalMetric")
    ended = job_model.objects.filter(state="succeeded", deleted_at__isnull=True, final_metrics__isnull=True)
    rows = []
    for job in ended.order_by("pk").only("result", "elsewhere", "started_at", "finished_at").iterator(AT_ONCE):
        rows += [metric_model(job_id=job.pk, name=name, value=value) for name, value in metrics_of(job).items()]
        if len(rows) >= 10_000:
            metric_model.objects.bulk_create(rows)
            rows = []
    metric_model.objects.bulk_create(rows)


def metrics_of(job):
    result = mapping(job.result)
    found = {}
    for name, value in as_given(result) if job.elsewhere else of_a_result(result):
        number = finite(value)
        if number is not None and 0 < len(name) <= 200 and len(found) < 2_000:
            found[name] = number
    if job.started_at is not None and job.finished_at is not None:
        found.setdefault("seconds", max(0.0, (job.finished_at - job.started_at).total_seconds()))
    return found


def as_given(result):
    return mapping(result.get("metrics")).items()


def of_a_result(result):
    tables = {"test": result.get("metrics"), "val": mapping(result.get("best")).get("val")}
    for table, values in {**tables, **mapping(result.get("baselines"))}.items():
        for name, value in mapping(values).items():
            yield f"{table}/{name}", value
    yield "student.params", result.get("parameters")
    cost = mapping(mapping(result.get("cost")).get("student"))
    for name, key in COSTS:
        yield name, cost.get(key)
    yield "best_step", result.get("best_step")


def mapping(value):
    return value if isinstance(value, dict) else {}


def finite(value):
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


class Migration(migrations.Migration):
    """Jobs that ended before there were final metrics get theirs from their results."""

    dependencies = [("jobs", "0011_continuous_integration")]

    operations = [migrations.RunPython(keep_final_metrics, migrations.RunPython.noop, elidable=True)]
