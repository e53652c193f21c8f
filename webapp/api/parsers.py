"""Bodies as JSON or as YAML: the same data, the latter easier to keep in a repository."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import IO, Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from mtkd_engine.spec import LARGEST_TEXT, TextError, read_json, read_yaml


class YamlParser(BaseParser):
    """Reads `application/yaml`."""

    media_type = "application/yaml"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """This will return plain data; text that is not YAML is refused with the line."""
        return _read(stream, read_yaml)


class JsonParser(BaseParser):
    """Reads `application/json`."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """This will return plain data; what is not JSON, or has a key twice, is refused."""
        return _read(stream, read_json)


class PartParser(BaseParser):
    """Takes `application/offset+octet-stream`, a part of an upload, which is read later, piece by piece."""

    media_type = "application/offset+octet-stream"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """This will return the stream as it is."""
        return stream


def _read(stream: IO[Any], reader: Callable[[str], Any]) -> Any:
    body = stream.read(LARGEST_TEXT + 1)
    if len(body) > LARGEST_TEXT:
        raise ParseError(f"The body is too large; up to {LARGEST_TEXT:,} bytes are accepted.")
    try:
        return reader(body.decode("utf-8"))
    except UnicodeDecodeError:
        raise ParseError("The body is not UTF-8 text.") from None
    except TextError as error:
        raise ParseError(str(error)) from None
