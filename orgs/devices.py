"""What people call the browsers that they sign in from."""

import re

UNKNOWN = "Unknown device"

# The first that is found counts: most browsers also claim to be others.
_BROWSERS = [
    (re.compile(pattern), name)
    for pattern, name in [
        (r"Edg(e|A|iOS)?/", "Edge"),
        (r"OPR/|Opera|OPiOS/|OPT/", "Opera"),
        (r"SamsungBrowser/", "Samsung Internet"),
        (r"Vivaldi/", "Vivaldi"),
        (r"YaBrowser/", "Yandex Browser"),
        (r"Firefox/|FxiOS/", "Firefox"),
        (r"Chromium/", "Chromium"),
        (r"Chrome/|CriOS/", "Chrome"),
        (r"Version/\S+ .*Safari/", "Safari"),
        (r"MSIE |Trident/", "Internet Explorer"),
    ]
]
_SYSTEMS = [
    (re.compile(pattern), name)
    for pattern, name in [
        (r"iPad", "iPad"),
        (r"iPhone|iPod", "iPhone"),
        (r"Android", "Android"),
        (r"Windows", "Windows"),
        (r"CrOS", "ChromeOS"),
        (r"Macintosh|Mac OS X", "macOS"),
        (r"Linux|X11", "Linux"),
    ]
]


def device(user_agent: str) -> str:
    """Return browser and system in words, such as Chrome on Windows."""
    browser = _first(_BROWSERS, user_agent)
    system = _first(_SYSTEMS, user_agent)
    if browser and system:
        return f"{browser} on {system}"
    return browser or system or UNKNOWN


def _first(known: list[tuple[re.Pattern[str], str]], text: str) -> str:
    return next((name for pattern, name in known if pattern.search(text)), "")
