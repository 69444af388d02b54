"""Pages of the exports room: definitions, runs, one run, one of its requests."""

from tessera.web.exports.definitions import list_export_definitions, show_export_definition, start_export_run
from tessera.web.exports.run import cancel_export_run, download_run_file, show_rates, show_run, show_run_progress
from tessera.web.exports.run_requests import show_run_request
from tessera.web.exports.runs import list_export_runs

PAGES = (
    list_export_definitions,
    show_export_definition,
    start_export_run,
    list_export_runs,
    show_run,
    show_run_progress,
    show_rates,
    cancel_export_run,
    download_run_file,
    show_run_request,
)

__all__ = ["PAGES"]
