"""`enterprises/getAll`: for portfolio tokens only."""

from typing import Any

from .conftest import Api, BuildApi

UNKNOWN = "0d0f3a52-7a1e-4a57-9c6a-0b7f5d2f0a01"
DAY = {"StartUtc": "2026-05-01T00:00:00Z", "EndUtc": "2026-05-02T00:00:00Z"}
NEXT = {"StartUtc": "2026-05-02T00:00:00Z", "EndUtc": "2026-05-03T00:00:00Z"}


async def test_ordinary_token_is_refused(api: Api) -> None:
    assert (await api.call("enterprises/getAll")).status == 401


async def test_filters_combine(api: Api, other: Api, portfolio: Api, build: BuildApi) -> None:
    third = await build(name="Third")
    async with await api.database.connect() as connection:
        await connection.execute("UPDATE enterprises SET external_id = 'x1' WHERE id = %s", [api.enterprise_id])
    first, second = str(api.enterprise_id), str(other.enterprise_id)
    cases: tuple[tuple[dict[str, Any], list[str]], ...] = (
        ({}, [second, first]),
        ({"EnterpriseIds": [first, str(third.enterprise_id), UNKNOWN]}, [first]),
        ({"ExternalIdentifiers": ["x1", "x2"]}, [first]),
        ({"LinkedUtc": DAY}, [second, first]),
        ({"LinkedUtc": NEXT}, []),
        ({"UpdatedUtc": DAY, "EnterpriseIds": [second]}, [second]),
        ({"UpdatedUtc": NEXT}, []),
        ({"Limitation": {"Count": 1}}, [second]),
        ({"Limitation": {"Count": 1, "Cursor": second}}, [first]),
        ({"Limitation": {"Count": 1, "Cursor": first}}, []),
    )
    for filters, expected in cases:
        data = await portfolio.good("enterprises/getAll", **filters)
        assert (filters, [one["Id"] for one in data["Enterprises"]]) == (filters, expected)
        assert data["Cursor"] == (expected[-1] if expected else None)


async def test_enterprise_is_the_configurations_with_its_link(api: Api, portfolio: Api) -> None:
    shown = (await api.good("configuration/get"))["Enterprise"]
    listed = await portfolio.good("enterprises/getAll", EnterpriseIds=[str(api.enterprise_id)])
    without = {"Currencies", "AccountingConfiguration", "IsPortfolio"}

    assert listed["Enterprises"] == [
        {**{name: value for name, value in shown.items() if name not in without}, "LinkedUtc": "2026-05-01T12:00:00Z"}
    ]


async def test_wrong_filters_are_named(portfolio: Api) -> None:
    wrong: tuple[tuple[str, Any, str], ...] = (
        ("EnterpriseIds", [], "EnterpriseIds"),
        ("ExternalIdentifiers", [], "ExternalIdentifiers"),
        ("EnterpriseIds", [UNKNOWN] * 1001, "EnterpriseIds"),
        ("LinkedUtc", {"StartUtc": "2026-05-01"}, "EndUtc"),
        ("Limitation", {"Count": 1, "Cursor": UNKNOWN}, "Cursor"),
        ("Limitation", {"Count": 0}, "Limitation.Count"),
    )
    for name, value, path in wrong:
        reply = await portfolio.call("enterprises/getAll", **{name: value})
        assert (name, reply.status, reply.message) == (name, 400, f"Invalid {path}.")
