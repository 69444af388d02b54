"""The step *Schedule*: whether the export runs by itself, and in which queue.

When it runs and who is notified are parts of this step with forms of their own; `exports/templates/schedule_step.html`
is where they are shown.
"""

from dataclasses import replace

from tessera.exports import RunQueue
from tessera.web.exports.drafts import Draft
from tessera.web.forms import Form

LABELS = {"enabled": "Enabled", "queue": "Integration Queue Name"}


def form_of(draft: Draft) -> Form:
    """Return the step's fields with what is in the draft."""
    return Form.of({"enabled": "true" if draft.enabled else "", "queue": draft.queue.value})


def read_schedule(form: Form, draft: Draft) -> Draft:
    """Return the draft with what was typed; what does not fit is noted at its field."""
    queue = form.choice("queue", list(RunQueue), required=True)
    return replace(draft, enabled=form.ticked("enabled"), queue=RunQueue(queue) if queue else draft.queue)
