"""What every room is built on: settings, database, ids, clock, errors, secrets, audit, events, jobs, outbound HTTP."""
