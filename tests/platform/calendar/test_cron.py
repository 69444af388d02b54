"""Reading CRON in both forms: what it means, how it is written normally, what it says in words, why it is refused."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tessera.platform.calendar import (
    CronInvalidError,
    CronTooFrequentError,
    Schedule,
    check_frequency,
    describe_cron,
    next_moments,
    normalise_cron,
    parse_cron,
)

JANUARY = datetime(2026, 1, 1, tzinfo=UTC)

# As typed, normalised, in words.
UNDERSTOOD = [
    ("30 2 * * *", "30 2 * * *", "Every day at 02:30"),
    ("0 9 * * MON", "0 9 * * 1", "Every Monday at 09:00"),
    ("0 0 23 L * ?", "0 0 23 L * ?", "On the last day of every month at 23:00"),
    ("0 0/15 * * * ?", "*/15 * * * *", "Every 15 minutes"),
    ("*/30 * * * *", "*/30 * * * *", "Every 30 minutes"),
    ("20 * * * *", "20 * * * *", "Every hour at minute 20"),
    ("0 20 * * * ?", "20 * * * *", "Every hour at minute 20"),
    ("5,35 * * * *", "5,35 * * * *", "Every hour at minutes 5 and 35"),
    ("0 9 * * mon-fri", "0 9 * * 1-5", "Every Monday to Friday at 09:00"),
    ("0 9 * * 6-7", "0 9 * * 0,6", "Every Saturday and Sunday at 09:00"),
    ("0 9 * * fri-sun", "0 9 * * 0,5,6", "Every Friday, Saturday and Sunday at 09:00"),
    ("0 0 9 ? * FRI-MON", "0 9 * * 0,1,5,6", "Every Monday, Friday, Saturday and Sunday at 09:00"),
    ("0 9 * * 0-3/3", "0 9 * * 0,3", "Every Wednesday and Sunday at 09:00"),
    ("0 0 9 ? * 2", "0 9 * * 1", "Every Monday at 09:00"),
    ("0 0 9 ? * L", "0 9 * * 6", "Every Saturday at 09:00"),
    ("0 9 29 2 *", "0 9 29 2 *", "Every year on 29 February at 09:00"),
    ("0 9 1,15 * *", "0 9 1,15 * *", "On days 1 and 15 of every month at 09:00"),
    ("0 9 1-5 JAN,JUL *", "0 9 1-5 1,7 *", "On days 1 to 5 of January and July at 09:00"),
    ("0 9 * 1 *", "0 9 * 1 *", "Every day in January at 09:00"),
    ("15 4 13 * 5", "15 4 13 * 5", "On day 13 of every month and every Friday at 04:15"),
    ("0 9 1-31 * 1", "0 9 * * *", "Every day at 09:00"),
    ("0 9,12,15 * * *", "0 9-15/3 * * *", "Every day at 09:00, 12:00 and 15:00"),
    ("*/10 8-17 * * 1-5", "*/10 8-17 * * 1-5", "Every 10 minutes from 08:00 to 17:50, every Monday to Friday"),
    ("0 8-17 * * *", "0 8-17 * * *", "Every hour from 08:00 to 17:00"),
    ("0 */2 * * *", "0 */2 * * *", "Every 2 hours from 00:00 to 22:00"),
    ("0 0 22-2 * * ?", "0 0-2,22,23 * * *", "Every day at 00:00, 01:00, 02:00, 22:00 and 23:00"),
    ("*/15 1,5,9 * * *", "*/15 1-9/4 * * *", "Every 15 minutes of hours 1, 5 and 9"),
    ("0 0 9 15W 1,7 ?", "0 0 9 15W 1,7 ?", "On the weekday nearest to day 15 of January and July at 09:00"),
    ("0 0 9 LW * ?", "0 0 9 LW * ?", "On the last weekday of every month at 09:00"),
    ("0 0 9 L-3 * ?", "0 0 9 L-3 * ?", "On the third day before the last day of every month at 09:00"),
    ("0 0 9 1,L * ?", "0 0 9 1,L * ?", "On day 1 and the last day of every month at 09:00"),
    ("0 0 9 ? * FRI#3", "0 0 9 ? * 6#3", "On the third Friday of every month at 09:00"),
    ("0 0 9 ? * FRIL", "0 0 9 ? * 6L", "On the last Friday of every month at 09:00"),
    ("0 0 9 1 1 ? 2027", "0 0 9 1 1 ? 2027", "On 1 January in 2027 at 09:00"),
    ("0 0 9 * * ? 2027-2029", "0 0 9 * * ? 2027-2029", "Every day from 2027 to 2029 at 09:00"),
    ("0 0 9 1 * ? *", "0 9 1 * *", "On day 1 of every month at 09:00"),
]


@pytest.mark.parametrize(("typed", "normal", "words"), UNDERSTOOD)
def test_expression_is_understood(typed: str, normal: str, words: str) -> None:
    assert normalise_cron(typed) == normal
    assert describe_cron(typed) == words
    assert describe_cron(normal) == words


@pytest.mark.parametrize(
    ("cron", "dates"),
    [
        ("0 2 31 * *", ["2026-01-31", "2026-03-31", "2026-05-31", "2026-07-31"]),
        ("0 9 29 2 *", ["2028-02-29", "2032-02-29", "2036-02-29"]),
        ("0 0 9 L * ?", ["2026-01-31", "2026-02-28", "2026-03-31"]),
        ("0 0 9 L-3 * ?", ["2026-01-28", "2026-02-25"]),
        ("0 0 9 LW * ?", ["2026-01-30", "2026-02-27", "2026-03-31"]),
        ("0 0 9 L-1W * ?", ["2026-01-30", "2026-02-27", "2026-03-30"]),
        ("0 0 9 15W * ?", ["2026-01-15", "2026-02-16", "2026-03-16", "2026-04-15", "2026-05-15", "2026-06-15"]),
        ("0 0 9 1W 8 ?", ["2026-08-03", "2027-08-02"]),
        ("0 0 9 31W * ?", ["2026-01-30", "2026-03-31", "2026-05-29"]),
        ("0 0 9 ? * FRI#3", ["2026-01-16", "2026-02-20", "2026-03-20"]),
        ("0 0 9 ? * 6#5", ["2026-01-30", "2026-05-29", "2026-07-31"]),
        ("0 0 9 ? * FRIL", ["2026-01-30", "2026-02-27", "2026-03-27"]),
        ("0 0 9 ? 2 SUN#5", ["2032-02-29", "2060-02-29"]),
        ("0 9 13 * 5", ["2026-01-02", "2026-01-09", "2026-01-13", "2026-01-16"]),
        ("0 9 */10 * 5", ["2026-01-01", "2026-01-02", "2026-01-09", "2026-01-11"]),
        ("0 0 9 1 1 ? 2027,2030", ["2027-01-01", "2030-01-01"]),
        ("0 0 9 1 1 ? 2020", []),
        ("0 9 * * 7", ["2026-01-04", "2026-01-11"]),
    ],
)
def test_expression_fires_on_these_dates(cron: str, dates: list[str]) -> None:
    found = next_moments(Schedule(cron=cron), JANUARY, max(len(dates), 1))

    assert [str(moment.date()) for moment in found] == dates


@pytest.mark.parametrize(
    ("cron", "field", "message"),
    [
        ("", None, "has 0 fields. Write five"),
        ("@daily", None, "has 1 field. Write five"),
        ("1 2 3 4 5 6 7 8", None, "has 8 fields"),
        ("* " * 251, None, "At most 500"),
        ("60 * * * *", "minute", "60 is out of range. Write a number from 0 to 59"),
        ("a * * * *", "minute", "is not a value"),
        ("5/15 * * * *", "minute", "Write 5-59/15"),
        ("*/0 * * * *", "minute", "from 1 to 59"),
        ("*/90 * * * *", "minute", "from 1 to 59"),
        ("0 24 * * *", "hour", "from 0 to 23"),
        ("0 22-2 * * *", "hour", "Write two ranges: 22-23,0-2"),
        ("0 0 1,,2 * *", "day of month", "empty item"),
        ("0 0 0 * *", "day of month", "from 1 to 31"),
        ("0 0 * FEX *", "month", "or a name such as JAN"),
        ("0 0 * * 8", "day of week", "from 0 to 7"),
        ("0 0 ? * *", "day of month", "Quartz form"),
        ("0 0 L * *", "day of month", "0 0 23 L * ? for the last day"),
        ("0 0 15W * *", "day of month", "Quartz form"),
        ("0 0 * * 5L", "day of week", "Quartz form"),
        ("0 0 * * 5#2", "day of week", "Quartz form"),
        ("0 0 30 2 *", "day of month", "there is no 30 February"),
        ("0 0 31 4,6,9,11 *", "day of month", "nothing would ever run"),
        ("0 0 0 29 2 ? 2027", "day of month", "nothing would ever run"),
        ("30 0 12 * * ?", "second", "whole minutes. Write 0"),
        ("* 0 12 * * ?", "second", "whole minutes. Write 0"),
        ("0 0 12 * * *", "day of month", "exactly one of the two is “?”"),
        ("0 0 12 ? * ?", "day of month", "exactly one of the two is “?”"),
        ("0 0 12 1 * MON", "day of month", "exactly one of the two is “?”"),
        ("0 0 12 ? * 0", "day of week", "from 1 to 7"),
        ("0 0 12 ? * FRI#6", "day of week", "#1 to #5"),
        ("0 0 12 ? * 15W", "day of week", "day of month"),
        ("0 0 12 32W * ?", "day of month", "1W to 31W"),
        ("0 0 12 L-31 * ?", "day of month", "L-1 to L-30"),
        ("0 0 12 FRI#3 * ?", "day of month", "belongs into the day of week"),
        ("0 0 12 * * ? 1969", "year", "from 1970 to 2099"),
        ("0 ٣ * * *", "hour", "is not a value"),
    ],
)
def test_refusal_names_field_and_remedy(cron: str, field: str | None, message: str) -> None:
    with pytest.raises(CronInvalidError) as caught:
        parse_cron(cron)

    assert message in caught.value.message
    assert caught.value.details.get("field") == field
    assert caught.value.code == "cron_invalid"


@pytest.mark.parametrize(
    ("cron", "shortest", "message"),
    [
        ("* * * * *", 5, "00:00 and again at 00:01"),
        ("*/7 * * * *", 5, "00:56 and again at 01:00"),
        ("0,58 0,23 * * *", 5, "23:58 and again at 00:00"),
        ("*/5 * * * *", 15, "At least 15 minutes"),
    ],
)
def test_too_frequent_expression_is_refused(cron: str, shortest: int, message: str) -> None:
    with pytest.raises(CronTooFrequentError, match=message):
        check_frequency(parse_cron(cron), shortest)


@pytest.mark.parametrize("cron", ["*/5 * * * *", "0,58 0,23 1 * *", "0,58 0,23 * * 1,3", "30 2 * * *"])
def test_frequent_enough_expression_passes(cron: str) -> None:
    check_frequency(parse_cron(cron), 5)


def values(low: int, high: int) -> st.SearchStrategy[str]:
    """Generate a field: everything, a value, a range, a step, a list."""
    number = st.integers(low, high)
    pairs = st.tuples(number, number).map(sorted)
    ranges = pairs.map(lambda pair: f"{pair[0]}-{pair[1]}")
    steps = st.integers(1, max(1, (high - low) // 2))
    item = st.one_of(number.map(str), ranges, st.builds("{}/{}".format, ranges, steps))
    return st.one_of(
        st.just("*"), st.builds("*/{}".format, steps), st.lists(item, min_size=1, max_size=3).map(",".join)
    )


UNIX = st.tuples(values(0, 59), values(0, 23), values(1, 31), values(1, 12), values(0, 7)).map(" ".join)
QUARTZ_DAY = st.one_of(values(1, 31), st.sampled_from(["L", "L-3", "LW", "15W", "1W,L", "L-2W", "31,L-1"]))
QUARTZ_WEEKDAY = st.one_of(values(1, 7), st.sampled_from(["L", "6L", "FRI#3", "1#5,2L", "MON,3#1"]))
QUARTZ_DAYS = st.one_of(
    st.builds("{} {} ?".format, QUARTZ_DAY, values(1, 12)), st.builds("? {} {}".format, values(1, 12), QUARTZ_WEEKDAY)
)
QUARTZ = st.builds(
    "0 {} {} {}{}".format, values(0, 59), values(0, 23), QUARTZ_DAYS, st.sampled_from(["", " 2026-2030"])
)


@settings(max_examples=300, deadline=None)
@given(st.one_of(UNIX, QUARTZ))
def test_normal_form_means_the_same(cron: str) -> None:
    try:
        parse_cron(cron)
    except CronInvalidError as error:
        assert "nothing would ever run" in error.message  # noqa: PT017 - days that no month has are generated too
        return
    normal = normalise_cron(cron)

    assert normalise_cron(normal) == normal
    assert describe_cron(normal) == describe_cron(cron)
    usual = next_moments(Schedule(cron=cron), JANUARY, 30)
    assert next_moments(Schedule(cron=normal), JANUARY, 30) == usual
