"""What a browser calls itself, in words that people know it by. Pure."""

# The first that fits: most browsers claim to be others too.
BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)
LONGEST = 40


def describe_browser(user_agent: str | None) -> str:
    """Return browser and system in words, or the beginning of what it calls itself."""
    if not user_agent:
        return "Unknown browser"
    browser = next((name for mark, name in BROWSERS if mark in user_agent), None)
    system = next((name for mark, name in SYSTEMS if mark in user_agent), None)
    if browser is None:
        return user_agent if len(user_agent) <= LONGEST else f"{user_agent[:LONGEST]}…"
    return f"{browser} on {system}" if system else browser
