"""How states and movements read, and their colours."""

from tessera.loyalty import MembershipState, MovementKind

STATES: dict[str, tuple[str, str]] = {
    MembershipState.ENROLLED: ("fine", "Enrolled"),
    MembershipState.NEW: ("running", "New"),
    MembershipState.PENDING: ("running", "Pending"),
    MembershipState.CANCELED: ("off", "Canceled"),
    MembershipState.DECLINED: ("off", "Declined"),
}

MOVEMENTS: dict[str, str] = {
    MovementKind.SET: "Set",
    MovementKind.EARN: "Earned",
    MovementKind.BURN: "Spent",
    MovementKind.ADJUST: "Adjusted",
    MovementKind.EXPIRE: "Expired",
    MovementKind.REVERSE: "Reversed",
}

KINDS = {"customer": "Customer", "company": "Company"}
