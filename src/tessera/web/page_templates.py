"""Templates: one environment for all pages, with their formats and nothing that reads."""

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from tessera.platform.json_values import text_of
from tessera.web import charts, formats, json_texts

FOLDER = Path(__file__).parent


@cache
def environment() -> Environment:
    """Return the environment; a name that a template misspells is an error, not a blank."""
    made = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters.update(
        number=formats.number,
        rate=formats.rate,
        size=formats.size,
        milliseconds=formats.milliseconds,
        duration=formats.duration,
        ago=formats.ago,
        exact=formats.exact,
        clock_time=formats.clock_time,
        short_id=formats.short_id,
        as_pairs=formats.as_pairs,
        bar_spans=formats.bar_spans,
        chart_moment=formats.chart_moment,
        chart_values=charts.chart_values,
        series_text=charts.series_text,
        spark_points=charts.spark_points,
        place_bars=charts.place_bars,
        spread_json=json_texts.spread_json,
        json_text=text_of,
        split_excerpt=formats.split_excerpt,
    )
    made.tests["json"] = json_texts.is_json
    return made


def render(template: str, context: dict[str, Any]) -> str:
    """Return the page."""
    return environment().get_template(template).render(context)
