"""The demo: sample members, a receiver, an export between them, and the proof that everything arrived."""
