"""What every test may ask for: both databases, a browser, a server as it is shipped."""

pytest_plugins = [
    "pytester",
    "tests.support.built",
    "tests.support.no_skips",
    "tests.support.in_order",
    "tests.support.order",
    "tests.support.rubbish",
    "tests.support.run_home",
    "tests.support.databases",
    "tests.support.units",
    "tests.support.browser",
    "tests.support.rooms",
    "tests.support.provider",
]
