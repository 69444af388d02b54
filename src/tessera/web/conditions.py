"""Fields that belong to one choice: their condition for scripts, for readers without scripts, and for what is sent.

Scripts show the fields only while the condition holds; without scripts all are shown below its words. Both send
what reading then leaves out, so a page asks `holds` before it reads such fields.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from tessera.web.forms import Form


@dataclass(frozen=True, slots=True)
class Condition:
    """Some fields count while the field `name` has one of these values; a box that is ticked has the value `true`.

    `words` say so to readers, as in *With Recurrence Once*.
    """

    name: str
    values: Sequence[str]
    words: str

    @property
    def as_json(self) -> str:
        """The values as scripts read them."""
        return json.dumps(list(self.values))

    def holds(self, form: Form) -> bool:
        """Say whether the fields count in what was sent."""
        sent = form.get(self.name)
        return (sent or "false") in self.values if set(self.values) & {"true", "false"} else sent in self.values
