"""Drawings of the server: lines stay inside their place, bars end at the right, and numbers reach the script."""

import json

from tessera.web.charts import HEIGHT, Bar, Series, chart_values, place_bars, spark_points
from tessera.web.page_templates import environment


def test_line_fills_its_height() -> None:
    assert spark_points([10, 20, 15]) == [(0.0, 45.0), (120.0, 3.0), (240.0, 24.0)]


def test_line_stands_on_nought_where_asked() -> None:
    assert spark_points([10, 20], zero=True) == [(0.0, 24.0), (240.0, 3.0)]
    assert spark_points([0, 0], zero=True) == [(0.0, 45.0), (240.0, 45.0)]


def test_equal_values_lie_in_the_middle() -> None:
    assert spark_points([7, 7]) == [(0.0, HEIGHT / 2), (240.0, HEIGHT / 2)]


def test_unknown_values_leave_a_gap() -> None:
    assert spark_points([None, 1, 2]) == [(120.0, 45.0), (240.0, 3.0)]
    assert spark_points([None]) == []


def test_bars_end_at_the_right() -> None:
    placed = place_bars([Bar(size, "fine", f"{size} rows", f"/r/{size}") for size in (0, 5, 10)], 4)

    assert [(each.x, each.y, each.height) for each in placed] == [(8, 37, 3), (16, 20, 20), (24, 0, 40)]


def test_strip_keeps_the_newest_bars() -> None:
    placed = place_bars([Bar(1, "fine", str(number), "/") for number in range(40)], 30)

    assert (len(placed), placed[0].bar.title, placed[-1].bar.title) == (30, "10", "39")


def test_strip_links_each_bar() -> None:
    macro = environment().get_template("templates/pictures.html").module.bar_strip  # type: ignore[attr-defined]
    drawn = str(macro([Bar(5, "needs", "5 rows, <failed>", "/r/1?a=1&b=2")], "Last runs"))

    assert 'href="/r/1?a=1&amp;b=2"' in drawn
    assert "<title>5 rows, &lt;failed&gt;</title>" in drawn
    assert 'class="tone-needs"' in drawn


def test_numbers_reach_the_script_by_series() -> None:
    series = [Series("sent", "sent"), Series("failed", "failed", "needs")]

    assert json.loads(chart_values(series, [(0.0, [1, None]), (60.0, [2, 3])])) == {
        "active": False,
        "seconds": [0.0, 60.0],
        "sent": [1, 2],
        "failed": [None, 3],
    }
