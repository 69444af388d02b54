"""The ground: settings, database, ids, clock, errors, secrets, access, audit, jobs, outbound HTTP."""
