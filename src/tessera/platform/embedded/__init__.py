"""The bundled PostgreSQL server."""

from typing import TYPE_CHECKING

from tessera.platform.lazy_imports import import_on_first_use

if TYPE_CHECKING:
    from tessera.platform.embedded.accounts import server_account
    from tessera.platform.embedded.folders import make_data_folder
    from tessera.platform.embedded.server import EmbeddedServer
else:
    __getattr__ = import_on_first_use(__name__, __file__)

__all__ = [
    "EmbeddedServer",
    "make_data_folder",
    "server_account",
]
