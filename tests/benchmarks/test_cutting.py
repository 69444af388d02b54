import pytest
from benchmarks.peers.drt_export import cut


@pytest.mark.parametrize(("rows", "parts"), [(100_000, 16), (100_000, 1), (1_050, 4), (250, 16)])
def test_parts_cover_every_row_once_in_whole_requests(rows: int, parts: int) -> None:
    ranges = list(cut(rows, parts, 100))
    assert [row for first, last in ranges for row in range(first, last + 1)] == list(range(1, rows + 1))
    assert all((last - first + 1) % 100 == 0 for first, last in ranges[:-1])
