"""Client of the REST API for Python and the shell; needs neither torch nor Django.

from mtkd_engine.client import Client

with Client("https://mtkd.example.org", token) as client:
    job = client.submit({"data": {"dataset": "charades"}}, project="default")
    job = client.wait_for_job(job.id)
"""

from mtkd_engine.client.answers import (
    Account,
    Artifact,
    Baseline,
    Curves,
    Gate,
    Group,
    Job,
    LogPage,
    Prediction,
    Registration,
)
from mtkd_engine.client.client import Client
from mtkd_engine.client.errors import (
    AwayError,
    ClientError,
    DamagedError,
    RefusedError,
    TooLateError,
)
from mtkd_engine.client.streaming import Message

__all__ = [
    "Account",
    "Artifact",
    "AwayError",
    "Baseline",
    "Client",
    "ClientError",
    "Curves",
    "DamagedError",
    "Gate",
    "Group",
    "Job",
    "LogPage",
    "Message",
    "Prediction",
    "RefusedError",
    "Registration",
    "TooLateError",
]
