"""The sample journey: what each step does on the pages, and which events it must cause."""

from tformance.run._journey import _growing, _looking, _setting_up, _trouble
from tformance.run._journey._stage import PASSWORD, Person, Stage, Step
from tformance.run._journey._trouble import DAYS

__all__ = ["DAYS", "FUNNEL", "PASSWORD", "STEPS", "Person", "Stage", "Step"]

# The funnel of the journey's people, in the syntax of `otel.inspector`.
FUNNEL = "user_signed_up > onboarding_completed|team_member_joined > dashboard_first_view > analytics_viewed"

STEPS: tuple[Step, ...] = (
    *_setting_up.STEPS,
    *_growing.STEPS,
    *_looking.STEPS,
    *_trouble.STEPS,
)
