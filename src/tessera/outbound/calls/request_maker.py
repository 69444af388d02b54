"""A planned request as it goes out: address and headers, the profile's and the template's together. Pure."""

from tessera.connectors.contract import Target
from tessera.outbound.calls.urls import UrlMaker, check_queries
from tessera.outbound.rendering import PlannedRequest, TemplateShape

Headers = tuple[tuple[str, str], ...]


class RequestMaker:
    """Makes the requests of one template through one profile. Whatever does not vary is made once, here."""

    def __init__(self, target: Target, shape: TemplateShape) -> None:
        check_queries(target.base_url, shape.url_path)
        self._urls = UrlMaker(target.base_url)
        # The template's headers win over the profile's.
        named = {header.name.lower() for header in shape.headers}
        named |= {(shape.idempotency_header or "").lower(), "content-type" if shape.body else ""}
        self._headers = tuple((name, value) for name, value in target.headers if name.lower() not in named)
        self._key_header = shape.idempotency_header

    def url_of(self, planned: PlannedRequest) -> str:
        """Return where the request goes."""
        return self._urls.make(planned.path)

    def headers_of(self, planned: PlannedRequest) -> Headers:
        """Return everything in its head."""
        headers = (*self._headers, *planned.headers)
        if planned.idempotency_key is None or self._key_header is None:
            return headers
        return (*headers, (self._key_header, f'"{planned.idempotency_key}"'))
