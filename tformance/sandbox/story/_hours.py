"""Working hours, which decide when people finish their tasks."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from random import Random

__all__ = ["WORKDAY", "after", "is_workday"]

# Hours of a working day.
WORKDAY = 9
_SATURDAY = 5


def is_workday(day: datetime) -> bool:
    """Return whether a day is a working day.

    Args:
        day: any time on that day.
    """
    return day.weekday() < _SATURDAY


def after(random: Random, moment: datetime, hours: float, begins: int) -> datetime:
    """Return the time, within working hours, at which a task is finished.

    Args:
        random: the source of randomness; durations are log-normal around `hours`.
        moment: the time at which the task begins.
        hours: the median duration.
        begins: the hour (UTC) at which the person's working day begins.
    """
    done = moment + timedelta(hours=hours * math.exp(random.gauss(0, 0.8)))
    into_day = (done - done.replace(hour=begins, minute=0)).total_seconds() / 3600
    if is_workday(done) and 0 <= into_day <= WORKDAY:
        return done
    morning = done.replace(hour=begins, minute=0) + timedelta(days=1 if into_day > WORKDAY else 0)
    while not is_workday(morning):
        morning += timedelta(days=1)
    # In the first hours of the day, when people catch up on the night.
    return morning + timedelta(minutes=random.randint(1, 120), seconds=random.randint(0, 59))
