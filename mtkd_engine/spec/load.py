"""Reading, writing and hashing Specs; torch-free."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import yaml
from pydantic import ValidationError

from mtkd_engine.spec.base import SpecError, explain
from mtkd_engine.spec.job import Spec
from mtkd_engine.spec.text import TextError, read_yaml


def parse(raw: Any) -> Spec:
    """This will validate plain data into a Spec.

    Raises SpecError with one sentence per refused field.
    """
    if not isinstance(raw, dict):
        raise SpecError({"": f"A spec is a mapping of keys to values; given was {_noun(raw)}."})
    try:
        return Spec.model_validate(raw)
    except ValidationError as error:
        raise explain(error) from None


def _noun(raw: Any) -> str:
    return {type(None): "nothing", list: "a list", str: "text"}.get(type(raw), type(raw).__name__)


def load_yaml(text: str) -> Spec:
    """This will parse YAML (or JSON) text into a Spec; raises SpecError."""
    try:
        raw = read_yaml(text)
    except TextError as error:
        raise SpecError({"": str(error)}) from None
    return parse(raw)


def dump_yaml(spec: Spec) -> str:
    """This will write a Spec as YAML that `load_yaml` reads back to an equal Spec."""
    return yaml.safe_dump(spec.model_dump(mode="json"), sort_keys=False, allow_unicode=True)


def spec_hash(spec: Spec) -> str:
    """This will give the sha256 of the Spec's canonical JSON."""
    stated = spec.model_dump(mode="json")
    if stated["data"]["word_vectors"] == "auto":  # younger than the hashes of checkpoints that lie somewhere
        del stated["data"]["word_vectors"]
    canonical = json.dumps(stated, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
