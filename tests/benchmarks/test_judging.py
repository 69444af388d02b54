from dataclasses import replace

from benchmarks.judging import Findings, judge
from benchmarks.loads import Timing

PAGE = Timing("page 1", requests=200, records=200_000, seconds=4.0, p50=18, p95=25, p99=28)
SINGLE = Timing("Tessera", requests=50_000, records=50_000, seconds=10.0, p50=12, p95=20, p99=40)
ADD = Timing("add", requests=200, records=200_000, seconds=6.0, p50=110, p95=150, p99=180)
GOOD = Findings(
    add=ADD,
    floors=[replace(ADD, name="one", seconds=5.0), replace(ADD, name="four", seconds=3.2)],
    update=replace(ADD, name="update", records=100_000, seconds=5.0),
    pages=[PAGE, replace(PAGE, name="page 900", p95=29)],
    singles=[SINGLE, replace(SINGLE, name="peer", requests=29_000)],
    limited=[SINGLE, SINGLE],
    filters=[replace(PAGE, name="by account")],
    megabytes=[120, 199],
)


def missed(found: Findings) -> list[str]:
    return [bar.promise for bar in judge(found) if not bar.met]


def test_good_findings_meet_every_bar() -> None:
    assert missed(GOOD) == []
    assert len(judge(GOOD)) == 11


def test_each_bar_is_missed_by_what_it_is_about() -> None:
    slow = replace(ADD, seconds=6.8)
    assert missed(replace(GOOD, add=slow)) == ["adding memberships", "beside a bare COPY"]
    assert missed(replace(GOOD, update=replace(ADD, records=100_000, seconds=6.7))) == ["setting points"]
    assert missed(replace(GOOD, pages=[PAGE, replace(PAGE, name="late", p95=31)])) == ["late", "late beside page 1"]
    assert missed(replace(GOOD, filters=[replace(PAGE, name="number", p95=30.1)])) == ["number"]
    assert missed(replace(GOOD, singles=[replace(SINGLE, p99=61)])) == ["the slowest of a hundred"]
    assert missed(replace(GOOD, singles=[SINGLE, replace(SINGLE, requests=30_000)])) == ["beside the peer"]
    assert missed(replace(GOOD, megabytes=[120, 201])) == ["memory of a web process after adding 200,000"]


def test_faster_floor_counts_and_everything_is_written() -> None:
    assert GOOD.floor.name == "four"
    described = GOOD.describe()
    assert len(described) == 12
    assert described[-1] == {"part": "memory of web processes", "peak_megabytes": [120, 199]}
