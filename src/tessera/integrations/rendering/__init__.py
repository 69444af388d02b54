"""Templates become requests: pure, without database or network."""

from tessera.integrations.rendering.expressions import FACTS
from tessera.integrations.rendering.filters import FILTERS
from tessera.integrations.rendering.locating import locate_fault
from tessera.integrations.rendering.planning import CompiledTemplate, compile_template, find_columns
from tessera.integrations.rendering.shapes import (
    ErrorPath,
    Header,
    Method,
    Plan,
    PlannedRequest,
    RowFailure,
    RunFacts,
    TemplateShape,
    plain_shape,
    read_shape,
)
from tessera.integrations.rendering.values import decode_rows

__all__ = [
    "FACTS",
    "FILTERS",
    "CompiledTemplate",
    "ErrorPath",
    "Header",
    "Method",
    "Plan",
    "PlannedRequest",
    "RowFailure",
    "RunFacts",
    "TemplateShape",
    "compile_template",
    "decode_rows",
    "find_columns",
    "locate_fault",
    "plain_shape",
    "read_shape",
]
