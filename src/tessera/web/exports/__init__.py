"""Pages of the exports room: definitions and their steps, runs, one run, one of its requests."""

from tessera.web.exports.creation import ask_for_export, create_export, look_at_export
from tessera.web.exports.definition_lists import begin_export_definition, list_export_definitions
from tessera.web.exports.definition_steps import look_at_definition, save_definition_step, show_definition_step
from tessera.web.exports.definitions import (
    copy_export_definition,
    delete_export_definition,
    show_export_definition,
    switch_export_definition,
)
from tessera.web.exports.held_runs import drop_held_run, release_held_run
from tessera.web.exports.history import show_export_history
from tessera.web.exports.parked_rows import list_parked_rows, try_parked_rows
from tessera.web.exports.properties import (
    edit_export_definition,
    save_export_definition,
    take_over_export_definition,
)
from tessera.web.exports.resends import ask_to_resend, resend_failed_rows
from tessera.web.exports.row_errors import download_row_errors
from tessera.web.exports.run import cancel_export_run, download_run_file, show_rates, show_run, show_run_progress
from tessera.web.exports.run_question import ask_to_run, start_export_run
from tessera.web.exports.run_requests import show_run_request
from tessera.web.exports.runs import list_export_runs
from tessera.web.exports.timings import resume_export_schedule

PAGES = (
    list_export_definitions,
    begin_export_definition,
    ask_for_export,
    create_export,
    look_at_export,
    show_export_definition,
    show_export_history,
    list_parked_rows,
    try_parked_rows,
    show_definition_step,
    save_definition_step,
    look_at_definition,
    resume_export_schedule,
    edit_export_definition,
    save_export_definition,
    take_over_export_definition,
    copy_export_definition,
    switch_export_definition,
    delete_export_definition,
    ask_to_run,
    start_export_run,
    list_export_runs,
    show_run,
    show_run_progress,
    show_rates,
    download_row_errors,
    cancel_export_run,
    ask_to_resend,
    resend_failed_rows,
    release_held_run,
    drop_held_run,
    download_run_file,
    show_run_request,
)

__all__ = ["PAGES"]
