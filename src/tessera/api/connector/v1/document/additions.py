"""What the code checks by hand, as the document describes it. A test asks a real server whether each of these is so."""

from typing import Any

from tessera.api.connector.v1.pages import LARGEST_PAGE
from tessera.api.connector.v1.scalars import HIGHEST, LOWEST

# `read_int32`: a whole number may be written with a fraction of zero, which JSON Schema counts as an integer too.
INT32: dict[str, Any] = {"type": "integer", "format": "int32", "minimum": LOWEST, "maximum": HIGHEST}
MOMENT = {"format": "date-time"}
DAY = {"format": "date"}

# By property, or by schema and property where only one place is meant.
ADDITIONS: dict[str, dict[str, Any]] = {
    "Limitation.Count": {"minimum": 1, "maximum": LARGEST_PAGE},
    "LoyaltyMembership.Points": {key: INT32[key] for key in ("format", "minimum", "maximum")},
    "LoyaltyTier.Ordering": {key: INT32[key] for key in ("format", "minimum", "maximum")},
    "LoyaltyMembership.State": {"enum": ["New", "Pending", "Enrolled", "Canceled", "Declined"]},
    "ProfileData.Discriminator": {"enum": ["Personal", "Enterprise", "Platform", "Static", "Integration"]},
    "StartUtc": MOMENT,
    "EndUtc": MOMENT,
    "CreatedUtc": MOMENT,
    "UpdatedUtc": MOMENT,
    "DeletedUtc": MOMENT,
    "LinkedUtc": MOMENT,
    "NowUtc": MOMENT,
    "ExpirationDate": MOMENT,
    "BirthDate": DAY,
    "ChainId": {"format": "uuid"},
    "DataClusterId": {"format": "uuid"},
    "ConfigurationGetRequest.EnterpriseId": {"format": "uuid"},
}

# Members that the types make optional, so that the refusal can name them.
NEEDED = frozenset({"TimeInterval.StartUtc", "TimeInterval.EndUtc"})

# Members that a server in strict mode requires.
STRICTLY_NEEDED = frozenset(
    {
        "Client",
        "Limitation",
        "CompaniesAddRequest.Options",
        "LoyaltyProgramParameters.Type",
        "LoyaltyProgramParameters.Subscription",
    }
)

# `read_required`: properties whose wrapper must hold a value.
NOT_CLEARABLE = frozenset(
    {
        "AccountCompanyUpdate.Name",
        "AccountCustomerUpdate.Classifications",
        "AccountCustomerUpdate.LastName",
        "AccountCustomerUpdate.Options",
        "CompaniesUpdateRequest.Name",
        "CompanyOptionsUpdate.AddFeesToInvoices",
        "CompanyOptionsUpdate.AddTaxDeductedPaymentToInvoices",
        "CompanyOptionsUpdate.Invoiceable",
        "LoyaltyMembershipUpdateParameters.LoyaltyProgramId",
        "LoyaltyMembershipUpdateParameters.State",
        "LoyaltyMembershipUpdateParameters.IsPrimary",
        "LoyaltyProgramUpdateParameters.Name",
        "LoyaltyProgramUpdateParameters.Type",
        "LoyaltyProgramUpdateParameters.Subscription",
        "LoyaltyTierUpdateParameters.Name",
        "LoyaltyTierUpdateParameters.Code",
        "LoyaltyTierUpdateParameters.Ordering",
    }
)
