"""The management API: our own, for administrators' programs. Versioned by its address."""
