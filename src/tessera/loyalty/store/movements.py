"""The one INSERT into the points ledger, part of every statement that changes balances."""

# A statement that writes a movement holds its membership, so that no other takes the number.
NEXT_SEQUENCE = """coalesce((
  SELECT p.sequence FROM points_movements p WHERE p.chain_id = {chain_id} AND p.membership_id = changed.id
   ORDER BY p.sequence DESC LIMIT 1), 0) + 1"""
OF_THE_CALL = {"source": "%(source)s", "actor_id": "%(actor_id)s", "created_at": "%(now)s"}


def write_movements(
    *, chain_id: str = "%(chain_id)s", sequence: str = NEXT_SEQUENCE, kind: str, points: str, balance: str, **more: str
) -> str:
    """Return the INSERT of one movement a row of `changed`, a CTE whose `id` is the membership's.

    All are SQL expressions on its columns, that of the chain qualified; `more` names further columns, and one left out
    is null. The statement's parameters are `source`, `actor_id` and `now`, and those of the expressions.
    """
    given = {"chain_id": chain_id, "membership_id": "id", "sequence": sequence.format(chain_id=chain_id)}
    columns = given | {"kind": kind, "points": points, "balance": balance} | OF_THE_CALL | more
    return f"INSERT INTO points_movements ({', '.join(columns)})\nSELECT {', '.join(columns.values())} FROM changed"
