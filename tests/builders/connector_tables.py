"""The tables of the reference that the declarations of connectors make."""

from collections.abc import Iterator

from tessera.connectors.contract import ConnectorType, Property, PropertyKind, connector_types


def render_connectors() -> str:
    """Return a table of properties for every connector."""
    return "\n".join(line for connector in connector_types().values() for line in render_connector(connector))


def render_connector(connector: ConnectorType) -> Iterator[str]:
    yield from (f"### Properties of {connector.label}", "")
    yield "| Property | Label | Kind | Default | Meaning | Where |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for each in connector.properties:
        cells = (f"`{each.key}`", each.label, describe_kind(each), describe_default(each), each.help)
        yield f"| {' | '.join(cell.replace('|', '/') for cell in (*cells, describe_place(connector, each)))} |"
    yield ""


def describe_kind(each: Property) -> str:
    needed = ", required" if each.required else ""
    if each.choices:
        return f"{', '.join(f'`{choice}` ({each.label_of(choice)})' for choice in each.choices)}{needed}"
    if each.kind is PropertyKind.INT:
        least, most = each.least or 0, each.most or 2**31 - 1
        return f"int, {least:,} to {most:,}{needed}"
    return f"{each.kind}{', several lines' if each.multiline else ''}{needed}"


def describe_default(each: Property) -> str:
    if each.default in (None, "", ()):
        return "–"
    if isinstance(each.default, dict | list):
        return "a value of its own"
    shown = str(each.default).lower() if isinstance(each.default, bool) else str(each.default)
    return f"`{shown}`"


def describe_place(connector: ConnectorType, each: Property) -> str:
    when = each.shown_when
    if when is None:
        return "always"
    if when.key == "variant":
        return ", ".join(f"`{variant.key}`" for variant in connector.variants if variant.key in when.values)
    return f"with `{when.key}` {' or '.join(f'`{value}`' for value in sorted(when.values))}"
