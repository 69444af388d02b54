"""The one INSERT into the points ledger, part of every statement that changes balances."""

# A statement that writes a movement holds its membership, so that no other one takes the number.
NEXT_SEQUENCE = """coalesce((
  SELECT p.sequence FROM points_movements p WHERE p.membership_id = changed.id
   ORDER BY p.sequence DESC LIMIT 1), 0) + 1"""
OF_THE_CALL = {"source": "%(source)s", "actor_id": "%(actor_id)s", "created_at": "%(now)s"}


def write_movements(
    *, chain_id: str = "%(chain_id)s", sequence: str = NEXT_SEQUENCE, kind: str, points: str, balance: str, **more: str
) -> str:
    """Return the INSERT of one movement a row of `changed`, a CTE whose `id` is the membership's.

    All are SQL expressions on its columns; `more` names further columns, and one left out is null. The statement's
    parameters are `source`, `actor_id` and `now`, and those of the expressions.
    """
    given = {"chain_id": chain_id, "membership_id": "id", "sequence": sequence, "kind": kind, "points": points}
    columns = given | {"balance": balance} | OF_THE_CALL | more
    return f"INSERT INTO points_movements ({', '.join(columns)})\nSELECT {', '.join(columns.values())} FROM changed"
