"""No text is longer than an index and an answer can hold."""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

ACCOUNTS = """
    external_id name first_name last_name second_last_name email phone birth_country_code
    birth_country_subdivision_code birth_place occupation nationality_code preferred_language_code
    loyalty_code tax_identification_number accounting_code billing_code car_registration_number
    dietary_requirements italian_destination_code italian_fiscal_code italian_lottery_code invoicing_email
    invoice_due_interval department duns_number reference_identifier additional_tax_identifier
    electronic_invoice_identifier contact contact_person identifier iata address_line1 address_line2 city
    postal_code country_code country_subdivision_code
"""
ENTERPRISES = """
    name short_name external_id time_zone legal_environment_code accommodation_environment_code
    accounting_environment_code tax_environment_code default_language_code currency_code tax_identifier email
    phone address_line1 address_line2 city postal_code country_code country_subdivision_code
"""


def measure(names: str, longest: int) -> str:
    """Return the condition that none of the columns holds a longer text; null is as long as one likes."""
    return f"greatest({', '.join(f'char_length({name})' for name in names.split())}) <= {longest}"


LENGTHS = {
    "chains": "char_length(name) <= 255",
    "enterprises": f"{measure(ENTERPRISES, 255)} AND char_length(website_url) <= 2000",
    "accounts": f"{measure(ACCOUNTS, 255)} AND char_length(notes) <= 10000 AND char_length(website_url) <= 2000",
    "programs": "char_length(name) <= 100 AND char_length(code) <= 50",
    "tiers": "char_length(name) <= 50 AND char_length(code) <= 50",
    "memberships": "char_length(membership_number) <= 255 AND char_length(provider_membership_id) <= 100"
    " AND char_length(url) <= 2000",
}


def upgrade() -> None:
    for table, condition in LENGTHS.items():
        op.execute(f"ALTER TABLE {table} ADD CONSTRAINT ck_{table}_lengths CHECK ({condition})")
