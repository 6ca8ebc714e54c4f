"""Days of the terms: those of Japan, whose law they are under."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from idp.kit.clock import micros

JAPAN = "Asia/Tokyo"


def today(now: datetime) -> date:
    return now.astimezone(ZoneInfo(JAPAN)).date()


def start_us(day: date) -> int:
    """00:00 of the day."""
    return micros(datetime.combine(day, time.min, ZoneInfo(JAPAN)))
