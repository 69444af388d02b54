"""Scalars that several resources share."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta

Label = Annotated[
    str, Meta(min_length=1, max_length=255, description="What people call it.", examples=["Nightly sync"])
]
Moment = Annotated[datetime, Meta(tz=True, examples=["2031-01-01T00:00:00Z"])]
Permission = Annotated[
    str,
    Meta(pattern="^[a-z-]+:(read|write|admin)$", description="A resource and a level.", examples=["members:read"]),
]
Text = Annotated[str, Meta(min_length=1, max_length=255)]
Version = Annotated[int, Meta(description="Other with every change; `ETag` has it, and `If-Match` may ask for it.")]
Points = Annotated[int, Meta(ge=1, le=2_147_483_647, description="How many points, above zero.", examples=[250])]
Reason = Annotated[str, Meta(min_length=1, max_length=1000, description="Why, for people.", examples=["Stay in May"])]
