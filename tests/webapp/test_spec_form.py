"""The form that is made from the spec's schema."""

from __future__ import annotations

from django.http import QueryDict

from mtkd_engine.spec import GroundingSpec, parse
from webapp.forms.nodes import Choice, Field, Group, Node
from webapp.forms.schema import spec_tree
from webapp.forms.shown import Shown
from webapp.forms.spec import SpecForm


def form(posted: str | None = None, **more: object) -> SpecForm:
    data = None if posted is None else QueryDict(posted)
    return SpecForm(datasets=["world", "tacos"], teachers=["span", "map2d"], posted=data, **more)  # type: ignore[arg-type]


def fields(node: Node) -> list[Field]:
    if isinstance(node, Field):
        return [node]
    inner = node.children if isinstance(node, Group) else ()
    if isinstance(node, Choice):
        inner = tuple(option for _, option in node.options)
    return [found for child in inner for found in fields(child)]


def everything(shown: list[Shown]) -> list[Shown]:
    return [item for part in shown for item in (part, *everything([*part.parts, *part.more]))]


def by_name(made: SpecForm, name: str) -> Shown:
    return next(item for item in everything(made.sections() + made.advanced()) if item.node.name == name)


def posted_back(made: SpecForm, **changes: str) -> str:
    """What a browser would send of a form that nobody touched, but for the changes."""
    data = QueryDict(mutable=True)
    for item in everything(made.sections() + made.advanced()):
        if item.kind == "choice":
            assert isinstance(item.node, Choice)
            data[f"{item.node.name}.{item.node.tag}"] = item.value
        elif item.kind in {"teachers", "choices"}:
            data.setlist(item.node.name, item.value)
        elif item.kind == "switch":
            if item.value:
                data[item.node.name] = "on"
        elif item.kind not in {"group", "option"}:
            data[item.node.name] = item.text
    for name, value in changes.items():
        data[name] = value
    return data.urlencode()


def test_every_field_has_a_title_and_a_help_text() -> None:
    for field in fields(spec_tree()):
        assert field.title != field.path, field.path
        assert field.help, field.path


def test_an_untouched_form_is_the_default_spec() -> None:
    made = form(start={"data": {"dataset": "world"}})
    assert parse(made.raw()) == GroundingSpec.model_validate({"data": {"dataset": "world"}})
    assert parse(form(posted_back(made)).raw()) == parse(made.raw())


def test_the_only_dataset_is_chosen_already() -> None:
    assert SpecForm(datasets=["world"], teachers=[]).raw()["data"]["dataset"] == "world"
    assert "dataset" not in form().raw()["data"]


def test_a_choice_sends_only_the_fields_of_its_option() -> None:
    made = form(posted_back(form(), **{"student.net.family": "map2d", "student.net[map2d].clips": "12"}))
    assert made.raw()["student"]["net"]["family"] == "map2d"
    assert made.raw()["student"]["net"]["clips"] == "12"
    assert "encoder_layers" not in made.raw()["student"]["net"]


def test_what_was_typed_into_another_option_is_kept() -> None:
    made = form(posted_back(form(), **{"student.net[map2d].clips": "99"}))
    assert by_name(made, "student.net[map2d].clips").value == "99"


def test_teachers_are_shown_and_sent_only_for_methods_that_have_them() -> None:
    solo = form(posted_back(form(), teachers="span"))
    assert by_name(solo, "teachers").hidden
    assert "teachers" not in solo.raw()
    taught = form(posted_back(form(), **{"method.kind": "emtm", "teachers": "span"}))
    assert not by_name(taught, "teachers").hidden
    assert taught.raw()["teachers"] == [{"name": "span"}]


def test_a_spec_to_start_from_fills_the_fields_of_the_options_it_chose() -> None:
    spec = parse(
        {
            "data": {"dataset": "world"},
            "method": {"kind": "emtm", "folds": 5, "aggregator": {"kind": "kau", "kernels": [3, 9]}},
            "teachers": ["span"],
            "optim": {"learning_rate": 0.00005},
        }
    )
    made = form(start=spec.model_dump(mode="json"))
    assert parse(made.raw()) == spec
    assert by_name(made, "method[emtm].aggregator[kau].kernels").text == "3, 9"
    assert by_name(made, "optim.learning_rate").text == "5e-05"


def test_a_source_that_is_gone_is_still_shown() -> None:
    made = form(start={"data": {"dataset": "lost"}, "method": {"kind": "emtm"}, "teachers": ["gone"]})
    assert ("lost", "lost (not in this project)") in by_name(made, "data.dataset").options
    assert ("gone", "gone (not in this project)") in by_name(made, "teachers").options


def test_an_error_stands_at_the_field_of_the_chosen_option_and_opens_what_hides_it() -> None:
    made = form(posted_back(form(), **{"student.net.family": "map2d"}))
    made.errors = {"student.net.kernel": "given 4, accepted is odd.", "evaluation.probe_samples": "Too many."}
    assert by_name(made, "student.net[map2d].kernel").error == "given 4, accepted is odd."
    assert not by_name(made, "student.net[span].kernel").error
    assert by_name(made, "student.net[map2d]").has_error
    assert by_name(made, "evaluation").has_error


def test_an_error_without_a_field_is_shown_above_the_form() -> None:
    made = form()
    made.errors = {"": "All of it.", "unheard.of": "Not known."}
    assert made.other_errors() == ["All of it.", "unheard.of: Not known."]


def test_an_error_in_a_list_stands_at_the_list() -> None:
    made = form(posted_back(form(), **{"method.kind": "emtm", "teachers": "span"}))
    made.errors = {"teachers.0.name": "no such teacher."}
    assert by_name(made, "teachers").error == "teachers.0.name: no such teacher."


def test_what_submitting_sets_is_no_field() -> None:
    assert not [
        item for item in everything(form().sections() + form().advanced()) if item.node.path == "group"
    ]


def test_a_field_that_may_be_nothing_is_left_out_when_it_is_empty() -> None:
    assert "test_on" not in form(posted_back(form())).raw()["data"]
    assert form(posted_back(form(), **{"data.test_on": "hard ones"})).raw()["data"]["test_on"] == "hard ones"


def test_some_of_several_are_ticked() -> None:
    start = {"method": {"kind": "emtm", "isomorphic": {"shares": ["words"]}}, "teachers": ["span"]}
    made = form(start=start)
    shown = by_name(made, "method[emtm].isomorphic.shares")
    assert (shown.kind, shown.value) == ("choices", ["words"])
    assert [value for value, _ in shown.options] == ["words", "video", "convolutions"]
    assert made.raw()["method"]["isomorphic"]["shares"] == ["words"]
    posted = QueryDict(posted_back(made), mutable=True)
    del posted["method[emtm].isomorphic.shares"]
    assert form(posted.urlencode()).raw()["method"]["isomorphic"]["shares"] == []


def test_selections_are_typed_until_there_are_some_to_choose_from() -> None:
    start = {"data": {"dataset": "world", "leave_out": ["blurred"], "test_on": "gone"}}
    assert by_name(form(start=start), "data.leave_out").text == "blurred"
    made = form(start=start, selections={"blurred": "3 of world", "a, b": ""})
    leave_out, test_on = by_name(made, "data.leave_out"), by_name(made, "data.test_on")
    assert (leave_out.kind, leave_out.value) == ("choices", ["blurred"])
    assert leave_out.options[0] == ("blurred", "blurred (3 of world)")
    assert test_on.kind == "select"
    assert [value for value, _ in test_on.options] == ["", "blurred", "a, b", "gone"]
    posted = QueryDict(posted_back(made), mutable=True)
    posted.setlist("data.leave_out", ["blurred", "a, b"])
    data = form(posted.urlencode(), selections={"blurred": "3 of world", "a, b": ""}).raw()["data"]
    assert (data["leave_out"], data["test_on"]) == (["blurred", "a, b"], "gone")


def test_what_is_folded_away_opens_when_it_is_not_as_it_would_be() -> None:
    untouched, touched = form(), form(start={"data": {"dataset": "world", "max_words": 30}})
    assert not by_name(untouched, "data.max_words").is_noticed
    assert by_name(touched, "data.max_words").is_noticed
    assert not by_name(form(posted_back(untouched)), "data.max_words").is_noticed
    shares = form(start={"method": {"kind": "emtm", "isomorphic": {"shares": []}}, "teachers": ["span"]})
    assert by_name(shares, "method[emtm].isomorphic").is_noticed


def test_a_network_is_asked_for_where_there_is_a_student() -> None:
    made = form(posted_back(form(), **{"method.kind": "aggregate", "teachers": "span"}))
    assert by_name(made, "student").hidden
    assert "student" not in made.raw()
    assert made.raw()["teachers"] == [{"name": "span"}]


def test_a_job_without_a_student_is_not_asked_how_to_train_one() -> None:
    made = form(posted_back(form(), **{"method.kind": "aggregate"}))
    shown = {section.node.path: section.hidden for section in made.sections()}
    assert (shown["optim"], shown["student"], shown["teachers"]) == (True, True, False)
    assert not {"optim", "student"} & set(made.raw())


def test_a_job_without_a_student_is_not_offered_a_gate_that_needs_one() -> None:
    made = form()
    offered = [part.value for part in by_name(made, "method[aggregate].aggregator").parts]
    assert "kau" not in offered
    assert "kau_plus" in offered
    assert "kau" in [part.value for part in by_name(made, "method[emtm].aggregator").parts]


def test_teachers_are_shown_with_what_is_known_of_them() -> None:
    made = form(teacher_notes={"span": "predictions for tacos"})
    assert by_name(made, "teachers").options == [("span", "span (predictions for tacos)"), ("map2d", "map2d")]
