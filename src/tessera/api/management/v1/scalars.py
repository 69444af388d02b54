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
