from __future__ import annotations

import pytest

from jobs.models import Project, SavedView, User
from jobs.operations.errors import UnableToSave
from jobs.operations.views import MOST_VIEWS, change_view, clean_address, delete_view, save_view
from jobs.queries.views import find_view, list_views


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("?q=state:failed&sort=-val/miou", "q=state%3Afailed&sort=-val%2Fmiou"),
        ("columns=name,state&q=a b&cursor=x&page=2", "q=a+b&columns=name%2Cstate"),
        ("q=&sort=", ""),
        ("nothing at all", ""),
        ("&".join(f"a{number}=1" for number in range(101)), ""),
    ],
)
def test_of_an_address_only_what_makes_a_view_is_kept(given: str, kept: str) -> None:
    assert clean_address(given) == kept
    assert clean_address(kept) == kept


def test_a_view_is_saved_changed_and_deleted(project: Project, user: User) -> None:
    view = save_view(project=project, user=user, name=" best ", address="?q=tag:nightly")
    assert (view.name, view.address, view.created_by) == ("best", "q=tag%3Anightly", user)
    assert change_view(view=view, user=user, name="worst").address == "q=tag%3Anightly"
    assert change_view(view=view, user=user, address="sort=name").name == "worst"
    assert list(list_views(project)) == [view]
    delete_view(view=view, user=user)
    delete_view(view=view, user=user)
    assert find_view(project=project, view_id=view.pk) is None


@pytest.mark.parametrize(
    ("name", "address", "field", "sentence"),
    [
        ("", "", "name", "given '', accepted are 1 to 80 printable characters."),
        ("x" * 81, "", "name", "given 81 characters"),
        ("a\nb", "", "name", "printable"),
        ("taken", "", "name", "which this project has already"),
        ("long", "q=" + "x" * 4000, "address", "accepted are at most 4,000"),
        ("nul", "q=a%00b", "address", "NUL"),
    ],
)
def test_a_view_is_refused_at_its_field(
    project: Project, user: User, name: str, address: str, field: str, sentence: str
) -> None:
    save_view(project=project, user=user, name="taken", address="")
    with pytest.raises(UnableToSave) as refusal:
        save_view(project=project, user=user, name=name, address=address)
    assert sentence in refusal.value.fields[field]
    other = save_view(project=project, user=user, name="other", address="")
    with pytest.raises(UnableToSave):
        change_view(view=other, user=user, name=name, address=address)
    other.refresh_from_db()
    assert (other.name, other.address) == ("other", "")


def test_a_project_has_only_so_many_views(project: Project, user: User) -> None:
    SavedView.objects.bulk_create(
        SavedView(project=project, name=str(number)) for number in range(MOST_VIEWS)
    )
    with pytest.raises(UnableToSave, match=f"at most {MOST_VIEWS} views"):
        save_view(project=project, user=user, name="one more", address="")
