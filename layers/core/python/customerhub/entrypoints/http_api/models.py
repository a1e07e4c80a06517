"""What every JSON body of the API has in common."""

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel


class Body(BaseModel):
    """camelCase outside, snake_case inside; schemas are built at first use, which a cold start does not wait for."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        defer_build=True,
        hide_input_in_errors=True,
        serialize_by_alias=True,
    )


class RequestBody(Body):
    """Unknown fields are refused by name: a misspelt field must not be lost silently."""

    model_config = ConfigDict(extra="forbid", strict=True, populate_by_name=False)


class FieldError(Body):
    """One field at fault."""

    field: str = Field(examples=["phone"])
    message: str = Field(examples=["Input should be a valid string"])


class ErrorBody(Body):
    """Every error looks like this; `field` and `errors` come with bad input only."""

    error: str = Field(examples=["Invalid input"])
    message: str = Field(examples=["not a phone number that can be called: too short for its country"])
    code: str = Field(examples=["invalid_phone"], description="Stable and machine-readable.")
    request_id: str = Field(examples=["f3c1a2b4-5d6e-4f70-8a9b-0c1d2e3f4a5b"])
    field: str | None = Field(None, examples=["phone"])
    errors: list[FieldError] | None = None

    def to_json(self) -> str:
        """Without what does not apply."""
        return self.model_dump_json(exclude_none=True)
