"""Notices: one line on top of a page after an action. They travel by name, so that no cookie can make one up."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Notice:
    """One line; `tone` is a state of the kit."""

    text: str
    tone: str = "fine"


NOTICES = {
    "signed_out": Notice("You are signed out."),
    "user_unlocked": Notice("The user can try again now."),
    "user_factor_removed": Notice("The second factor is removed."),
    "created": Notice("Created."),
    "saved": Notice("Saved."),
    "deleted": Notice("Deleted."),
    "revoked": Notice("Revoked. It no longer grants access."),
    "switched_on": Notice("Switched on."),
    "switched_off": Notice("Switched off. It grants no access until it is switched on again.", "off"),
    "sessions_ended": Notice("Signed out of every browser."),
    "points_moved": Notice("The movement is in the ledger."),
    "profile_copied": Notice("This is the copy. Edit it to give it another name."),
    "profile_deleted": Notice("The connection profile is deleted."),
    "profile_disabled": Notice("The connection profile is off: runs that reach it fail at their start.", "off"),
    "profile_enabled": Notice("The connection profile is on."),
    "profile_saved": Notice("The connection profile is saved."),
    "profile_saved_twin": Notice("Saved. Another profile of this connector has the same label.", "heals"),
    "message_replayed": Notice("The message is applied once more.", "running"),
    "messages_replayed": Notice("The rejected messages are applied once more.", "running"),
    "nothing_to_replay": Notice("No rejected message is left whose body is kept.", "off"),
    "key_saved": Notice("The encryption key is saved."),
    "key_deleted": Notice("The encryption key is deleted."),
    "copied": Notice("Copied. This is the copy."),
    "password_reset": Notice("The new password is set. Sign in with it."),
    "own_password_changed": Notice("The new password is set. Every other browser was signed out."),
    "session_ended": Notice("The session has ended."),
    "other_sessions_ended": Notice("Every other session has ended."),
    "factor_removed": Notice("The second factor is removed. Signing in now takes the password alone.", "heals"),
    "identity_linked": Notice("You can now sign in through the identity provider too."),
    "identity_unlinked": Notice("You can no longer sign in through the identity provider."),
    "export_created": Notice("The export is saved. It runs when you press Run."),
    "export_open": Notice("Kept. The export is saved as soon as Filter and Destination are filled in.", "running"),
    "export_copied": Notice("This is the copy. It is disabled until you enable it.", "off"),
    "export_enabled": Notice("The export is enabled."),
    "export_disabled": Notice("The export is disabled: it runs only when a user starts it.", "off"),
    "export_taken_over": Notice("You own this export now: it runs with your rights."),
    "schedule_resumed": Notice("Resumed. It runs by its schedule again."),
    "refusals_forgotten": Notice("The next run sends them again."),
    "run_released": Notice("Released. The run goes on."),
    "run_dropped": Notice("Dropped. Nothing of this run was sent.", "off"),
    "run_started": Notice("Run started."),
    "run_cancelled": Notice("The run ends as soon as the requests in flight have finished.", "running"),
}
