"""Access: users, roles, API keys and Connector tokens."""

from tessera.web.access import api_keys, roles, token_forms, tokens, user_forms, users

PAGES = (
    users.list_users,
    users.show_user,
    users.draw_password,
    users.end_sessions,
    users.unlock_user,
    users.remove_user_factor,
    users.delete_user,
    user_forms.ask_new_user,
    user_forms.create_user,
    user_forms.ask_user_change,
    user_forms.change_user,
    roles.list_roles,
    roles.show_role,
    roles.ask_new_role,
    roles.create_role,
    roles.ask_role_change,
    roles.change_role,
    roles.delete_role,
    api_keys.list_api_keys,
    api_keys.show_api_key,
    api_keys.ask_new_api_key,
    api_keys.create_api_key,
    api_keys.enable_api_key,
    api_keys.disable_api_key,
    api_keys.revoke_api_key,
    tokens.list_connector_tokens,
    tokens.show_connector_token,
    tokens.enable_connector_token,
    tokens.disable_connector_token,
    tokens.revoke_connector_token,
    token_forms.ask_new_client_token,
    token_forms.create_client_token,
    token_forms.ask_new_access_token,
    token_forms.create_access_token,
)

__all__ = ["PAGES"]
