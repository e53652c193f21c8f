"""YAML bodies: the same data as JSON, easier to keep in a repository."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

import yaml
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser


class YamlParser(BaseParser):
    """Reads `application/yaml` with the safe loader."""

    media_type = "application/yaml"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """This will return plain data; text that is not YAML is refused with the line."""
        try:
            return yaml.safe_load(stream.read().decode("utf-8"))
        except UnicodeDecodeError:
            raise ParseError("The body is not UTF-8 text.") from None
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            where = f" in line {mark.line + 1}" if mark is not None else ""
            problem = getattr(error, "problem", None) or "it cannot be read"
            raise ParseError(f"The body is not readable YAML{where}: {problem}.") from None
