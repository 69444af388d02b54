"""What the editor of a query offers: datasets with their columns, functions, words of SQL, parameters. Pure."""

import json
from functools import cache

from tessera.platform.datasets import list_datasets
from tessera.queries import BUILT_IN, FUNCTIONS

KEYWORDS = """
SELECT DISTINCT FROM JOIN LEFT INNER CROSS ON USING WHERE AND OR NOT IN EXISTS BETWEEN LIKE ILIKE IS NULL TRUE FALSE
GROUP BY HAVING ORDER ASC DESC NULLS FIRST LAST LIMIT OFFSET UNION ALL EXCEPT INTERSECT WITH AS CASE WHEN THEN ELSE END
CAST INTERVAL FILTER OVER PARTITION LATERAL
"""


@cache
def completion_words() -> str:
    """Return it as JSON, for the editor; parameters that the form declares are not among it."""
    datasets = [
        {
            "name": dataset.name,
            "meaning": dataset.meaning,
            "columns": [{"name": each.name, "type": each.type, "meaning": each.meaning} for each in dataset.columns],
        }
        for dataset in list_datasets().values()
    ]
    words = {
        "datasets": datasets,
        "functions": sorted(FUNCTIONS),
        "keywords": KEYWORDS.split(),
        "parameters": list(BUILT_IN),
    }
    return json.dumps(words, ensure_ascii=False)
