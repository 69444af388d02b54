"""Templates become requests: pure, without database or network."""

from typing import TYPE_CHECKING

from tessera.platform.lazy_imports import import_on_first_use

if TYPE_CHECKING:
    from tessera.outbound.rendering.chains import Chain, compile_chain
    from tessera.outbound.rendering.errors import FIELDS, TemplateError
    from tessera.outbound.rendering.expressions import FACTS
    from tessera.outbound.rendering.fault_locations import locate_fault
    from tessera.outbound.rendering.filters import FILTERS, to_epoch_ms
    from tessera.outbound.rendering.renderer import CONTENT_TYPE, CompiledTemplate, compile_template, find_columns
    from tessera.outbound.rendering.shapes import (
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
    from tessera.outbound.rendering.values import Evaluate, RowFault, Unfit
else:
    __getattr__ = import_on_first_use(__name__, __file__)

__all__ = [
    "CONTENT_TYPE",
    "FACTS",
    "FIELDS",
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
    "TemplateError",
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
