"""The customer as the contract shows it."""

from typing import Any, Literal, get_args
from uuid import UUID

from msgspec import Struct

from tessera.api.connector.v1.configuration import EnterpriseAddress, show_address
from tessera.api.connector.v1.scalars import write_moment
from tessera.loyalty import Customer as StoredCustomer

Classification = Literal[
    "PaymasterAccount",
    "Blacklist",
    "Media",
    "LoyaltyProgram",
    "PreviousComplaint",
    "Returning",
    "Staff",
    "FriendOrFamily",
    "TopManagement",
    "Important",
    "VeryImportant",
    "Problematic",
    "Cashlist",
    "DisabledPerson",
    "Military",
    "Airline",
    "HealthCompliant",
    "InRoom",
    "WaitingForRoom",
    "Student",
    "Blocklist",
]
CustomerOption = Literal[
    "SendMarketingEmails",
    "Invoiceable",
    "BillAddressObjection",
    "SendMarketingPostalMail",
    "SendPartnerMarketingEmails",
    "SendPartnerMarketingPostalMail",
    "WithdrawCardConsent",
    "GuestPhotoConsent",
    "IdPhotosConsent",
]


class CustomerData(Struct, rename="pascal", kw_only=True):
    """What every operation shows of a customer; what Tessera does not keep is always null."""

    id: UUID
    chain_id: UUID
    number: str
    title: str | None
    sex: str | None
    first_name: str | None
    last_name: str | None
    second_last_name: str | None
    nationality_code: str | None
    preferred_language_code: str | None
    language_code: str | None
    birth_date: str | None
    birth_country_code: str | None
    birth_country_subdivision_code: str | None
    birth_place: str | None
    occupation: str | None
    email: str | None
    has_ota_email: bool = False
    phone: str | None
    tax_identification_number: str | None
    loyalty_code: str | None
    accounting_code: str | None
    billing_code: str | None
    notes: str | None
    car_registration_number: str | None
    dietary_requirements: str | None
    created_utc: str
    updated_utc: str
    is_active: bool
    activity_state: str
    preferred_space_features: list[str]
    creator_profile_id: UUID
    updater_profile_id: UUID
    address_id: UUID | None
    address: EnterpriseAddress | None
    italian_destination_code: str | None
    italian_fiscal_code: str | None
    italian_lottery_code: str | None
    company_id: UUID | None
    merge_target_id: UUID | None
    passport: None = None
    identity_card: None = None
    visa: None = None
    drivers_license: None = None


class Customer(CustomerData, rename="pascal", kw_only=True):
    """A customer with lists of classifications and options."""

    classifications: list[str]
    options: list[str]


class AccountCustomer(CustomerData, rename="pascal", kw_only=True):
    """A customer as one of several accounts; `telephone` and `tax_identifier` are its properties' other names."""

    telephone: str | None
    tax_identifier: str | None
    classifications: dict[str, bool]
    options: dict[str, bool]


def show(stored: StoredCustomer, *, addresses: bool) -> Customer:
    """Return the customer as the contract shows it, with its address where asked for."""
    return Customer(
        **describe(stored, addresses=addresses),
        classifications=list(stored.classifications),
        options=list(stored.options),
    )


def show_account(stored: StoredCustomer) -> AccountCustomer:
    """Return the customer as one of several accounts."""
    return AccountCustomer(
        **describe(stored, addresses=True),
        telephone=stored.phone,
        tax_identifier=stored.tax_identification_number,
        classifications={word: word in stored.classifications for word in get_args(Classification)},
        options={word: word in stored.options for word in get_args(CustomerOption)},
    )


def describe(stored: StoredCustomer, *, addresses: bool) -> dict[str, Any]:
    """Return what every operation shows of the customer."""
    address = None
    if addresses and stored.address_id is not None and stored.address is not None:
        address = show_address(stored.address_id, stored.address)
    return {
        "id": stored.id,
        "chain_id": stored.chain_id,
        "number": str(stored.number),
        "title": stored.title,
        "sex": stored.sex,
        "first_name": stored.first_name,
        "last_name": stored.last_name,
        "second_last_name": stored.second_last_name,
        "nationality_code": stored.nationality_code,
        "preferred_language_code": stored.preferred_language_code,
        "language_code": stored.preferred_language_code,
        "birth_date": stored.birth_date.isoformat() if stored.birth_date else None,
        "birth_country_code": stored.birth_country_code,
        "birth_country_subdivision_code": stored.birth_country_subdivision_code,
        "birth_place": stored.birth_place,
        "occupation": stored.occupation,
        "email": stored.email,
        "phone": stored.phone,
        "tax_identification_number": stored.tax_identification_number,
        "loyalty_code": stored.loyalty_code,
        "accounting_code": stored.accounting_code,
        "billing_code": stored.billing_code,
        "notes": stored.notes,
        "car_registration_number": stored.car_registration_number,
        "dietary_requirements": stored.dietary_requirements,
        "created_utc": write_moment(stored.created_at),
        "updated_utc": write_moment(stored.updated_at),
        "is_active": stored.deleted_at is None,
        "activity_state": "Active" if stored.deleted_at is None else "Deleted",
        "preferred_space_features": [],
        "creator_profile_id": stored.creator_id,
        "updater_profile_id": stored.updater_id,
        "address_id": stored.address_id,
        "address": address,
        "italian_destination_code": stored.italian_destination_code,
        "italian_fiscal_code": stored.italian_fiscal_code,
        "italian_lottery_code": stored.italian_lottery_code,
        "company_id": stored.company_id,
        "merge_target_id": stored.merge_target_id,
    }
