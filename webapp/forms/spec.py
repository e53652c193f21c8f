"""The form of a Spec: what to show for each node of the schema, and what was posted as plain data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.http import QueryDict

from mtkd_engine.spec import SPECS, TASKS, kind_of
from webapp.forms.layout import (
    DATASET_FIELD,
    FOLDED,
    LEARNER_FIELD,
    LEAVE_OUT_FIELD,
    ONLY_WITH,
    TEACHERS_FIELD,
    TEST_ON_FIELD,
)
from webapp.forms.nodes import NONE, Choice, Field, Group, Node, Rows
from webapp.forms.offered import Offered, options_of
from webapp.forms.saying import advice_of, wordings_of
from webapp.forms.schema import spec_tree
from webapp.forms.shown import Shown
from webapp.forms.typed import MANY, PARTED, is_null, lines_of, mapping_of, value_at


class SpecForm:
    """A form over the whole Spec. Nothing typed is lost: options that are not chosen keep their values too."""

    def __init__(
        self,
        *,
        datasets: list[str],
        teachers: list[str],
        subject: str = "grounding",
        other_datasets: Sequence[str] = (),
        notes: Mapping[str, str] | None = None,
        teacher_notes: Mapping[str, str] | None = None,
        selections: Mapping[str, str] | None = None,
        hints: Mapping[str, Sequence[str]] | None = None,
        posted: QueryDict | None = None,
        start: Mapping[str, Any] | None = None,
    ) -> None:
        """This will show `posted` where a form came back, else `start` (a plain spec), else the defaults.

        `notes` says what to know of datasets, by all labels that lead to one, offered or not, `teacher_notes` what to
        know of teachers, and `selections` what to know of each selection; without these, their names are typed.
        `other_datasets` are those of other subjects: choosing one is choosing what the job is about.
        `hints` are sentences to stand below fields, by path.
        """
        self.subject = subject
        self.tree = spec_tree(subject)
        self.datasets = datasets
        self.other_datasets = other_datasets
        self.teachers = teachers
        self.notes = notes or {}
        self.teacher_notes = teacher_notes or {}
        self.selections = selections
        self.hints = hints or {}
        self.posted = posted
        self.start = start or {}
        self.errors: dict[str, str] = {}

    def raw(self) -> dict[str, Any]:
        """This will return the chosen values as plain data for `mtkd_engine.spec.parse`."""
        raw = {"task": SPECS[self.subject].model_fields["task"].default, **self._raw_group(self.tree)}
        if self.subject not in TASKS:
            raw["data"] = {"kind": kind_of(self.subject), **raw["data"]}
        return raw

    def chosen(self, path: str) -> str:
        """This will return which option of a choice at the top of the spec is chosen."""
        choice = next(child for child in self.tree.children if child.path == path)
        assert isinstance(choice, Choice)
        return self._chosen(choice)

    def sections(self) -> list[Shown]:
        """This will return the parts that are always open, with values and errors."""
        return [self._shown(node) for node in self.tree.children if node.path not in FOLDED]

    def advanced(self) -> list[Shown]:
        """This will return the parts that are folded away."""
        return [self._shown(node) for node in self.tree.children if node.path in FOLDED]

    def other_errors(self) -> list[str]:
        """This will return the sentences that belong to no field of the form."""
        taken = {path for path, _ in self._places().values()}
        return [
            f"{path}: {text}" if path else text for path, text in self.errors.items() if path not in taken
        ]

    def _raw_group(self, group: Group) -> dict[str, Any]:
        return {
            node.path.rsplit(".", 1)[-1]: self._raw(node)
            for node in group.children
            if self._applies(node) and not self._is_absent(node)
        }

    def _raw(self, node: Node) -> Any:
        if isinstance(node, Group):
            return self._raw_group(node)
        if isinstance(node, Choice):
            chosen = self._chosen(node)
            option = dict(node.options).get(chosen)
            if option is not None and chosen == NONE:
                return None
            return {node.tag: chosen, **(self._raw_group(option) if option else {})}
        if isinstance(node, Rows):
            return [self._raw_group(row) for row in node.rows if self._is_used(row)]
        assert isinstance(node, Field)
        return self._raw_field(node)

    def _raw_field(self, node: Field) -> Any:
        value, kind = self._value(node), self._kind(node)
        if kind == "teachers":
            return [{"name": name} for name in value]
        if kind == "choices":
            return list(value)
        if kind in PARTED:
            return [part.strip() for part in str(value).split(PARTED[kind][0]) if part.strip()]
        if node.kind == "mapping":
            return mapping_of(str(value))
        if node.kind == "select":
            return next((option for option in node.options if str(option) == str(value)), value)
        return value

    def _is_used(self, row: Group) -> bool:
        first = row.children[0]
        if isinstance(first, Choice):
            return self._chosen(first) != NONE
        assert isinstance(first, Field)
        return bool(self._value(first))

    def _applies(self, node: Node) -> bool:
        if node.path not in ONLY_WITH:
            return True
        path, values = ONLY_WITH[node.path]
        return self.chosen(path.rpartition(".")[0]) in values

    def _is_absent(self, node: Node) -> bool:
        """A required field left empty is missing, which is what the user should read."""
        may_be_absent = isinstance(node, Field) and (node.required or node.optional)
        return isinstance(node, Field) and may_be_absent and self._value(node) == ""

    def _kind(self, node: Field) -> str:
        if self.selections is None:
            return node.kind
        return {LEAVE_OUT_FIELD: "choices", TEST_ON_FIELD: "select"}.get(node.path, node.kind)

    def _chosen(self, choice: Choice) -> str:
        if self.posted is not None:
            return self.posted.get(f"{choice.name}.{choice.tag}", choice.default)
        if NONE in dict(choice.options) and is_null(self.start, choice.name):
            return NONE
        return str(self._start_of(choice, f".{choice.tag}") or choice.default)

    def _value(self, node: Field) -> Any:
        return self._started(node) if self.posted is None else self._posted(node, self.posted)

    def _posted(self, node: Field, posted: QueryDict) -> Any:
        if self._kind(node) in MANY:
            return [value for value in posted.getlist(node.name) if value]
        if node.kind == "switch":
            return node.name in posted
        return posted.get(node.name, "").strip()

    def _started(self, node: Field) -> Any:
        value = self._start_of(node)
        value = node.default if value is None else value
        if node.kind == "teachers":
            return [item["name"] if isinstance(item, Mapping) else item for item in value or ()]
        if self._kind(node) == "choices":
            return [str(item) for item in value or ()]
        if node.kind == "mapping":
            return lines_of(value)
        if node.kind in PARTED:
            return PARTED[node.kind].join(str(item) for item in value or ())
        if node.kind == "dataset" and not value and len(self.datasets) == 1:
            return self.datasets[0]
        return "" if value is None else value

    def _start_of(self, node: Node, extra: str = "") -> Any:
        """Values of a start spec belong to the option it chose, and to no other."""
        return value_at(self.start, node.name + extra)

    def _places(self) -> dict[str, tuple[str, str]]:
        """Which error belongs to which node: name of the node -> path of the error, in the spec and in the form.

        The longest match wins.
        """
        places: dict[str, tuple[str, str]] = {}
        nodes = list(self._active(self.tree))
        for path in self.errors:
            at = self._at(path, nodes)
            fitting = [node for node in nodes if at == node.path or at.startswith(node.path + ".")]
            if fitting:
                places.setdefault(max(fitting, key=lambda node: len(node.path)).name, (path, at))
        return places

    def _at(self, path: str, nodes: Iterable[Node]) -> str:
        """Rows that are not in use are left out of the spec, whose list is then counted without them."""
        for node in nodes:
            if isinstance(node, Rows) and path.startswith(f"{node.path}."):
                used = [row for row in node.rows if self._is_used(row)]
                place, _, rest = path[len(node.path) + 1 :].partition(".")
                if place.isdecimal() and int(place) < len(used):
                    return ".".join(part for part in (used[int(place)].path, rest) if part)
        return path

    def _active(self, group: Group) -> Iterator[Node]:
        for node in group.children:
            if not self._applies(node):
                continue
            yield node
            inner = dict(node.options).get(self._chosen(node)) if isinstance(node, Choice) else node
            if isinstance(inner, Group):
                yield from self._active(inner)
            for row in inner.rows if isinstance(inner, Rows) else ():
                if not self._is_used(row):
                    continue
                yield row
                yield from self._active(row)

    def _shown(self, node: Node) -> Shown:
        path, at = self._places().get(node.name, (None, ""))
        error = self.errors[path] if path is not None else ""
        if path is not None and at not in {node.path, ""} and not error.startswith(path):
            error = f"{path}: {error}"
        methods, method = self._methods()
        shown = Shown(
            node=node,
            kind=type(node).__name__.lower(),
            error=error,
            wordings=wordings_of(node, methods=methods, method=method),
            advice=advice_of(node, methods=methods, method=method),
        )
        if node.path in ONLY_WITH:
            condition, values = ONLY_WITH[node.path]
            shown.only_with = f"{condition}={','.join(sorted(values))}"
            shown.hidden = not self._applies(node)
        if isinstance(node, Group):
            self._fill(shown, node)
        elif isinstance(node, Choice):
            shown.value = self._chosen(node)
            for value, option in node.options:
                part = Shown(node=option, kind="option", value=value, hidden=value != shown.value)
                self._fill(part, option)
                shown.parts.append(part)
        elif isinstance(node, Rows):
            shown.parts = [self._shown_row(row) for row in node.rows]
        elif isinstance(node, Field):
            shown.kind, shown.value = self._kind(node), self._value(node)
            shown.options = self._options(node)
            shown.hints = self.hints.get(node.path, ())
            shown.is_set = self._is_set(node, shown.value)
        return shown

    def _shown_row(self, row: Group) -> Shown:
        """A row stands there once its first field says of what kind it is."""
        shown = self._shown(row)
        first = shown.parts[0]
        if first.kind != "choice":
            shown.only_with = f"{row.path}.kind={','.join(value for value, _ in first.options if value)}"
            shown.hidden = not first.value
        return shown

    def _methods(self) -> tuple[list[str], str]:
        """All methods of the subject, and the chosen one."""
        choice = next(child for child in self.tree.children if child.path == "method")
        assert isinstance(choice, Choice)
        return [value for value, _ in choice.options], self._chosen(choice)

    def _fill(self, shown: Shown, group: Group) -> None:
        for child in group.children:
            (shown.more if child.path in FOLDED else shown.parts).append(self._shown(child))

    def _is_set(self, node: Field, value: Any) -> bool:
        """An untouched form is as good as none: its own defaults are compared, in the words of a form."""
        untouched = SpecForm(datasets=[], teachers=[], selections=self.selections, subject=self.subject)
        before = untouched._started(node)
        return str(value) != (Shown(node, "", before).text if isinstance(value, str) else str(before))

    def _options(self, node: Field) -> list[tuple[str, str]]:
        datasets = [*self.datasets, *self.other_datasets]
        known: dict[str, Offered] = {
            DATASET_FIELD: (datasets, self.notes),
            TEACHERS_FIELD: (self.teachers, self.teacher_notes),
            LEARNER_FIELD: (self.teachers, self.teacher_notes),
        }
        if self.selections is not None:
            known |= dict.fromkeys((LEAVE_OUT_FIELD, TEST_ON_FIELD), (list(self.selections), self.selections))
        return options_of(node, self._value(node), known.get(node.path))
