"""The check of a text: what passes, what is refused, and where the message points."""

import pytest

from tessera.queries import Parameter, ParameterType, QueryInvalidError, check_query

PASSING = """
SELECT 1 AS one

SELECT email FROM members;

SELECT power(balance, 2) AS a, balance ^ -0.5 AS b, power(1.05, balance::float8) AS c, exp(-balance::float8) AS d
FROM members

SELECT format('%s: %1$-20s, 100%%', email) AS a, 1e6 AS b, '12.50'::numeric AS c FROM members

(SELECT code FROM tiers UNION ALL SELECT code FROM programs) EXCEPT SELECT 'x' ORDER BY 1 FETCH FIRST 3 ROWS ONLY

WITH rich AS (SELECT * FROM datasets.members WHERE balance > 5)
SELECT r.email FROM rich r JOIN tiers t USING (name)

SELECT DISTINCT ON (tier_code) tier_code, email FROM members ORDER BY tier_code, balance DESC NULLS LAST

SELECT tier_code, count(*) FILTER (WHERE balance > 0) AS n
FROM members GROUP BY ROLLUP (tier_code) HAVING count(*) > 1

SELECT sum(balance) OVER w AS s, lag(balance, 1) OVER (PARTITION BY tier_id ORDER BY joined_at) AS l
FROM members WINDOW w AS (ORDER BY joined_at ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)

SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY balance) AS median FROM members

SELECT string_agg(DISTINCT email, ',' ORDER BY email) AS all_of_them FROM members

SELECT m.email, last.points FROM members m, LATERAL (
  SELECT points FROM points_movements p WHERE p.membership_id = m.membership_id ORDER BY sequence DESC LIMIT 1
) AS last

SELECT CASE WHEN balance IS NULL THEN 0 ELSE balance % 10 END AS digit, -balance AS minus, 2 ^ 3 AS eight FROM members

SELECT email FROM members
WHERE state IN ('New', 'Enrolled') AND email NOT ILIKE '%@x' AND phone ~ '^[+]' AND NOT (balance BETWEEN 1 AND 2)
AND tier_id IS DISTINCT FROM program_id AND balance = ANY (ARRAY[1, 2])

SELECT now() - interval '1 day' * 3 AS past, joined_at AT TIME ZONE 'Europe/Paris' AS local FROM members

SELECT extract(year FROM joined_at) AS year, date_trunc('month', joined_at) AS m, date '2025-01-01' AS d FROM members

SELECT substring(email FROM 1 FOR 3) AS a, trim(BOTH ' ' FROM name) AS b, position('@' IN email) AS c FROM members

SELECT to_char(joined_at, 'YYYY') AS y, lpad(membership_number, 12, '0') AS n, balance::numeric(12, 2) AS b FROM members

SELECT json_build_object('email', email, 'tags', json_build_array(1, 2)) ->> 'email' AS e, to_json(m) AS m
FROM members m

SELECT encode(sha256(lower(trim(email))::bytea), 'hex') AS hashed, md5(email) AS md5 FROM members

SELECT v.code, v.rank FROM (VALUES ('GOLD', 1), ('BASE', 2)) AS v (code, rank)

SELECT "user", "email" FROM (SELECT email AS "user", email FROM members) AS t

SELECT E'it\\'s' AS a, $$dollar; DROP$$ AS b, 'semi; colon' AS c -- done; really
""".strip().split("\n\n")


@pytest.mark.parametrize("text", PASSING)
def test_everyday_query_passes(text: str) -> None:
    check_query(text)


def test_datasets_that_are_read_are_known() -> None:
    checked = check_query("WITH t AS (SELECT * FROM tiers) SELECT t.code, p.code AS p FROM t, datasets.programs p")
    assert checked.datasets == {"tiers", "programs"}
    assert not checked.personal
    assert check_query("SELECT email FROM Members").personal


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "The query is empty"),
        ("-- nothing", "The query is empty"),
        ("SELECT 'open", "The query cannot be read: a text"),
        ("SELECT a\n  FROM secrets", "Line 2, column 8: secrets is not a dataset. Datasets are accounts, programs"),
        ("SELECT a FROM other.members", "Line 1, column 15: other.members is not a dataset"),
        (
            "SELECT a,\n\n       Pg_Sleep(1) AS b",
            "Line 3, column 8: the function pg_sleep is not allowed in a query. docs/reference/datasets.md lists those",
        ),
        ("SELECT 1; SELECT 2", "Line 1, column 11: a query is one statement"),
        ("SELECT a FROM members WHERE", "Line 1, column 23: this cannot be read as SQL near WHERE"),
        ("SELECT a FROM members WHERE a = :no", "Line 1, column 33: the parameter :no is not declared"),
        ("SELECT a FROM members WHERE in_period(a)", "Line 1, column 29: write in_period(column, 'PERIOD')"),
        ("SELECT a FROM members WHERE a = $1", "Line 1, column 34: parameters are written :name"),
        ("SELECT a FROM members WHERE a = ?", "Line 1, column 29: parameters are written :name"),
        ("SELECT a::regclass FROM members", "Line 1, column 8: casts to the database's own types"),
        ("SELECT a::tessera.users FROM members", "Line 1, column 11: the type tessera.users is not allowed"),
        ("SELECT user", "Line 1, column 8: user is not allowed in a query"),
        ("VALUES (1)", "Line 1, column 1: a query begins with SELECT or WITH, not with VALUES"),
        ("SELECT " + "(" * 100 + "1" + ")" * 100, "Line 1, column 68: the query is nested more than 60 deep"),
        ("SELECT " + "NOT " * 7000 + "true", "The query is nested too deep to be read"),
        ("SELECT " + "1, " * 5000 + "1", "Line 1, column 12006: the query has more than 8,000 words and signs"),
        ("SELECT (array[1])" + "[1]" * 700, "Line 1, column 66: more than 16 subscripts in a row"),
        (
            "SELECT a FROM members WHERE in_period(in_period(a, 'PERIOD'), 'PERIOD')",
            "Line 1, column 29: in_period cannot hold another in_period",
        ),
        ("SELECT power(balance, 130000)", "Line 1, column 8: an exponent is a number up to 100"),
        ("SELECT balance ^ points", "Line 1, column 8: an exponent is a number up to 100"),
        ("SELECT power(power(balance, 99), 99)", "Line 1, column 8: a power of a power has no known end"),
        ("SELECT exp(balance)", "Line 1, column 8: exp takes a number up to 100"),
        ("SELECT 1e130000 * 1e-9 AS a", "Line 1, column 8: a number has up to 100 digits"),
        ("SELECT '1e130000'::numeric AS a", "Line 1, column 8: a number has up to 100 digits"),
        ("SELECT format('%100000000s', 'a')", "Line 1, column 8: a width in format is a number up to 1000"),
        ("SELECT format('%2$-*s', 'a', 9)", "Line 1, column 8: a width in format is a number up to 1000"),
        ("SELECT format(email, 'a') FROM members", "Line 1, column 8: format needs its pattern as a text"),
        ("SELECT '" + "ä" * 40_000 + "'", "The query is longer than 64 KiB"),
        ("SELECT '\0'", "The query holds the character zero"),
        ("SELECT '\ud800' AS a", "The query holds half of a surrogate pair"),
    ],
)
def test_refusal_names_thing_and_place(text: str, said: str) -> None:
    with pytest.raises(QueryInvalidError) as caught:
        check_query(text)
    assert str(caught.value).startswith(said)


def test_names_after_colons_elsewhere_are_no_parameters() -> None:
    check_query("SELECT 'a :x' AS a, balance::int AS b, \":y\" AS c /* :z */ FROM members -- :w")


@pytest.mark.parametrize("name", ["run_at", "to", "a b", "1a", "ü", ""])
def test_parameter_with_a_bad_name_is_refused(name: str) -> None:
    with pytest.raises(QueryInvalidError):
        check_query("SELECT 1 AS a", [Parameter(name, ParameterType.TEXT)])


@pytest.mark.parametrize(
    ("kind", "default"),
    [
        ("int", "x"),
        ("int", 2**63),
        ("int", True),
        ("decimal", "NaN"),
        ("bool", "yes"),
        ("date", "2025-02-30"),
        ("text", 1),
    ],
)
def test_default_of_another_type_is_refused(kind: str, default: str | int) -> None:
    with pytest.raises(QueryInvalidError, match=f"needs a value of type {kind}"):
        check_query("SELECT :p AS p", [Parameter("p", ParameterType(kind), default)])
