"""What the document says in words, and the names by which readers of the public contract know its schemas."""

from typing import Any

ABOUT = """\
The loyalty operations of the public Mews Connector API and their neighbours, as Tessera answers them.

Every operation is a POST to its exact address, with a JSON object as body; any other address or method is answered 404.
Credentials go in the request body. Every answer carries the header Request-Id.

Members that this document lacks are ignored, and old forms of the contract are understood: a bare value in place of its
wrapper, `Code` for `MembershipNumber`, an empty text for none. A server in strict mode refuses the first two kinds of
tolerance and needs the members that are marked so.

Changes are made in wrappers: a property that is absent or null keeps its value, `{"Value": x}` sets it, and
`{"Value": null}` clears it where it can be cleared. A call that changes something stores all of its items or none.

A request is checked in this order, and the first check that fails decides the answer:
* method and address: 404
* body of at most 8,388,608 bytes: 413
* a JSON object: 400
* tokens: 401
* request limit: 429 with `Retry-After`; 200 requests per access token in 30 seconds, unless the server sets another
* permission of the access token: 401
* types, lengths, counts and words: 400, naming the place
* chain, references and cursor: 400
* business rules: 403, with a sentence for people
* records that another call changed at the same time: 409; repeat the call
"""

TAGS = {
    "configuration": "The enterprise behind a token. Clients begin here, to learn their chain.",
    "enterprises": "The enterprises that a portfolio token reaches.",
    "customers": "People who stay, book and collect.",
    "companies": "Companies and travel agencies.",
    "accounts": "Customers and companies alike.",
    "loyaltyPrograms": "Loyalty programs of a chain.",
    "loyaltyTiers": "Tiers of the programs.",
    "loyaltyMemberships": "Who belongs to which program, with which number, tier and points.",
}

NAMES = {
    "Accounts": "AccountsResult",
    "AccountUpdate": "AccountUpdateParameters",
    "CreditOk|PaymentRequiredUpfront|LocalDecisionRequired": "BasicCreditRating",
    "FoundCustomers": "CustomersSearchResult",
    "LoyaltyPrograms": "LoyaltyProgramsResult",
    "LoyaltyTiers": "LoyaltyTiersResult",
    "Male|Female": "Sex",
    "Mister|Miss|Misses": "Title",
    "CompaniesPage": "CompaniesGetAllResult",
    "CustomersPage": "CustomersGetAllResult",
    "Done": "EmptyResult",
    "EnterprisesPage": "EnterprisesGetAllResult",
    "ErrorBody": "Error",
    "EnterpriseAddress": "Address",
    "Free|Paid": "LoyaltyProgramSubscription",
    "MembershipParameters": "LoyaltyMembershipParameters",
    "MembershipState": "LoyaltyMembershipState",
    "MembershipUpdate": "LoyaltyMembershipUpdateParameters",
    "MembershipsPage": "LoyaltyMembershipsResult",
    "ProgramParameters": "LoyaltyProgramParameters",
    "ProgramType": "LoyaltyProgramType",
    "ProgramUpdate": "LoyaltyProgramUpdateParameters",
    "ProgramsPage": "LoyaltyProgramsGetAllResult",
    "TierParameters": "LoyaltyTierParameters",
    "TierUpdate": "LoyaltyTierUpdateParameters",
    "TiersPage": "LoyaltyTiersGetAllResult",
}

FAILURES = {
    "204": ("NoContent", "Nothing to return, and `Prefer: return=minimal` was sent."),
    "400": ("BadRequest", "The body is not a JSON object, breaks the contract, or names a record that is not there."),
    "401": ("Unauthorized", "The tokens open nothing, or lack the permission."),
    "403": ("Forbidden", "A rule of the business forbids it; the message is meant for people."),
    "408": ("RequestTimeout", "The request is too heavy. Ask for less at once."),
    "409": ("Conflict", "The same records were changed by another request in the meantime. Send the request again."),
    "413": ("ContentTooLarge", "The body is larger than 8 MB."),
    "429": ("TooManyRequests", "The access token sent too many requests."),
    "500": ("InternalServerError", "A fault of the server."),
    "503": ("ServiceUnavailable", "The server cannot work just now."),
}

CREDENTIALS: dict[str, Any] = {
    "ClientToken": {"type": "string", "minLength": 1, "description": "Names the application."},
    "AccessToken": {"type": "string", "minLength": 1, "description": "Opens one enterprise, or a portfolio of them."},
    "Client": {
        "type": ["string", "null"],
        "description": "Name and version of the caller. A server in strict mode needs it.",
    },
    "LanguageCode": {"type": ["string", "null"], "description": "Accepted and not looked at."},
    "CultureCode": {"type": ["string", "null"], "description": "Accepted and not looked at."},
}

TEXTS = {
    "EmptyResult": "Nothing to return.",
    "Limitation": "How many items to return, and below which one to go on.",
    "TimeInterval": (
        "From a start up to, not including, an end; equal ends mean that very instant. At most three months and a day."
    ),
}

# By property, or by schema and property where its meaning is special.
PROPERTIES = {
    "AccountId": "The customer or company.",
    "AccountIds": "Customers or companies.",
    "ActivityStates": "Active records, deleted ones, or both. Only active ones where left out.",
    "ChainId": "The chain to change. A portfolio token needs it; otherwise it is not looked at.",
    "ChainIds": "Chains to search. All that the token reaches where left out.",
    "Code": "The code, unique among the active ones.",
    "CreatedUtc": "When it was created.",
    "AccountUpdates": "Accounts and what to change of them.",
    "CompaniesAddRequest.Options": "What to switch on. A server in strict mode needs it.",
    "CompanyId": "The company.",
    "CompanyIds": "Companies.",
    "CustomerId": "The customer.",
    "CustomerIds": "Customers.",
    "Discriminator": "Which kind it is.",
    "InvoiceDueInterval": "An ISO 8601 duration, such as `P14D`.",
    "Cursor": "The id of the last item, from which the next page goes on; null on an empty page.",
    "DataClusterId": "Old name of the chain.",
    "DeletedUtc": "When it was deleted. Needs `Deleted` among the activity states.",
    "Details": "Which item and property is at fault, where in the body, and why; null where there is no more to say.",
    "Error.Message": "What was wrong. Texts may change; the status does not.",
    "Error.RequestId": "The same as the header Request-Id.",
    "ExpirationDate": "When it expires. A bare date is its midnight, a missing zone is UTC.",
    "ConfigurationGetRequest.EnterpriseId": "The enterprise to show. Only a portfolio token chooses.",
    "IsPrimary": "Whether points go here first. A new primary membership of an account takes the mark from the others.",
    "Extent": "What of the customers to return. All but addresses where left out.",
    "Id": "Its id.",
    "LoyaltyMembershipId": "The membership.",
    "LoyaltyMembershipIds": "Memberships.",
    "LoyaltyMembershipUpdates": "Memberships and what to change of them.",
    "LoyaltyMemberships": "Memberships, in answers newest first or in the order of the request.",
    "LoyaltyProgramId": "The program.",
    "LoyaltyProgramIds": "Programs.",
    "LoyaltyProgramUpdates": "Programs and what to change of them.",
    "LoyaltyPrograms": "Programs, in answers newest first or in the order of the request.",
    "LoyaltyTierIds": "Tiers.",
    "LoyaltyTierUpdates": "Tiers and what to change of them.",
    "LoyaltyTiers": "Tiers, in answers newest first or in the order of the request.",
    "Limitation": "Which page to return. 1,000 items where left out; a server in strict mode needs it.",
    "Limitation.Count": "How many items at most.",
    "Limitation.Cursor": "The cursor of the page before. Items older than it are returned.",
    "LoyaltyMembership.ChainId": "The chain that it belongs to.",
    "LoyaltyProgram.ChainId": "The chain that it belongs to.",
    "Customer.ChainId": "The chain that it belongs to.",
    "Company.ChainId": "The chain that it belongs to.",
    "Enterprise.ChainId": "The chain that it belongs to.",
    "LoyaltyMembership.Code": "Old name of the membership number.",
    "LoyaltyMembershipParameters.Code": "Old name of the membership number.",
    "LoyaltyMembershipUpdateParameters.Code": "Old name of the membership number.",
    "LoyaltyMembershipsGetAllRequest.Codes": "Old name of the membership numbers.",
    "LoyaltyProgramParameters.Subscription": "How people join. A server in strict mode needs it.",
    "LoyaltyProgramParameters.Type": "Who runs it. A server in strict mode needs it.",
    "LoyaltyTierId": "The tier, one of the same program.",
    "MembershipNumbers": "Numbers that guests see.",
    "MembershipStates": "States. All of them where left out.",
    "MembershipNumber": "The number that guests see.",
    "Name": "What people call it.",
    "Ordering": "The rank that the caller gives it.",
    "OverwriteExisting": "Whether to write over the customer with the same e-mail address.",
    "Points": "The balance. Setting it writes the difference into the ledger.",
    "ProviderMembershipIds": "Ids in the provider's own system.",
    "State": "How far the membership has come. Enrolled where left out of a new one.",
    "Subscription": "How people join.",
    "Type": "Who runs it.",
    "Codes": "Codes.",
    "CreatorProfile": "Who made it.",
    "UpdaterProfile": "Who changed it last.",
    "ProviderMembershipId": "The id in the provider's own system, not shown to guests.",
    "UpdatedUtc": "When it last changed. Creation and deletion count.",
    "Url": "The member's page in the provider's system.",
}
