"""Drafts, definitions and what is wrong with them."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from parcours.api.models.common import ProblemFound
from parcours.domain.lifecycle import Status

__all__ = ["Checked", "Definition", "DraftAnswer", "File", "definition_body"]


class File(BaseModel):
    """A file that mails carry."""

    name: str = Field(examples=["terms.pdf"])
    bytes: int


class Definition(BaseModel):
    """A version with its definition. `etag` is that of the answer, too."""

    journey: str = Field(examples=["welcome"])
    version: int
    status: Status
    definition: dict[str, Any] = Field(
        examples=[
            {"journey": "welcome", "steps": {"hello": {"email": {"subject": "Hello", "text": "Hello"}}}}
        ]
    )
    templates: dict[str, str] = Field(description="template files by name")
    attachments: list[File]
    etag: str = Field(examples=['"2-a6f6c2a1f0e94d7ab0c1"'])


class DraftAnswer(Definition):
    """A saved draft, with everything that is wrong with it."""

    problems: list[ProblemFound]


class Checked(BaseModel):
    """What is wrong with a definition that was sent; nothing of it was kept."""

    journey: str | None
    publishable: bool = Field(description="whether it has no errors")
    problems: list[ProblemFound]


def definition_body(summary: str) -> dict[str, Any]:
    """Return how the OpenAPI describes a definition that is sent."""
    example = {"journey": "welcome", "name": "Welcome", "steps": {"rest": {"wait": {"for": "2d"}}}}
    return {
        "requestBody": {
            "required": True,
            "description": summary,
            "content": {
                "application/json": {
                    "schema": {"type": "object", "additionalProperties": True}, "example": example,
                },
                "application/yaml": {"schema": {"type": "string"}},
            },
        }
    }  # fmt: skip
