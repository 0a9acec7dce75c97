"""Working hours: when people do things, and how long they take."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from random import Random

__all__ = ["WORKDAY", "after", "is_workday"]

# Hours that a day of work has.
WORKDAY = 9
_SATURDAY = 5


def is_workday(day: datetime) -> bool:
    """Whether people work on that day.

    Args:
        day: any moment of it.
    """
    return day.weekday() < _SATURDAY


def after(random: Random, moment: datetime, hours: float, begins: int) -> datetime:
    """Return when something is done that takes about so many hours, at a moment of work.

    Args:
        random: what decides; times are log-normal around `hours`.
        moment: since when.
        hours: the median.
        begins: the hour at which the day begins for whoever does it.
    """
    done = moment + timedelta(hours=hours * math.exp(random.gauss(0, 0.8)))
    into_day = (done - done.replace(hour=begins, minute=0)).total_seconds() / 3600
    if is_workday(done) and 0 <= into_day <= WORKDAY:
        return done
    morning = done.replace(hour=begins, minute=0) + timedelta(days=1 if into_day > WORKDAY else 0)
    while not is_workday(morning):
        morning += timedelta(days=1)
    # In the first hours of the day, when what has come in over night is looked at.
    return morning + timedelta(minutes=random.randint(1, 120), seconds=random.randint(0, 59))
