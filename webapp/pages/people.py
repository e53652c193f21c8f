"""Everybody who has an account, for those who run this installation."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from jobs.models import User
from jobs.operations.errors import UnableTo, UnableToCreate
from jobs.operations.people import change_person, create_person, reset_password
from jobs.queries.people import find_person, list_people
from webapp.access import operator_of
from webapp.forms.account import PersonForm
from webapp.forms.refusals import show_refusal

WISHES: dict[str, tuple[dict[str, bool], str]] = {
    "close": ({"is_active": False}, "The account of {} is closed: sessions and tokens open nothing."),
    "open": ({"is_active": True}, "The account of {} is open again."),
    "raise": ({"is_superuser": True}, "{} runs this installation now."),
    "lower": ({"is_superuser": False}, "{} no longer runs this installation."),
}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def people(request: HttpRequest) -> HttpResponse:
    """This will list all accounts, and open a new one, whose password is shown this once."""
    operator = operator_of(request)
    form = PersonForm(request.POST if request.method == "POST" else None)
    shown: dict[str, Any] = {}
    if form.is_valid():
        try:
            made, password = create_person(user=operator, **form.cleaned_data)
            shown, form = {"person": made, "password": password}, PersonForm()
        except UnableToCreate as refusal:
            show_refusal(form, refusal)
    return _page(request, form, **shown)


@never_cache
@require_POST
def change(request: HttpRequest, username: str) -> HttpResponse:
    """This will do what `wish` says: close, open, raise, lower, or password, which is shown this once."""
    operator = operator_of(request)
    person = find_person(username)
    if person is None:
        raise Http404("There is no such account.")
    wish = request.POST.get("wish", "")
    if wish == "password":
        return _page(request, PersonForm(), person=person, password=reset_password(user=person))
    if wish in WISHES:
        _grant(request, person, operator, wish)
    return redirect("people" if person.pk != operator.pk or wish != "lower" else "home")


def _grant(request: HttpRequest, person: User, operator: User, wish: str) -> None:
    changes, sentence = WISHES[wish]
    try:
        change_person(person=person, user=operator, **changes)
        messages.success(request, sentence.format(person.username))
    except UnableTo as refusal:
        messages.error(request, refusal.message)


def _page(request: HttpRequest, form: PersonForm, **shown: Any) -> HttpResponse:
    context = {"people": list_people(), "form": form, **shown}
    return render(request, "account/people.html", context, status=422 if form.errors else 200)
