"""The register of what may describe a person: every column of text, JSON or dates, classified.

A test compares it with the schema, so that no new column goes unclassified. What an erasure has to look at is here.
"""

from collections.abc import Mapping

Columns = Mapping[str, tuple[str, ...]]

MEMBERS: Columns = {
    "accounts": (
        "external_id", "name", "title", "sex", "first_name", "last_name", "second_last_name", "email", "phone",
        "birth_date", "birth_country_code", "birth_country_subdivision_code", "birth_place", "occupation",
        "nationality_code", "preferred_language_code", "loyalty_code", "tax_identification_number", "accounting_code",
        "billing_code", "notes", "car_registration_number", "dietary_requirements", "italian_destination_code",
        "italian_fiscal_code", "italian_lottery_code", "address_line1", "address_line2", "city", "postal_code",
        "country_code", "country_subdivision_code", "latitude", "longitude", "invoicing_email", "website_url",
        "department", "duns_number", "reference_identifier", "additional_tax_identifier",
        "electronic_invoice_identifier", "contact", "contact_person", "identifier", "iata", "credit_rating",
    ),
    "memberships": ("membership_number", "provider_membership_id", "url"),
}  # fmt: skip
"""What members gave. Cleared when a record was deleted long enough ago."""

COPIES: Columns = {
    "audit_entries": ("object_name", "before", "after"),
    "events": ("payload",),
    "inbound_messages": ("dedupe_key", "name", "sealed_body", "detail"),
    "kept_answers": ("key", "headers", "sealed_body"),
    "points_movements": ("source", "reason", "idempotency_key"),
    "procrastinate_jobs": ("args",),
    "export_rows": ("shown_key",),
    "run_attempts": ("message",),
    "run_blocks": ("data", "shown_keys"),
    "run_excerpts": ("request", "answer"),
    "run_requests": ("left_out", "path", "key"),
    "run_row_errors": ("message",),
    "webhook_deliveries": ("body", "last_error"),
}
"""Where what members gave may be repeated. Each has days of its own in the settings, but for the points ledger, and
for the keys of rows that exports sent, which go with the rows."""

STAFF: Columns = {
    "access_tokens": ("label",),
    "api_keys": ("label", "created_by"),
    "audit_entries": ("actor_name", "origin"),
    "client_tokens": ("label",),
    "connection_profiles": ("created_by", "updated_by", "settings"),
    "encryption_keys": ("created_by", "updated_by"),
    "export_definitions": ("created_by", "updated_by", "owner", "notices"),
    "http_templates": ("created_by", "updated_by"),
    "identities": ("issuer", "subject"),
    "notice_deliveries": ("recipient",),
    "notices": ("content",),
    "inbound_tokens": ("created_by",),
    "queries": ("created_by", "updated_by"),
    "roles": ("created_by", "updated_by"),
    "runs": ("started_by", "released_by"),
    "sign_in_failures": ("key",),
    "user_sessions": ("origin", "user_agent"),
    "users": ("email", "name"),
}
"""What describes users of the deployment."""

OTHERS: Columns = {
    "access_tokens": ("digest", "permissions"),
    "accounts": ("kind", "classifications", "options", "invoice_due_interval"),
    "alembic_version": ("version_num",),
    "announced_states": ("subject_kind", "topic", "state", "last_key"),
    "api_keys": ("digest", "hint", "chain_ids", "permissions", "created_by_kind"),
    "asset_references": ("from_kind", "from_label", "to_kind"),
    "audit_entries": ("actor_kind", "request_id", "action", "object_kind"),
    "chains": ("name",),
    "client_tokens": ("digest",),
    "connection_profiles": (
        "type", "variant", "label", "internal_name", "secrets", "state", "created_by_kind", "updated_by_kind",
    ),
    "daily_figures": ("day",),
    "encryption_keys": (
        "type", "label", "internal_name", "algorithm", "fingerprint", "sealed_material", "sealed_passphrase",
        "created_by_kind", "updated_by_kind",
    ),
    "enterprises": (
        "name", "short_name", "external_id", "time_zone", "legal_environment_code", "accommodation_environment_code",
        "accounting_environment_code", "tax_environment_code", "default_language_code", "currency_code", "pricing",
        "tax_identifier", "website_url", "email", "phone", "address_line1", "address_line2", "city", "postal_code",
        "country_code", "country_subdivision_code",
    ),
    "events": ("name",),
    "export_definitions": (
        "label", "internal_name", "description", "kind", "settings", "selection", "gates", "thresholds", "queue",
        "owner_kind", "created_by_kind", "updated_by_kind",
    ),
    "figure_changes": ("day",),
    "http_templates": (
        "template_type", "label", "internal_name", "shape", "state", "created_by_kind", "updated_by_kind",
    ),
    "inbound_clocks": ("moments",),
    "inbound_messages": ("type", "state", "reason"),
    "inbound_tokens": ("digest", "created_by_kind"),
    "kept_answers": ("request_digest",),
    "key_rings": ("oldest_key",),
    "memberships": ("state", "creator_kind", "updater_kind"),
    "mails": ("sealed_letter", "state", "waits", "last_error"),
    "notice_deliveries": ("channel", "sealed_target", "state", "last_error"),
    "notices": ("key", "news", "subject_kind", "subject_label"),
    "oauth_tokens": ("fingerprint", "sealed_token"),
    "password_resets": ("token_digest",),
    "points_movements": ("kind", "origin_kind"),
    "profile_calls": ("kind", "code", "message", "latency_ms"),
    "profile_paces": ("hold_reason",),
    "profile_slices": ("worker",),
    "programs": ("name", "code", "type", "subscription"),
    "queries": (
        "label", "internal_name", "description", "engine", "text", "parameters", "key_columns", "columns",
        "created_by_kind", "updated_by_kind",
    ),
    "recovery_codes": ("digest",),
    "request_windows": ("moments",),
    "roles": ("label", "internal_name", "description", "permissions", "created_by_kind", "updated_by_kind"),
    "run_attempts": ("outcome", "code", "duration_ms"),
    "run_blocks": ("keys", "prints", "changes"),
    "run_files": ("name", "inner_name", "control_name", "state", "checksum", "error_code", "error"),
    "run_moments": ("kind", "message"),
    "run_requests": ("state", "code", "duration_ms"),
    "run_row_errors": ("phase", "code"),
    "run_shards": ("worker",),
    "run_snapshots": ("digest", "document"),
    "runs": (
        "trigger", "queue", "state", "ending", "findings", "resent", "error_code", "error", "worker", "started_by_kind",
    ),
    "schedule_moments": ("owner_kind", "outcome", "reason"),
    "schedules": ("owner_kind", "document", "normal_form", "overlap", "zone_data", "pause_reason"),
    "second_factors": ("sealed_secret",),
    "sign_in_steps": ("token_digest", "way"),
    "tiers": ("name", "code"),
    "user_sessions": ("token_digest", "csrf_token", "way"),
    "users": ("password_hash", "chain_ids", "permissions"),
    "webhook_deliveries": ("event_name", "state"),
    "webhook_subscriptions": (
        "label", "url", "event_names", "sealed_secret", "sealed_former_secret", "disabled_reason",
    ),
}  # fmt: skip
"""What describes no person: names of things, codes, digests, sealed secrets."""
