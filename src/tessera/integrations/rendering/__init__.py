"""Templates become requests: pure, without database or network."""

from tessera.integrations.rendering.chains import Chain, compile_chain
from tessera.integrations.rendering.expressions import FACTS
from tessera.integrations.rendering.filters import FILTERS, to_epoch_ms
from tessera.integrations.rendering.locating import locate_fault
from tessera.integrations.rendering.planning import CONTENT_TYPE, CompiledTemplate, compile_template, find_columns
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
from tessera.integrations.rendering.values import Evaluate, RowFault, Unfit

__all__ = [
    "CONTENT_TYPE",
    "FACTS",
    "FILTERS",
    "Chain",
    "CompiledTemplate",
    "ErrorPath",
    "Evaluate",
    "Header",
    "Method",
    "Plan",
    "PlannedRequest",
    "RowFailure",
    "RowFault",
    "RunFacts",
    "TemplateShape",
    "Unfit",
    "compile_chain",
    "compile_template",
    "find_columns",
    "locate_fault",
    "plain_shape",
    "read_shape",
    "to_epoch_ms",
]
