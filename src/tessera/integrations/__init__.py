"""Integrations: connectors, connection profiles, templates, rendering, calls."""

from typing import TYPE_CHECKING

from tessera.platform.lazy_imports import import_on_first_use

if TYPE_CHECKING:
    from tessera.integrations.addresses import AddressPolicy, address_policy
    from tessera.integrations.comparing import clean_settings, differing_headers, differing_secrets, holds_material
    from tessera.integrations.connectors import ConnectorType, ProbeResult, ProbeStep, Property, PropertyKind, ShownWhen
    from tessera.integrations.encryption_keys import (
        EncryptionKey,
        EncryptionKeyChange,
        NewEncryptionKey,
        create_encryption_key,
        delete_encryption_key,
        get_encryption_key,
        list_encryption_keys,
        list_key_users,
        reseal_encryption_keys,
        update_encryption_key,
    )
    from tessera.integrations.errors import TemplateError, TemplateIncompleteError
    from tessera.integrations.file_stores import open_file_store
    from tessera.integrations.files import FileCapabilities, FileError, FileInfo, FilePage, FileStore
    from tessera.integrations.header_seals import reseal_templates
    from tessera.integrations.inbound.applying import apply_due as apply_due_messages
    from tessera.integrations.inbound.attributes import ATTRIBUTES
    from tessera.integrations.inbound.messages import (
        get_inbound_message,
        list_inbound_messages,
        list_messages_after,
        open_body,
        replay_inbound_message,
        replay_rejected_messages,
    )
    from tessera.integrations.inbound.profiles import describe_inbound, rotate_inbound_token
    from tessera.integrations.inbound.receiving import answer_message, find_inbound, note_refusal, receive_messages
    from tessera.integrations.inbound.retention import forget_old_messages, reseal_messages
    from tessera.integrations.inbound.sources import Message, read_messages
    from tessera.integrations.inbound.values import (
        NEWEST,
        Inbound,
        InboundDay,
        InboundMessage,
        MessageQuery,
        MessageState,
        OpenInbound,
    )
    from tessera.integrations.interface import Answer, RequestPlanner, Sender, Verdict, VerdictKind
    from tessera.integrations.key_material import KeyType
    from tessera.integrations.places import register_connectors
    from tessera.integrations.probing import test_profile
    from tessera.integrations.profile_calls import (
        CallKind,
        Health,
        NewCall,
        ProfileCall,
        ProfileHealth,
        health_by_type,
        list_calls,
        profile_health,
        record_call,
    )
    from tessera.integrations.profile_history import list_profile_changes, list_profile_changes_since
    from tessera.integrations.profiles import (
        PROFILE_ORDERS,
        NewProfile,
        Profile,
        ProfileChange,
        ProfileFilter,
        ProfileUser,
        copy_profile,
        count_profiles,
        create_profile,
        delete_profile,
        get_profile,
        has_twin,
        list_profile_users,
        list_profiles,
        update_profile,
    )
    from tessera.integrations.references import list_choices
    from tessera.integrations.registry import connector_types
    from tessera.integrations.rendering import (
        FACTS,
        FILTERS,
        ErrorPath,
        Header,
        Method,
        PlannedRequest,
        RowFailure,
        RunFacts,
        TemplateShape,
        locate_fault,
        read_shape,
    )
    from tessera.integrations.sealing import reseal_secrets
    from tessera.integrations.targets import complete_shape, make_planner, open_sender
    from tessera.integrations.template_changes import copy_template, create_template, delete_template, update_template
    from tessera.integrations.template_previews import (
        SentTest,
        ShownRequest,
        TemplatePreview,
        Trial,
        open_trial,
        preview_template,
        read_sample,
        send_test,
    )
    from tessera.integrations.templates import (
        TEMPLATE_TYPES,
        NewTemplate,
        Template,
        TemplateChange,
        TemplateFilter,
        get_stored_shape,
        get_template,
        get_usable_template,
        list_query_templates,
        list_templates,
        missing_columns,
    )
else:
    __getattr__ = import_on_first_use(__name__, __file__)

__all__ = [
    "ATTRIBUTES",
    "FACTS",
    "FILTERS",
    "NEWEST",
    "PROFILE_ORDERS",
    "TEMPLATE_TYPES",
    "AddressPolicy",
    "Answer",
    "CallKind",
    "ConnectorType",
    "EncryptionKey",
    "EncryptionKeyChange",
    "ErrorPath",
    "FileCapabilities",
    "FileError",
    "FileInfo",
    "FilePage",
    "FileStore",
    "Header",
    "Health",
    "Inbound",
    "InboundDay",
    "InboundMessage",
    "KeyType",
    "Message",
    "MessageQuery",
    "MessageState",
    "Method",
    "NewCall",
    "NewEncryptionKey",
    "NewProfile",
    "NewTemplate",
    "OpenInbound",
    "PlannedRequest",
    "ProbeResult",
    "ProbeStep",
    "Profile",
    "ProfileCall",
    "ProfileChange",
    "ProfileFilter",
    "ProfileHealth",
    "ProfileUser",
    "Property",
    "PropertyKind",
    "RequestPlanner",
    "RowFailure",
    "RunFacts",
    "Sender",
    "SentTest",
    "ShownRequest",
    "ShownWhen",
    "Template",
    "TemplateChange",
    "TemplateError",
    "TemplateFilter",
    "TemplateIncompleteError",
    "TemplatePreview",
    "TemplateShape",
    "Trial",
    "Verdict",
    "VerdictKind",
    "address_policy",
    "answer_message",
    "apply_due_messages",
    "clean_settings",
    "complete_shape",
    "connector_types",
    "copy_profile",
    "copy_template",
    "count_profiles",
    "create_encryption_key",
    "create_profile",
    "create_template",
    "delete_encryption_key",
    "delete_profile",
    "delete_template",
    "describe_inbound",
    "differing_headers",
    "differing_secrets",
    "find_inbound",
    "forget_old_messages",
    "get_encryption_key",
    "get_inbound_message",
    "get_profile",
    "get_stored_shape",
    "get_template",
    "get_usable_template",
    "has_twin",
    "health_by_type",
    "holds_material",
    "list_calls",
    "list_choices",
    "list_encryption_keys",
    "list_inbound_messages",
    "list_key_users",
    "list_messages_after",
    "list_profile_changes",
    "list_profile_changes_since",
    "list_profile_users",
    "list_profiles",
    "list_query_templates",
    "list_templates",
    "locate_fault",
    "make_planner",
    "missing_columns",
    "note_refusal",
    "open_body",
    "open_file_store",
    "open_sender",
    "open_trial",
    "preview_template",
    "profile_health",
    "read_messages",
    "read_sample",
    "read_shape",
    "receive_messages",
    "record_call",
    "register_connectors",
    "replay_inbound_message",
    "replay_rejected_messages",
    "reseal_encryption_keys",
    "reseal_messages",
    "reseal_secrets",
    "reseal_templates",
    "rotate_inbound_token",
    "send_test",
    "test_profile",
    "update_encryption_key",
    "update_profile",
    "update_template",
]
