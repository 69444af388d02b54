"""What a kind of connector is made of: properties, capabilities, targets, probe steps."""

from typing import TYPE_CHECKING

from tessera.platform.lazy_imports import import_on_first_use

if TYPE_CHECKING:
    from tessera.connectors.contract.agent import USER_AGENT
    from tessera.connectors.contract.errors import TooManyProfilesError
    from tessera.connectors.contract.http_options import CA_CERTIFICATE, CONNECT_TIMEOUT, READ_TIMEOUT
    from tessera.connectors.contract.mappings import MappingLayout, MappingRow, MappingShape
    from tessera.connectors.contract.oauth_options import LONGEST_EXPIRATION, clean_visible, oauth_properties
    from tessera.connectors.contract.places import register_connectors
    from tessera.connectors.contract.probe_steps import (
        ADDRESS,
        ANSWER,
        CONNECTION,
        TOKEN,
        connected_step,
        failed_steps,
        host_of,
        name_of,
        not_reached,
        try_address,
        try_target,
        try_token,
    )
    from tessera.connectors.contract.registry import connector_types, get_connector
    from tessera.connectors.contract.types import (
        Capabilities,
        ConnectorType,
        Follows,
        Issuing,
        Network,
        OpenedKey,
        OpenedProfile,
        Probe,
        ProbeResult,
        ProbeStep,
        Property,
        PropertyKind,
        ShownWhen,
        Target,
        Variant,
    )
else:
    __getattr__ = import_on_first_use(__name__, __file__)

__all__ = [
    "ADDRESS",
    "ANSWER",
    "CA_CERTIFICATE",
    "CONNECTION",
    "CONNECT_TIMEOUT",
    "LONGEST_EXPIRATION",
    "READ_TIMEOUT",
    "TOKEN",
    "USER_AGENT",
    "Capabilities",
    "ConnectorType",
    "Follows",
    "Issuing",
    "MappingLayout",
    "MappingRow",
    "MappingShape",
    "Network",
    "OpenedKey",
    "OpenedProfile",
    "Probe",
    "ProbeResult",
    "ProbeStep",
    "Property",
    "PropertyKind",
    "ShownWhen",
    "Target",
    "TooManyProfilesError",
    "Variant",
    "clean_visible",
    "connected_step",
    "connector_types",
    "failed_steps",
    "get_connector",
    "host_of",
    "name_of",
    "not_reached",
    "oauth_properties",
    "register_connectors",
    "try_address",
    "try_target",
    "try_token",
]
