"""Pages of the integrations room: connectors, connection profiles, HTTP templates, encryption keys."""

from tessera.web.integrations.connectors import list_connectors
from tessera.web.integrations.encryption_keys import (
    ask_for_encryption_key,
    begin_encryption_key,
    create_encryption_key,
    delete_encryption_key,
    edit_encryption_key,
    list_encryption_keys,
    save_encryption_key,
    show_encryption_key,
)
from tessera.web.integrations.http_templates import (
    copy_http_template,
    create_http_template,
    delete_http_template,
    find_templates,
    list_http_templates,
    show_http_template,
)
from tessera.web.integrations.inbound_pages import (
    list_messages,
    replay_message,
    replay_messages,
    rotate_token,
    show_message,
)
from tessera.web.integrations.profile_forms import edit_profile, save_profile
from tessera.web.integrations.profile_lists import (
    create_first_profile,
    create_other_profile,
    list_first_profiles,
    list_other_profiles,
)
from tessera.web.integrations.profile_pages import (
    copy_profile,
    delete_profile,
    list_connection_profiles,
    show_profile,
    switch_profile,
)
from tessera.web.integrations.profile_tests import test_profile
from tessera.web.integrations.template_editor import edit_http_template, preview_http_template, save_http_template

PAGES = (
    list_connectors,
    list_first_profiles,
    list_other_profiles,
    create_first_profile,
    create_other_profile,
    list_connection_profiles,
    show_profile,
    edit_profile,
    save_profile,
    copy_profile,
    switch_profile,
    delete_profile,
    test_profile,
    find_templates,
    list_messages,
    show_message,
    replay_message,
    replay_messages,
    rotate_token,
    list_http_templates,
    create_http_template,
    show_http_template,
    copy_http_template,
    delete_http_template,
    edit_http_template,
    save_http_template,
    preview_http_template,
    list_encryption_keys,
    begin_encryption_key,
    ask_for_encryption_key,
    create_encryption_key,
    show_encryption_key,
    edit_encryption_key,
    save_encryption_key,
    delete_encryption_key,
)

__all__ = ["PAGES"]
