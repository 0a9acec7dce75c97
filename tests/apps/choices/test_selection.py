"""Long lists of checkboxes: submitting the form as it is shown loses nothing."""

from __future__ import annotations

from bs4 import BeautifulSoup
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from apps.integrations.choices import Offer, Page
from apps.integrations.choices._checkboxes import selected, with_selection

names = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=8)
offers = st.dictionaries(st.integers(1, 999).map(str), names, max_size=300).map(
    lambda found: [Offer(id=id_, name=name) for id_, name in found.items()]
)


def _page(found: list[Offer], chosen: set[str], query: str, data: QueryDict | None) -> Page:
    page = Page(offers=found, query=query)
    return with_selection(page, data, label="Things", chosen=chosen, needed="", name=lambda offer: offer.name)


@given(found=offers, query=names | st.just(""), data=st.data())
def test_submitting_an_unchanged_form_changes_nothing(
    found: list[Offer], query: str, data: st.DataObject
) -> None:
    ids = [one.id for one in found]
    chosen = data.draw(st.sets(st.sampled_from(ids), max_size=20)) if ids else set()

    shown = _page(found, chosen, query, None)
    html = BeautifulSoup(str(shown.form), "html.parser")
    sent = QueryDict(mutable=True)
    sent.setlist("chosen", [str(box["value"]) for box in html.select("input[checked]")])
    page = _page(found, chosen, "", sent)

    assert page.form is not None
    assert page.form.is_valid()
    assert {one.id for one in selected(page)} == chosen


@given(found=offers, query=names | st.just(""))
def test_options_that_are_not_listed_are_counted(found: list[Offer], query: str) -> None:
    page = _page(found, set(), query, None)

    listed = [box["value"] for box in BeautifulSoup(str(page.form), "html.parser").select("input")]
    matching = [one for one in found if all(word in one.name.lower() for word in query.lower().split())]
    assert len(listed) + page.more == len(matching)
    assert len(listed) <= 200
