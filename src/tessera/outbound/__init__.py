"""HTTP requests out: templates, rendering, senders."""

from typing import TYPE_CHECKING

from tessera.platform.lazy_imports import import_on_first_use

if TYPE_CHECKING:
    from tessera.outbound.comparison import differing_headers
    from tessera.outbound.rendering import FACTS, FILTERS, read_shape
    from tessera.outbound.request_previews import preview_requests
    from tessera.outbound.row_columns import CHANGE
    from tessera.outbound.senders import Outcome, OutcomeKind, RequestRenderer, Sender
    from tessera.outbound.targets import complete_shape, list_export_properties, make_renderer, open_sender
    from tessera.outbound.template_changes import (
        copy_template,
        create_template,
        delete_template,
        list_template_users,
        update_template,
    )
    from tessera.outbound.template_previews import (
        SentTest,
        ShownRequest,
        TemplatePreview,
        Trial,
        open_trial,
        preview_template,
        read_sample,
        send_test,
        show_planned,
    )
    from tessera.outbound.templates import (
        TEMPLATE_TYPES,
        NewTemplate,
        Template,
        TemplateChange,
        TemplateFilter,
        get_stored_shape,
        get_template,
        get_usable_template,
        label_templates,
        list_template_versions,
        list_templates,
        missing_columns,
    )
else:
    __getattr__ = import_on_first_use(__name__, __file__)

__all__ = [
    "CHANGE",
    "FACTS",
    "FILTERS",
    "TEMPLATE_TYPES",
    "NewTemplate",
    "Outcome",
    "OutcomeKind",
    "RequestRenderer",
    "Sender",
    "SentTest",
    "ShownRequest",
    "Template",
    "TemplateChange",
    "TemplateFilter",
    "TemplatePreview",
    "Trial",
    "complete_shape",
    "copy_template",
    "create_template",
    "delete_template",
    "differing_headers",
    "get_stored_shape",
    "get_template",
    "get_usable_template",
    "label_templates",
    "list_export_properties",
    "list_template_users",
    "list_template_versions",
    "list_templates",
    "make_renderer",
    "missing_columns",
    "open_sender",
    "open_trial",
    "preview_requests",
    "preview_template",
    "read_sample",
    "read_shape",
    "send_test",
    "show_planned",
    "update_template",
]
