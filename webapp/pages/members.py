"""Members of a project: who is in it, in which role."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from jobs.models import Project, Role
from jobs.operations.errors import UnableTo, UnableToCreate
from jobs.operations.members import add_member, change_role, remove_member
from jobs.queries.people import list_members
from webapp.access import may, member_or_404, project_or_404, user_of
from webapp.forms.account import MemberForm
from webapp.forms.refusals import show_refusal


@require_http_methods(["GET", "HEAD", "POST"])
def members(request: HttpRequest, slug: str) -> HttpResponse:
    """This will list who is in a project, and take in somebody who has an account."""
    project = project_or_404(request, slug)
    form = MemberForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            added = add_member(project=project, user=user_of(request), **form.cleaned_data)
            messages.success(request, f"{added.user.username} is in {project.name} as {added.role}.")
            return redirect("members", slug)
        except UnableToCreate as refusal:
            show_refusal(form, refusal)
    return _page(request, project, form)


@require_POST
def role(request: HttpRequest, slug: str, username: str) -> HttpResponse:
    """This will give a member another role."""
    member = member_or_404(request, slug, username)
    try:
        changed = change_role(member=member, role=request.POST.get("role", ""), user=user_of(request))
        messages.success(request, f"{username} is {changed.role} now.")
    except UnableTo as refusal:
        messages.error(request, refusal.message)
    return _back(request, member.project)


@require_POST
def removal(request: HttpRequest, slug: str, username: str) -> HttpResponse:
    """This will take a member out of a project."""
    member = member_or_404(request, slug, username)
    try:
        remove_member(member=member, user=user_of(request))
        messages.success(request, f"{username} is no longer in {member.project.name}.")
    except UnableTo as refusal:
        messages.error(request, refusal.message)
    return _back(request, member.project)


def _back(request: HttpRequest, project: Project) -> HttpResponse:
    """Who has just gone may not look at the list any more."""
    stays = may(user=request.user, project=project, route="members")
    return redirect("members", project.slug) if stays else redirect("home")


def _page(request: HttpRequest, project: Project, form: MemberForm) -> HttpResponse:
    context = {
        "project": project,
        "members": list_members(project=project),
        "roles": Role.choices,
        "form": form,
        "may_manage": may(user=request.user, project=project, route="member-role"),
    }
    return render(request, "account/members.html", context, status=422 if form.errors else 200)
