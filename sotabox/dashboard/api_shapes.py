"""An OpenAPI document as a page shows it: operations in groups, shapes of what they take and give (pure).

Only what our own document uses is understood: see `api/openapi.py`.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

Json = Mapping[str, Any]

_REF: Final = "#/components/schemas/"


@dataclass(frozen=True, slots=True)
class Word:
    """A piece of a type; `shape` names the shape that it leads to."""

    text: str
    shape: str = ""


Type = tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a shape, or a parameter; `place` is where a parameter stands."""

    name: str
    type: Type
    required: bool
    about: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class Shape:
    """Something that is sent or answered, by its name."""

    name: str
    about: str
    fields: tuple[Field, ...]
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, with what comes in each media type, or with the codes of an error."""

    status: str
    about: str
    contents: tuple[tuple[str, Type], ...]
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Operation:
    """A method of an address."""

    id: str
    method: str
    path: str
    summary: str
    about: str
    needs_key: bool
    parameters: tuple[Field, ...]
    bodies: tuple[tuple[str, Type], ...]
    body_fields: tuple[Field, ...]
    answers: tuple[Answer, ...]
    curl: str


@dataclass(frozen=True, slots=True)
class Group:
    """Operations that belong together."""

    name: str
    id: str
    operations: tuple[Operation, ...]


def read_groups(document: Json, base_url: str) -> tuple[Group, ...]:
    """All operations by their tags, in the order of their paths; curl asks at `base_url`."""
    by_tag: dict[str, list[Operation]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            found = _operation(document, path, method, operation, base_url)
            by_tag.setdefault(operation["tags"][0], []).append(found)
    return tuple(
        Group(tag.capitalize(), tag.replace(" ", "-"), tuple(found))
        for tag, found in sorted(by_tag.items())
    )


def read_shapes(document: Json) -> tuple[Shape, ...]:
    """Every named shape, by name."""
    return tuple(
        Shape(
            name,
            schema.get("description", ""),
            tuple(_fields(schema)),
            tuple(str(value) for value in schema.get("enum", ())),
        )
        for name, schema in document["components"]["schemas"].items()
    )


def describe(schema: Json) -> Type:
    """A schema as people write types.

    >>> "".join(word.text for word in describe({"type": "array", "items": {"type": "integer"}}))
    '[integer]'
    """
    if ref := schema.get("$ref"):
        name = str(ref).removeprefix(_REF)
        return (Word(name, name),)
    if "anyOf" in schema:
        return _joined(map(describe, schema["anyOf"]), " | ")
    if schema.get("type") == "array":
        return (Word("["), *describe(schema.get("items", {})), Word("]"))
    if schema.get("type") == "object":
        return _describe_object(schema)
    kinds = [json.dumps(value) for value in schema.get("enum", ())]
    kind = schema.get("type", "anything")
    kinds = kinds or (kind if isinstance(kind, list) else [str(kind)])
    return (Word(" | ".join(kinds)),)


def _describe_object(schema: Json) -> Type:
    if properties := schema.get("properties"):
        pairs = [(Word(f"{name}: "), *describe(part)) for name, part in properties.items()]
        return (Word("{"), *_joined(pairs, ", "), Word("}"))
    more = schema.get("additionalProperties")
    return (Word("{…: "), *describe(more), Word("}")) if isinstance(more, dict) else _ANY_OBJECT


_ANY_OBJECT: Final = (Word("object"),)


def _joined(parts: Iterator[Type] | Sequence[Type], between: str) -> Type:
    words: list[Word] = []
    for part in parts:
        words += [Word(between), *part] if words else part
    return tuple(words)


def _operation(document: Json, path: str, method: str, operation: Json, base_url: str) -> Operation:
    content = operation.get("requestBody", {}).get("content", {})
    return Operation(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation["summary"],
        about=operation.get("description", ""),
        needs_key=bool(operation["security"]),
        parameters=tuple(
            Field(
                parameter["name"],
                describe(parameter["schema"]),
                parameter.get("required", False),
                parameter.get("description", ""),
                parameter["in"],
            )
            for parameter in operation.get("parameters", ())
        ),
        bodies=tuple((kind, describe(body["schema"])) for kind, body in content.items()),
        body_fields=tuple(
            field
            for kind, body in content.items()
            if kind == "application/json"
            for field in _fields(_resolved(document, body["schema"]))
        ),
        answers=tuple(
            _answer(document, status, answer) for status, answer in operation["responses"].items()
        ),
        curl=_curl(document, path, method, operation, base_url),
    )


def _answer(document: Json, status: str, answer: Json) -> Answer:
    if "$ref" in answer:
        about = document["components"]["responses"][answer["$ref"].rpartition("/")[2]]
        codes = about["description"].replace("`", "").split(", ")
        return Answer(status, "", (), tuple(codes))
    contents = tuple(
        (kind, describe(content["schema"])) for kind, content in answer.get("content", {}).items()
    )
    return Answer(status, answer["description"], contents, ())


def _fields(schema: Json) -> Iterator[Field]:
    required = schema.get("required", ())
    for name, part in schema.get("properties", {}).items():
        yield Field(name, describe(part), name in required, part.get("description", ""))


def _resolved(document: Json, schema: Json) -> Json:
    ref = schema.get("$ref")
    found: Json = document["components"]["schemas"][ref.removeprefix(_REF)] if ref else schema
    return found


def _curl(document: Json, path: str, method: str, operation: Json, base_url: str) -> str:
    """A line for a shell: what is in capitals is the reader's to fill in."""
    content = operation.get("requestBody", {}).get("content", {})
    words = ["curl"]
    if operation["security"]:
        words.append('-H "Authorization: Bearer $KEY"')
    if "multipart/form-data" in content:
        words.append("-F archive=@app.tar.gz")
    elif "application/json" in content:
        sample = json.dumps(
            _sample(document, content["application/json"]["schema"]), ensure_ascii=False
        )
        words.append(f"--json '{sample}'")
    elif method == "post":
        words.append("-X POST")
    if method not in {"get", "post"}:
        words.append(f"-X {method.upper()}")
    if any("text/event-stream" in a.get("content", {}) for a in operation["responses"].values()):
        words.append("-N")
    place = "".join(
        part.upper() if part.isidentifier() and index % 2 else part
        for index, part in enumerate(path.replace("}", "{").split("{"))
    )
    return " ".join([*words, f"{base_url}{place}"])


def _sample(document: Json, schema: Json) -> Any:
    """The least that fits a schema; where nothing is required, its first field as an example."""
    schema = _resolved(document, schema)
    if "anyOf" in schema:
        return _sample(document, schema["anyOf"][0])
    match schema.get("type"):
        case "object":
            properties = schema.get("properties", {})
            wanted = schema.get("required") or list(properties)[:1]
            return {name: _sample(document, properties[name]) for name in wanted}
        case "array":
            return [_sample(document, schema.get("items", {}))]
        case "integer" | "number":
            return 1
        case "boolean":
            return True
        case _:
            return schema["enum"][0] if "enum" in schema else "…"
