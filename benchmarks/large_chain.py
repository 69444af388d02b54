"""Statements that fill a chain as a large deployment has it."""

MEMBERS, PROFILES, ENTRIES = 1_000_000, 10_000, 1_000_000
SIZES = f"{MEMBERS:,} memberships, {PROFILES:,} profiles and templates, {ENTRIES:,} audit entries"
CHAIN = "00000000-0000-7000-8000-000000000001"
PROGRAM = "00000000-0000-7000-8000-000000000101"
QUERY = "00000000-0000-7000-8000-000000000201"

PLACES = f"""
INSERT INTO chains (id, name, created_at, updated_at) VALUES ('{CHAIN}', 'Large Hotels', now(), now());
INSERT INTO programs (chain_id, id, number, name, code, type, subscription, created_at, updated_at)
SELECT '{CHAIN}', ('00000000-0000-7000-8000-00000000010' || n)::uuid, n, 'Club ' || n, 'C' || n, 'Hotel', 'Free', now(),
       now() FROM generate_series(1, 3) AS n;
INSERT INTO tiers (chain_id, id, program_id, name, code, ordering, created_at, updated_at)
SELECT '{CHAIN}', ('00000000-0000-7000-8000-0000000001' || p || t)::uuid,
       ('00000000-0000-7000-8000-00000000010' || p)::uuid, (ARRAY['Silver', 'Gold', 'Platinum'])[t], 'T' || t, t, now(),
       now() FROM generate_series(1, 3) AS p, generate_series(1, 3) AS t;
INSERT INTO queries (id, chain_id, label, internal_name, text, columns, created_by, updated_by)
SELECT CASE n WHEN 0 THEN '{QUERY}' ELSE md5('q' || n)::uuid END, '{CHAIN}', 'Query ' || n, 'query_' || n,
       'SELECT membership_number AS number FROM members', '[{{"name": "number", "type": "text"}}]', 'bench', 'bench'
  FROM generate_series(0, {PROFILES} - 1) AS n;
"""

ACCOUNTS = f"""
INSERT INTO accounts (chain_id, id, kind, first_name, last_name, email, creator_id, updater_id, created_at, updated_at)
SELECT '{CHAIN}', md5('a' || n)::uuid, 'customer',
       (ARRAY['Ada', 'Bob', 'Cleo', 'Dan', 'Eve', 'Finn', 'Gus', 'Hana'])[1 + n % 8],
       (ARRAY['Smith', 'Miller', 'Garcia', 'Okafor', 'Nguyen', 'Larsen', 'Rossi', 'Novak'])[1 + n % 8] || ' ' || n,
       'guest' || n || '@mail.example', '{CHAIN}', '{CHAIN}', '2025-01-01Z'::timestamptz + n * interval '1 minute',
       now()
  FROM generate_series(1, {MEMBERS}) AS n
"""

MEMBERSHIPS = f"""
INSERT INTO memberships (chain_id, id, account_id, program_id, tier_id, state, is_primary, membership_number, balance,
                         creator_kind, updater_kind, created_at, updated_at)
SELECT '{CHAIN}', md5('m' || n)::uuid, md5('a' || n)::uuid,
       ('00000000-0000-7000-8000-00000000010' || (1 + n % 3))::uuid,
       CASE WHEN n % 4 <> 0 THEN ('00000000-0000-7000-8000-0000000001' || (1 + n % 3) || (1 + n % 2))::uuid END,
       (ARRAY['Enrolled', 'Enrolled', 'Enrolled', 'Pending', 'Canceled'])[1 + n % 5], true, lpad(n::text, 8, '0'),
       n % 5000, 'Static', 'Static', '2025-01-01Z'::timestamptz + n * interval '1 minute', now()
  FROM generate_series(1, {MEMBERS}) AS n
"""

MOVEMENTS = f"""
INSERT INTO points_movements (membership_id, sequence, chain_id, kind, points, balance, source, created_at)
SELECT id, 1, chain_id, 'set', balance, balance, 'bench', created_at FROM memberships WHERE chain_id = '{CHAIN}'
"""

CONFIGURATION = f"""
INSERT INTO connection_profiles (id, chain_id, type, variant, label, internal_name, settings, state, created_by,
                                 updated_by, created_at, updated_at)
SELECT md5('p' || n)::uuid, '{CHAIN}', 'http_api', 'none',
       (ARRAY['CRM', 'Shop', 'Mail', 'Till'])[1 + n % 4] || ' ' || n,
       'profile_' || n, '{{"base_url": "https://crm.example.com"}}', 'ready', 'bench', 'bench',
       '2025-01-01Z'::timestamptz + n * interval '1 minute', '2026-01-01Z'::timestamptz + n * interval '1 minute'
  FROM generate_series(1, {PROFILES}) AS n;
INSERT INTO http_templates (id, chain_id, label, internal_name, query_id, profile_id, shape, created_by, updated_by)
SELECT md5('t' || n)::uuid, '{CHAIN}', 'Template ' || n, 'template_' || n, '{QUERY}', md5('p' || n)::uuid,
       '{{"method": "POST", "body": "{{}}", "headers": []}}', 'bench', 'bench'
  FROM generate_series(1, {PROFILES}) AS n;
INSERT INTO export_definitions (id, chain_id, label, internal_name, query_id, template_id, created_by, updated_by)
SELECT md5('d' || n)::uuid, '{CHAIN}', 'Export ' || n, 'export_' || n, '{QUERY}', md5('t' || n)::uuid, 'bench', 'bench'
  FROM generate_series(1, {PROFILES}) AS n;
INSERT INTO asset_references (chain_id, from_kind, from_id, from_label, to_kind, to_id)
SELECT chain_id, 'http_template', id, label, 'query', query_id FROM http_templates
 UNION ALL
SELECT chain_id, 'http_template', id, label, 'connection_profile', profile_id FROM http_templates
 UNION ALL
SELECT chain_id, 'export_definition', id, label, 'query', query_id FROM export_definitions
 UNION ALL
SELECT chain_id, 'export_definition', id, label, 'http_template', template_id FROM export_definitions
"""

AUDIT = f"""
SELECT add_partitions('audit_entries', '2026-01-01Z', now() + interval '3 months');
INSERT INTO audit_entries (created_at, chain_id, actor_kind, actor_id, actor_name, origin, action, object_kind,
                           object_id, object_name, before, after)
SELECT '2026-01-01Z'::timestamptz + n * interval '20 seconds', CASE WHEN n % 10 <> 0 THEN '{CHAIN}'::uuid END, 'user',
       md5('u' || n % 50)::uuid, (ARRAY['Ada', 'Bob', 'Cleo'])[1 + n % 3], '192.0.2.1',
       (ARRAY['created', 'updated', 'updated', 'deleted'])[1 + n % 4],
       (ARRAY['membership', 'connection_profile', 'http_template', 'query'])[1 + n % 4],
       md5('p' || n % {PROFILES})::uuid,
       'profile_' || n % {PROFILES}, '{{"label": "Old"}}', '{{"label": "New"}}'
  FROM generate_series(1, {ENTRIES}) AS n
"""

SEED = (
    ("programs, tiers and queries", PLACES),
    (f"{MEMBERS:,} accounts", ACCOUNTS),
    (f"{MEMBERS:,} memberships", MEMBERSHIPS),
    (f"{MEMBERS:,} movements", MOVEMENTS),
    (f"{PROFILES:,} profiles, templates and definitions", CONFIGURATION),
    (f"{ENTRIES:,} audit entries", AUDIT),
)
