"""One request and one answer of every operation, with invented data. A test sends each to a real server."""

from dataclasses import dataclass
from typing import Any

CREDENTIALS = {
    "ClientToken": "0A1B2C3D4E5F60718293A4B5C6D7E8F9-0123456789ABCDEF0123456789ABCDE",
    "AccessToken": "F9E8D7C6B5A4938271605F4E3D2C1B0A-EDCBA9876543210FEDCBA9876543210",
    "Client": "Harbour Club 1.0",
}
CHAIN, ENTERPRISE = "c0ffee00-1111-4222-8333-444455556666", "a1b2c3d4-0001-4a00-8b00-0a0b0c0d0e0f"
PROGRAM, TIER = "0d0f3a52-7a1e-4a57-9c6a-0b7f5d2f0a01", "7d3f1c64-52a8-4f0e-9a41-3c5d8e7f0b12"
MEMBERSHIP = "5f1c2a9e-3b8f-4d0f-a7c1-9f6b1f0c2d33"
CUSTOMER, OTHER_CUSTOMER = "b91d0f6e-7c55-4a52-93f7-5a3de1f0a777", "b91d0f6e-7c55-4a52-93f7-5a3de1f0a888"
COMPANY = "e3a7b9c1-5d24-4b6f-8e01-2f4a6c8e0d55"
PROFILE, ADDRESS = "f2b7f7a0-2a52-4b67-8f0d-6d0a0f3f9c10", "9b8a7c6d-5e4f-4a3b-8c2d-1e0f9a8b7c6d"


@dataclass(frozen=True, slots=True)
class Example:
    """What to send beside the credentials, and what may come back."""

    request: dict[str, Any]
    answer: dict[str, Any]


PAGE = {"Limitation": {"Count": 100}}
ADDRESS_SHOWN = {
    "Id": ADDRESS,
    "Line1": "1 Harbour Street",
    "Line2": None,
    "City": "Porto",
    "PostalCode": "4000-001",
    "CountryCode": "PT",
    "CountrySubdivisionCode": None,
    "Latitude": None,
    "Longitude": None,
}
ENTERPRISE_SHOWN: dict[str, Any] = {
    "Id": ENTERPRISE,
    "ChainId": CHAIN,
    "ChainName": "Harbour Hotels",
    "CreatedUtc": "2024-03-01T08:00:00Z",
    "UpdatedUtc": "2026-04-30T10:15:00Z",
    "Name": "Harbour House",
    "TimeZoneIdentifier": "Europe/Lisbon",
    "LegalEnvironmentCode": "PT",
    "AccommodationEnvironmentCode": "PT",
    "AccountingEnvironmentCode": "PT",
    "TaxEnvironmentCode": "PT",
    "DefaultLanguageCode": "en-GB",
    "EditableHistoryInterval": "P0Y1M0DT0H0M0S",
    "AccountingEditableHistoryInterval": "P0Y1M0DT0H0M0S",
    "OperationalEditableHistoryInterval": "P0Y1M0DT0H0M0S",
    "Pricing": "Gross",
    "AddressId": ADDRESS,
    "Address": ADDRESS_SHOWN,
    "GroupNames": [],
    "Subscription": {"TaxIdentifier": None},
    "ExternalIdentifier": None,
    "HoldingKey": None,
    "ShortName": "Harbour",
    "BusinessDayClosingOffset": None,
    "WebsiteUrl": "https://harbour.example",
    "Email": "desk@harbour.example",
    "Phone": None,
    "LogoImageId": None,
    "CoverImageId": None,
    "TaxPrecision": None,
}
PROGRAM_SHOWN = {
    "Id": PROGRAM,
    "ChainId": CHAIN,
    "Name": "Harbour Circle",
    "Code": "HARB",
    "Type": "Hotel",
    "Subscription": "Free",
}
TIER_SHOWN = {"Id": TIER, "LoyaltyProgramId": PROGRAM, "Name": "Gold", "Code": "GOLD", "Ordering": 2}
MEMBERSHIP_SHOWN: dict[str, Any] = {
    "Id": MEMBERSHIP,
    "ChainId": CHAIN,
    "AccountId": CUSTOMER,
    "LoyaltyProgramId": PROGRAM,
    "State": "Enrolled",
    "IsPrimary": True,
    "ProviderMembershipId": None,
    "Code": "4810 2231",
    "MembershipNumber": "4810 2231",
    "Points": 1250,
    "ExpirationDate": "2027-12-31T00:00:00Z",
    "Url": None,
    "LoyaltyTierId": TIER,
    "CreatorProfile": {"Discriminator": "Integration", "EnterpriseProfile": None},
    "UpdaterProfile": {"Discriminator": "Enterprise", "EnterpriseProfile": {"ProfileId": PROFILE}},
}
CUSTOMER_SHOWN: dict[str, Any] = {
    "Id": CUSTOMER,
    "ChainId": CHAIN,
    "Number": "48",
    "Title": "Misses",
    "Sex": "Female",
    "FirstName": "Ada",
    "LastName": "Lovelace",
    "SecondLastName": None,
    "NationalityCode": "GB",
    "PreferredLanguageCode": "en-GB",
    "LanguageCode": "en-GB",
    "BirthDate": "1985-12-10",
    "BirthCountryCode": None,
    "BirthCountrySubdivisionCode": None,
    "BirthPlace": None,
    "Occupation": None,
    "Email": "ada@example.com",
    "HasOtaEmail": False,
    "Phone": None,
    "TaxIdentificationNumber": None,
    "LoyaltyCode": None,
    "AccountingCode": None,
    "BillingCode": None,
    "Notes": None,
    "CarRegistrationNumber": None,
    "DietaryRequirements": None,
    "CreatedUtc": "2025-06-01T09:30:00Z",
    "UpdatedUtc": "2026-04-30T10:15:00Z",
    "Classifications": ["Returning"],
    "Options": ["SendMarketingEmails"],
    "IsActive": True,
    "ActivityState": "Active",
    "PreferredSpaceFeatures": [],
    "CreatorProfileId": PROFILE,
    "UpdaterProfileId": PROFILE,
    "AddressId": ADDRESS,
    "Address": ADDRESS_SHOWN,
    "ItalianDestinationCode": None,
    "ItalianFiscalCode": None,
    "ItalianLotteryCode": None,
    "CompanyId": None,
    "MergeTargetId": None,
    "Passport": None,
    "IdentityCard": None,
    "Visa": None,
    "DriversLicense": None,
}

COMPANY_SHOWN: dict[str, Any] = {
    "Id": COMPANY,
    "ChainId": CHAIN,
    "Number": 7,
    "Name": "Example Travel",
    "MotherCompanyId": None,
    "InvoicingEmail": "bills@travel.example",
    "WebsiteUrl": None,
    "InvoiceDueInterval": None,
    "Department": None,
    "DunsNumber": None,
    "ReferenceIdentifier": None,
    "AccountingCode": None,
    "AdditionalTaxIdentifier": None,
    "BillingCode": None,
    "Contact": None,
    "ContactPerson": None,
    "Identifier": None,
    "ElectronicInvoiceIdentifier": None,
    "Iata": None,
    "IsActive": True,
    "Notes": None,
    "TaxIdentifier": None,
    "TaxIdentificationNumber": None,
    "Telephone": None,
    "CreatedUtc": "2025-06-01T09:30:00Z",
    "UpdatedUtc": "2026-04-30T10:15:00Z",
    "Options": {"Invoiceable": True, "AddFeesToInvoices": False, "AddTaxDeductedPaymentToInvoices": False},
    "CreditRating": {"Basic": None},
    "AddressId": ADDRESS,
    "Address": ADDRESS_SHOWN,
    "MergeTargetId": None,
    "ExternalIdentifier": None,
}

ACCOUNT_CUSTOMER_SHOWN: dict[str, Any] = {
    **CUSTOMER_SHOWN,
    "Telephone": None,
    "TaxIdentifier": None,
    "Classifications": {"Returning": True, "Staff": False},
    "Options": {"SendMarketingEmails": True, "Invoiceable": False},
}

ROOT = "/api/connector/v1/"
EXAMPLES: dict[str, Example] = {
    ROOT + "configuration/get": Example(
        {},
        {
            "NowUtc": "2026-05-01T12:00:00Z",
            "Enterprise": {
                **ENTERPRISE_SHOWN,
                "Currencies": [{"Currency": "EUR", "IsDefault": True, "IsEnabled": True}],
                "AccountingConfiguration": None,
                "IsPortfolio": False,
            },
            "Service": None,
            "PaymentCardStorage": None,
            "IsIdentityDocumentNumberRequired": False,
        },
    ),
    ROOT + "customers/getAll": Example(
        {"Emails": ["ada@example.com"], "Extent": {"Customers": True, "Addresses": True}, **PAGE},
        {"Customers": [CUSTOMER_SHOWN], "Documents": None, "Cursor": CUSTOMER},
    ),
    ROOT + "customers/add": Example(
        {
            "OverwriteExisting": False,
            "Title": "Misses",
            "FirstName": "Ada",
            "LastName": "Lovelace",
            "Email": "ada@example.com",
            "BirthDate": "1985-12-10",
            "Classifications": ["Returning"],
            "Options": ["SendMarketingEmails"],
            "Address": {"Line1": "1 Harbour Street", "City": "Porto", "PostalCode": "4000-001", "CountryCode": "PT"},
        },
        CUSTOMER_SHOWN,
    ),
    ROOT + "customers/update": Example(
        {"CustomerId": CUSTOMER, "FirstName": "Ada", "Email": "ada@example.com"}, CUSTOMER_SHOWN
    ),
    ROOT + "customers/search": Example(
        {"Name": "Lovelace"}, {"Customers": [{"Customer": CUSTOMER_SHOWN, "Reservation": None}], "Documents": None}
    ),
    ROOT + "customers/merge": Example({"SourceCustomerId": OTHER_CUSTOMER, "TargetCustomerId": CUSTOMER}, {}),
    ROOT + "accounts/update": Example(
        {
            "AccountUpdates": [
                {
                    "Id": CUSTOMER,
                    "Discriminator": "Customer",
                    "Customer": {
                        "Email": {"Value": "ada@example.com"},
                        "Telephone": {"Value": None},
                        "Classifications": {"Returning": {"Value": True}},
                    },
                },
                {"Id": COMPANY, "Discriminator": "Company", "Company": {"Name": {"Value": "Example Travel"}}},
            ]
        },
        {
            "Accounts": [
                {"Id": CUSTOMER, "Discriminator": "Customer", "Customer": ACCOUNT_CUSTOMER_SHOWN, "Company": None},
                {"Id": COMPANY, "Discriminator": "Company", "Customer": None, "Company": COMPANY_SHOWN},
            ]
        },
    ),
    ROOT + "accounts/merge": Example(
        {
            "AccountMergeParameters": [
                {"AccountType": "Customer", "SourceAccountIds": [OTHER_CUSTOMER], "TargetAccountId": CUSTOMER}
            ]
        },
        {},
    ),
    ROOT + "companies/getAll": Example(
        {"Names": ["Example Travel"], **PAGE}, {"Companies": [COMPANY_SHOWN], "Cursor": COMPANY}
    ),
    ROOT + "companies/add": Example(
        {
            "Name": "Example Travel",
            "Options": {
                "Invoiceable": True,
                "AddFeesToInvoices": False,
                "AddTaxDeductedPaymentToInvoices": False,
            },
            "InvoicingEmail": "bills@travel.example",
            "Address": {"Line1": "1 Harbour Street", "City": "Porto", "PostalCode": "4000-001", "CountryCode": "PT"},
        },
        {"Companies": [COMPANY_SHOWN], "Cursor": COMPANY},
    ),
    ROOT + "companies/update": Example(
        {"CompanyId": COMPANY, "Name": {"Value": "Example Travel"}, "Options": {"Invoiceable": {"Value": True}}},
        {"Companies": [COMPANY_SHOWN], "Cursor": COMPANY},
    ),
    ROOT + "companies/delete": Example({"CompanyIds": [COMPANY]}, {}),
    ROOT + "enterprises/getAll": Example(
        {"EnterpriseIds": [ENTERPRISE], **PAGE},
        {"Enterprises": [{**ENTERPRISE_SHOWN, "LinkedUtc": "2026-04-30T10:15:00Z"}], "Cursor": ENTERPRISE},
    ),
    ROOT + "loyaltyPrograms/getAll": Example(
        {"Codes": ["HARB"], **PAGE}, {"LoyaltyPrograms": [PROGRAM_SHOWN], "Cursor": PROGRAM}
    ),
    ROOT + "loyaltyPrograms/add": Example(
        {
            "LoyaltyPrograms": [
                {"Name": "Harbour Circle", "Code": "HARB", "Type": "Hotel", "Subscription": "Free"},
            ]
        },
        {"LoyaltyPrograms": [PROGRAM_SHOWN]},
    ),
    ROOT + "loyaltyPrograms/update": Example(
        {
            "LoyaltyProgramUpdates": [
                {
                    "LoyaltyProgramId": PROGRAM,
                    "Name": {"Value": "Harbour Circle"},
                    "Type": None,
                    "Subscription": {"Value": "Free"},
                }
            ]
        },
        {"LoyaltyPrograms": [PROGRAM_SHOWN]},
    ),
    ROOT + "loyaltyPrograms/delete": Example({"LoyaltyProgramIds": [PROGRAM]}, {}),
    ROOT + "loyaltyTiers/getAll": Example(
        {"LoyaltyProgramIds": [PROGRAM], **PAGE}, {"LoyaltyTiers": [TIER_SHOWN], "Cursor": TIER}
    ),
    ROOT + "loyaltyTiers/add": Example(
        {"LoyaltyTiers": [{"LoyaltyProgramId": PROGRAM, "Name": "Gold", "Code": "GOLD", "Ordering": 2}]},
        {"LoyaltyTiers": [TIER_SHOWN]},
    ),
    ROOT + "loyaltyTiers/update": Example(
        {
            "LoyaltyTierUpdates": [
                {
                    "LoyaltyTierId": TIER,
                    "Name": {"Value": "Gold"},
                    "Code": {"Value": "GOLD"},
                    "Ordering": {"Value": 2},
                }
            ]
        },
        {"LoyaltyTiers": [TIER_SHOWN]},
    ),
    ROOT + "loyaltyTiers/delete": Example({"LoyaltyTierIds": [TIER]}, {}),
    ROOT + "loyaltyMemberships/getAll": Example(
        {
            "UpdatedUtc": {"StartUtc": "2026-05-01T00:00:00Z", "EndUtc": "2026-05-02T00:00:00Z"},
            "MembershipStates": ["Pending", "Enrolled"],
            **PAGE,
        },
        {"LoyaltyMemberships": [MEMBERSHIP_SHOWN], "Cursor": MEMBERSHIP},
    ),
    ROOT + "loyaltyMemberships/add": Example(
        {
            "LoyaltyMemberships": [
                {
                    "AccountId": CUSTOMER,
                    "LoyaltyProgramId": PROGRAM,
                    "IsPrimary": True,
                    "State": "Enrolled",
                    "MembershipNumber": "4810 2231",
                    "Points": 1250,
                    "ExpirationDate": "2027-12-31T00:00:00Z",
                    "LoyaltyTierId": TIER,
                }
            ]
        },
        {"LoyaltyMemberships": [MEMBERSHIP_SHOWN], "Cursor": MEMBERSHIP},
    ),
    ROOT + "loyaltyMemberships/update": Example(
        {
            "LoyaltyMembershipUpdates": [
                {
                    "LoyaltyMembershipId": MEMBERSHIP,
                    "State": {"Value": "Enrolled"},
                    "IsPrimary": {"Value": True},
                    "MembershipNumber": {"Value": "4810 2231"},
                    "Points": {"Value": 1250},
                    "ProviderMembershipId": {"Value": None},
                    "LoyaltyTierId": {"Value": TIER},
                    "LoyaltyProgramId": {"Value": PROGRAM},
                }
            ]
        },
        {"LoyaltyMemberships": [MEMBERSHIP_SHOWN], "Cursor": MEMBERSHIP},
    ),
    ROOT + "loyaltyMemberships/delete": Example({"LoyaltyMembershipIds": [MEMBERSHIP]}, {}),
}
