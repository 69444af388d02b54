"""What is stored under a former public name has the present one: events, filters, deliveries, audit log, codes, jobs.

Decision 36 has the whole table. A row that keeps its name is not written; only what follows from a name is a statement
of its own.
"""

import json

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

EVENTS = {
    "loyalty.customer.added": "customer.created",
    "loyalty.customer.changed": "customer.updated",
    "loyalty.customer.deleted": "customer.deleted",
    "loyalty.company.added": "company.created",
    "loyalty.company.changed": "company.updated",
    "loyalty.company.deleted": "company.deleted",
    "loyalty.account.merged": "account.merged",
    "loyalty.program.added": "program.created",
    "loyalty.program.changed": "program.updated",
    "loyalty.program.deleted": "program.deleted",
    "loyalty.tier.added": "tier.created",
    "loyalty.tier.changed": "tier.updated",
    "loyalty.tier.deleted": "tier.deleted",
    "loyalty.membership.added": "membership.created",
    "loyalty.membership.changed": "membership.updated",
    "loyalty.membership.deleted": "membership.deleted",
    "loyalty.balance.changed": "balance.updated",
    "queries.query.created": "query.created",
    "queries.query.changed": "query.updated",
    "queries.query.deleted": "query.deleted",
    "integrations.profile.created": "connection_profile.created",
    "integrations.profile.changed": "connection_profile.updated",
    "integrations.profile.deleted": "connection_profile.deleted",
    "integrations.template.created": "http_template.created",
    "integrations.template.changed": "http_template.updated",
    "integrations.template.deleted": "http_template.deleted",
    "integrations.encryption_key.created": "encryption_key.created",
    "integrations.encryption_key.changed": "encryption_key.updated",
    "integrations.encryption_key.deleted": "encryption_key.deleted",
    "integrations.message.rejected": "inbound_message.rejected",
    "exports.definition.created": "export_definition.created",
    "exports.definition.changed": "export_definition.updated",
    "exports.definition.deleted": "export_definition.deleted",
    "exports.run.created": "run.created",
    "exports.run.finished": "run.finished",
    "webhooks.subscription.created": "webhook_subscription.created",
    "webhooks.subscription.changed": "webhook_subscription.updated",
    "webhooks.subscription.deleted": "webhook_subscription.deleted",
    "webhooks.subscription.disabled": "webhook_subscription.disabled",
    "webhooks.subscription.tested": "webhook_subscription.tested",
}
ACTIONS = {
    "changed": "updated",
    "token rotated": "token_rotated",
    "learned": "discovered",
    "password_reset_asked": "password_reset_requested",
    "sessions_ended": "session_ended",
}
# Of the codes that changed, those that a run may have ended with, or a message that came in been rejected for.
CODES = {
    "account_unknown": "account_not_found",
    "api_key_chain_unknown": "api_key_chain_not_found",
    "chain_unknown": "chain_not_found",
    "company_unknown": "company_not_found",
    "cursor_unknown": "cursor_not_found",
    "enterprise_unknown": "enterprise_not_found",
    "inbound_program_unknown": "inbound_program_not_found",
    "membership_unknown": "membership_not_found",
    "merge_source_unknown": "merge_source_not_found",
    "merge_target_unknown": "merge_target_not_found",
    "message_unreadable": "inbound_message_invalid",
    "mother_company_unknown": "mother_company_not_found",
    "movement_unknown": "movement_not_found",
    "outbound_outcome_unknown": "outbound_unanswered",
    "program_unknown": "program_not_found",
    "record_changed": "version_conflict",
    "secret_key_unknown": "secret_key_not_found",
    "tier_unknown": "tier_not_found",
    "token_unknown": "token_not_found",
    "version_mismatch": "version_conflict",
}
JOBS = {
    "exports.execute_run": "exports.run",
    "auth.send_reset": "sign_in.send_reset",
    "auth.tell_lockout": "sign_in.notify_lockout",
}
FILTERS = """
UPDATE webhook_subscriptions
   SET event_names = ARRAY(SELECT DISTINCT coalesce({names}::jsonb ->> name, name) FROM unnest(event_names) AS name
                            ORDER BY 1)
 WHERE event_names && ARRAY(SELECT jsonb_object_keys({names}::jsonb))
"""
# The text of a body is its jsonb as PostgreSQL writes it, before and after.
BODIES = """
UPDATE webhook_deliveries
   SET event_name = {names}::jsonb ->> event_name,
       body = jsonb_set(body::jsonb, '{{type}}', {names}::jsonb -> event_name)::text
 WHERE {names}::jsonb ? event_name
"""
REASONS = """
UPDATE events SET payload = jsonb_set(payload, '{{reason}}', {codes}::jsonb -> (payload ->> 'reason'))
 WHERE name = 'inbound_message.rejected' AND {codes}::jsonb ? (payload ->> 'reason')
"""
BODY_REASONS = """
UPDATE webhook_deliveries
   SET body = jsonb_set(body::jsonb, '{{data,payload,reason}}',
                        {codes}::jsonb -> (body::jsonb #>> '{{data,payload,reason}}'))::text
 WHERE event_name = 'inbound_message.rejected' AND {codes}::jsonb ? (body::jsonb #>> '{{data,payload,reason}}')
"""
COMMENT = "COMMENT ON COLUMN webhook_subscriptions.event_names IS 'null is every event of loyalty''s nouns'"
# The owner is confined as well while it is forced.
CONFINED = ("events", "webhook_subscriptions", "webhook_deliveries", "audit_entries", "runs", "inbound_messages")


def rename(table: str, column: str, names: dict[str, str]) -> str:
    """Return the statement that gives a column its present names."""
    return (
        f"UPDATE {table} SET {column} = {written(names)}::jsonb ->> {column} WHERE {written(names)}::jsonb ? {column}"
    )


def written(names: dict[str, str]) -> str:
    """Return the names as a literal of SQL."""
    return f"'{json.dumps(names)}'"


def upgrade() -> None:
    names, codes = written(EVENTS), written(CODES)
    run = op.get_bind().exec_driver_sql
    for table in CONFINED:
        run(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    run(rename("events", "name", EVENTS))
    run(FILTERS.format(names=names))
    run(BODIES.format(names=names))
    run(REASONS.format(codes=codes))
    run(BODY_REASONS.format(codes=codes))
    run(rename("audit_entries", "action", ACTIONS))
    run(rename("runs", "error_code", CODES))
    run(rename("inbound_messages", "reason", CODES))
    run(rename("procrastinate.procrastinate_jobs", "task_name", JOBS))
    run(COMMENT)
    for table in CONFINED:
        run(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
