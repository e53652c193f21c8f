"""Logging in and out, the own password, the own API tokens."""

from __future__ import annotations

from django.conf import settings
from django.contrib import auth, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from jobs.operations.errors import UnableToCreate
from jobs.operations.tokens import create_token, revoke_token
from jobs.queries.access import projects_of
from jobs.queries.people import list_tokens
from webapp import throttle
from webapp.access import token_or_404, user_of
from webapp.forms.account import LoginForm, NewPasswordForm, TokenForm
from webapp.forms.refusals import show_refusal


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def login(request: HttpRequest) -> HttpResponse:
    """This will log a person in and send them where they wanted to go."""
    goal = _safe_goal(request)
    if request.user.is_authenticated:
        return redirect(goal)
    if request.method == "POST" and throttle.is_blocked(request):
        context = {"form": LoginForm(request), "goal": goal, "blocked": True}
        return render(request, "account/login.html", context, status=429)
    form = LoginForm(request, data=request.POST if request.method == "POST" else None)
    if form.is_valid():
        throttle.forget(request)
        auth.login(request, form.get_user())
        return redirect(goal)
    if request.method == "POST":
        throttle.note_failure(request)
    return render(request, "account/login.html", {"form": form, "goal": goal})


@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    """This will end the session."""
    auth.logout(request)
    return redirect("login")


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def password(request: HttpRequest) -> HttpResponse:
    """This will change the own password and keep this session, while all others end."""
    form = NewPasswordForm(user_of(request), request.POST if request.method == "POST" else None)
    if form.is_valid():
        auth.update_session_auth_hash(request, form.save())
        messages.success(request, "Your password is changed.")
        return redirect("home")
    return render(request, "account/password.html", {"form": form})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def tokens(request: HttpRequest) -> HttpResponse:
    """This will list the own tokens, and make a new one whose secret is shown this once."""
    user = user_of(request)
    form = TokenForm(request.POST if request.method == "POST" else None, projects=projects_of(user))
    secret = ""
    if form.is_valid():
        try:
            _, secret = create_token(user=user, name=form.cleaned_data["name"], power=form.power())
            form = TokenForm(projects=projects_of(user))
        except UnableToCreate as refusal:
            show_refusal(form, refusal)
    context = {
        "form": form,
        "secret": secret,
        "tokens": list_tokens(user=user),
        "now": timezone.now(),
        "base": request.build_absolute_uri("/api/v1/"),
    }
    return render(request, "account/tokens.html", context, status=422 if form.errors else 200)


@require_POST
def revocation(request: HttpRequest, token_id: int) -> HttpResponse:
    """This will make one of the own tokens worthless at once."""
    token = token_or_404(request, token_id)
    revoke_token(token=token)
    messages.success(request, f"The token “{token.name}” no longer works.")
    return redirect("tokens")


def _safe_goal(request: HttpRequest) -> str:
    goal = request.POST.get("next") or request.GET.get("next") or ""
    hosts = {request.get_host()}
    if url_has_allowed_host_and_scheme(goal, allowed_hosts=hosts, require_https=request.is_secure()):
        return goal
    return resolve_url(settings.LOGIN_REDIRECT_URL)
