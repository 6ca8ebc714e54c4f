import io
import json
from datetime import UTC, datetime, timedelta

import structlog

from idp.web.request_log import JsonLines, Line, StructuredLog

LINE = Line("0123456789", "POST", "oidc.token", status=200, ms=1.25, size=17, address=None)


def test_the_quick_line_says_what_structlog_would_have_said() -> None:
    stream = io.StringIO()
    with structlog.testing.capture_logs(processors=[structlog.processors.add_log_level]) as caught:
        StructuredLog()(LINE)
    JsonLines(stream)(LINE)
    quick = json.loads(stream.getvalue())
    assert stream.getvalue().endswith("}\n")
    age = datetime.now(UTC) - datetime.fromisoformat(quick.pop("timestamp"))
    assert timedelta(0) <= age < timedelta(seconds=5)
    (caught,) = caught
    caught.pop("log_level")
    assert quick == caught


def test_addresses_appear_only_where_they_are_given() -> None:
    stream = io.StringIO()
    JsonLines(stream)(LINE)
    JsonLines(stream)(LINE._replace(address="192.0.2.1"))
    without, with_one = map(json.loads, stream.getvalue().splitlines())
    assert "address" not in without
    assert with_one["address"] == "192.0.2.1"


def test_no_name_breaks_out_of_its_line() -> None:
    stream = io.StringIO()
    evil = 'a"\n{"event": "forged"}\r\x1b[31m\u2028'
    JsonLines(stream)(LINE._replace(endpoint=evil, method=evil))
    (line,) = stream.getvalue().splitlines()
    assert json.loads(line)["endpoint"] == evil
    assert line.isprintable()


def test_the_time_goes_on_between_two_lines() -> None:
    stream = io.StringIO()
    log = JsonLines(stream)
    for _ in range(1000):
        log(LINE)
    times = [json.loads(line)["timestamp"] for line in stream.getvalue().splitlines()]
    assert times == sorted(times)
    assert times[0] < times[-1]
    assert {len(time) for time in times} == {len("2026-04-01T00:00:00.000000Z")}
