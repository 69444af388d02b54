"""Who is notified by e-mail when a run ends. Nobody is, as long as exports have no notices; pages ask here alone."""

from collections.abc import Sequence

from tessera.exports import Definition
from tessera.web.visits import Visit


async def list_recipients(_visit: Visit, _definition: Definition | None) -> Sequence[str]:
    """Return the addresses that hear of a definition's runs."""
    return ()
