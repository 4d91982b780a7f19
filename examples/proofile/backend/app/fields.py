"""Field types of the request bodies: trimmed text without control characters."""

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, StringConstraints


def _trim(value: object) -> object:
    return value.strip() if isinstance(value, str) else value


def _refuse_control(value: str) -> str:
    """Control characters break terminals, logs and Postgres (NUL); a bio may have line breaks."""
    if any(unicodedata.category(char) in ("Cc", "Cs") and char not in "\n\t" for char in value):
        raise ValueError("control characters are not allowed")
    return value


def _refuse_breaks(value: str) -> str:
    if "\n" in value or "\t" in value:
        raise ValueError("line breaks are not allowed")
    return value


Line = Annotated[str, BeforeValidator(_trim), AfterValidator(_refuse_control), AfterValidator(_refuse_breaks)]
Prose = Annotated[str, BeforeValidator(_trim), AfterValidator(_refuse_control)]
Name = Annotated[Line, StringConstraints(min_length=1, max_length=120)]
Email = Annotated[Line, StringConstraints(max_length=254, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s.]+$")]
