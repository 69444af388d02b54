"""Integrations: connectors, connection profiles, templates, rendering, calls."""

from tessera.integrations.addresses import AddressPolicy, address_policy
from tessera.integrations.calls import Answer, HttpSender, Verdict, VerdictKind
from tessera.integrations.connectors import ConnectorType
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
from tessera.integrations.errors import TemplateError
from tessera.integrations.key_material import KeyType
from tessera.integrations.profiles import (
    NewProfile,
    Profile,
    ProfileChange,
    copy_profile,
    create_profile,
    delete_profile,
    get_profile,
    list_profiles,
    update_profile,
)
from tessera.integrations.references import list_choices
from tessera.integrations.registry import connector_types
from tessera.integrations.rendering import (
    CompiledTemplate,
    PlannedRequest,
    RowFailure,
    RunFacts,
    TemplateShape,
    compile_template,
    decode_rows,
)
from tessera.integrations.sealing import reseal_secrets
from tessera.integrations.targets import open_sender
from tessera.integrations.templates import (
    NewTemplate,
    Template,
    TemplateChange,
    copy_template,
    create_template,
    delete_template,
    get_template,
    list_templates,
    missing_columns,
    read_shape,
    update_template,
)

__all__ = [
    "AddressPolicy",
    "Answer",
    "CompiledTemplate",
    "ConnectorType",
    "EncryptionKey",
    "EncryptionKeyChange",
    "HttpSender",
    "KeyType",
    "NewEncryptionKey",
    "NewProfile",
    "NewTemplate",
    "PlannedRequest",
    "Profile",
    "ProfileChange",
    "RowFailure",
    "RunFacts",
    "Template",
    "TemplateChange",
    "TemplateError",
    "TemplateShape",
    "Verdict",
    "VerdictKind",
    "address_policy",
    "compile_template",
    "connector_types",
    "copy_profile",
    "copy_template",
    "create_encryption_key",
    "create_profile",
    "create_template",
    "decode_rows",
    "delete_encryption_key",
    "delete_profile",
    "delete_template",
    "get_encryption_key",
    "get_profile",
    "get_template",
    "list_choices",
    "list_encryption_keys",
    "list_key_users",
    "list_profiles",
    "list_templates",
    "missing_columns",
    "open_sender",
    "read_shape",
    "reseal_encryption_keys",
    "reseal_secrets",
    "update_encryption_key",
    "update_profile",
    "update_template",
]
