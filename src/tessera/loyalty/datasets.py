"""The datasets: which views queries may read, and what each column means. The migrations make the views."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DatasetColumn:
    """One column of a dataset."""

    name: str
    type: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Dataset:
    """A view that queries may read; `personal` when its rows identify persons."""

    name: str
    meaning: str
    personal: bool
    columns: tuple[DatasetColumn, ...]


def columns(*lines: str) -> tuple[DatasetColumn, ...]:
    """Read columns from lines of `name type meaning`."""
    return tuple(DatasetColumn(*line.split(" ", 2)) for line in lines)


CREATED = "created_at timestamp when the record was made"
UPDATED = "updated_at timestamp when the record was last changed"

ACCOUNTS = Dataset(
    "accounts",
    "Customers and companies of the chain that are not deleted.",
    personal=True,
    columns=columns(
        "id uuid the account",
        "kind text customer or company",
        "external_id text the account's identifier in the system it came from",
        "name text name of a company",
        "title text Mister, Miss or Misses",
        "sex text Male or Female",
        "first_name text first name of a customer",
        "last_name text last name of a customer",
        "second_last_name text second last name of a customer",
        "email text e-mail address",
        "phone text phone number",
        "birth_date date date of birth",
        "nationality_code text country of nationality, two letters",
        "preferred_language_code text language, such as en-US",
        "loyalty_code text loyalty code",
        "company_id uuid the company's account that a customer belongs to",
        "city text city of the address",
        "postal_code text postal code of the address",
        "country_code text country of the address, two letters",
        CREATED,
        UPDATED,
    ),
)

PROGRAMS = Dataset(
    "programs",
    "Loyalty programs of the chain that are not deleted.",
    personal=False,
    columns=columns(
        "id uuid the program",
        "number int the program's small number, unique in the chain",
        "code text the program's code",
        "name text the program's name",
        "type text Hotel, ExternalPartner, SoftBrand or Unknown",
        "subscription text Free or Paid",
        CREATED,
        UPDATED,
    ),
)

TIERS = Dataset(
    "tiers",
    "Levels of the programs that are not deleted.",
    personal=False,
    columns=columns(
        "id uuid the tier",
        "program_id uuid the program it is a level of",
        "code text the tier's code",
        "name text the tier's name",
        "ordering int rank in its program",
        CREATED,
        UPDATED,
    ),
)

MEMBERSHIPS = Dataset(
    "memberships",
    "Memberships that are not deleted, as they are stored.",
    personal=False,
    columns=columns(
        "id uuid the membership",
        "account_id uuid the account that belongs to the program",
        "program_id uuid the program",
        "tier_id uuid the tier, if there is one",
        "state text New, Pending, Enrolled, Canceled or Declined",
        "is_primary bool whether it is the account's main membership",
        "membership_number text the number that the member shows",
        "provider_membership_id text the number in the provider's system",
        "balance int its points, without those that are over, if points are kept",
        "expires_at timestamp when the membership ends",
        "url text address of the member's page",
        CREATED,
        UPDATED,
    ),
)

MEMBERS = Dataset(
    "members",
    "One wide row per membership: the membership, its account, program and tier.",
    personal=True,
    columns=columns(
        "membership_id uuid the membership",
        "membership_number text the number that the member shows",
        "provider_membership_id text the number in the provider's system",
        "state text New, Pending, Enrolled, Canceled or Declined",
        "is_primary bool whether it is the account's main membership",
        "balance int its points, without those that are over, if points are kept",
        "expires_at timestamp when the membership ends",
        "joined_at timestamp when the membership was made",
        "updated_at timestamp when the membership was last changed",
        "account_id uuid the account",
        "account_kind text customer or company",
        "external_id text the account's identifier in the system it came from",
        "name text name of a company",
        "title text Mister, Miss or Misses",
        "first_name text first name of a customer",
        "last_name text last name of a customer",
        "email text e-mail address",
        "phone text phone number",
        "birth_date date date of birth",
        "preferred_language_code text language, such as en-US",
        "city text city of the address",
        "postal_code text postal code of the address",
        "country_code text country of the address, two letters",
        "program_id uuid the program",
        "program_number int the program's small number",
        "program_code text the program's code",
        "program_name text the program's name",
        "tier_id uuid the tier, if there is one",
        "tier_code text the tier's code",
        "tier_name text the tier's name",
        "tier_ordering int rank of the tier in its program",
    ),
)

POINTS_MOVEMENTS = Dataset(
    "points_movements",
    "The points ledger, one line per movement; points that are over leave by a line of their own within a minute.",
    personal=False,
    columns=columns(
        "membership_id uuid the membership whose balance moved",
        "sequence int number of the movement within its membership",
        "kind text set, earn, burn, adjust, expire or reverse",
        "points int how many points, negative when taken",
        "source text what made the movement",
        "reason text why, as its maker wrote it",
        "created_at timestamp when it was written",
        "active_at timestamp from when the points can be spent",
        "expires_at timestamp when the points end",
        "balance int the membership's balance after it",
        "transfer_id uuid what the two movements of a transfer have in common",
    ),
)

DATASETS = (ACCOUNTS, PROGRAMS, TIERS, MEMBERSHIPS, MEMBERS, POINTS_MOVEMENTS)
