"""Workers and the queues they serve, and the proof that the tick runs."""

from __future__ import annotations

from django.db import models


class Queue(models.Model):
    """A named line of jobs, served by the workers with that label; `served_at` is when one was last there."""

    name = models.CharField(max_length=40, primary_key=True)
    served_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Worker(models.Model):
    """A process that claims jobs (or registrations), one at a time, on one device.

    `name` stays the same when it is started again; `seen_at` is the database's time of its last beat and
    `stopped_at` is set by a clean stop. `clock_ahead` is by how many seconds its clock leads the database's.
    While `drain_requested_at` is set it takes nothing new, and with `drain_now` it hands back what it has.
    """

    name = models.CharField(max_length=200, unique=True)
    host = models.CharField(max_length=200)
    pid = models.PositiveIntegerField()
    queues = models.JSONField(default=list)
    device = models.CharField(max_length=40, default="cpu")
    device_name = models.CharField(max_length=200, blank=True, default="")
    threads = models.PositiveSmallIntegerField(default=1)
    memory_bytes = models.BigIntegerField(default=0)
    memory_free_bytes = models.BigIntegerField(default=0)
    disk_free_bytes = models.BigIntegerField(default=0)
    versions = models.JSONField(default=dict)
    clock_ahead = models.FloatField(default=0.0)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    stopped_at = models.DateTimeField(null=True, blank=True)
    drain_requested_at = models.DateTimeField(null=True, blank=True)
    drain_now = models.BooleanField(default=False)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Beat(models.Model):
    """The last time that something which must run again and again did: `reaper`, `sweeper`."""

    name = models.CharField(max_length=40, primary_key=True)
    at = models.DateTimeField()
    by = models.CharField(max_length=200)
    count = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return self.name
