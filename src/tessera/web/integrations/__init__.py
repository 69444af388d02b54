"""Pages of the integrations room: connection profiles and HTTP templates, to read."""

from tessera.web.integrations.http_templates import list_http_templates, show_http_template
from tessera.web.integrations.profiles import list_connection_profiles, show_connection_profile

PAGES = (list_connection_profiles, show_connection_profile, list_http_templates, show_http_template)

__all__ = ["PAGES"]
