"""Facts of the catalogue, its schema and its documentation."""

import jsonschema
import pytest

from tasks.demo.catalogue import Catalogue, load_catalogue, workflow_schema
from tasks.demo.documentation import documentation, parse_documentation

CATALOGUE = load_catalogue()
VALID = {
    "trigger": "order_created",
    "conditions": [{"field": "order.total_price", "operator": "greater_than", "value": 200}],
    "actions": [{"action": "add_customer_tags", "parameters": {"tags": ["vip"]}}],
}


def test_the_catalogue_is_as_large_as_a_real_product() -> None:
    assert len(CATALOGUE.triggers) >= 15
    assert len(CATALOGUE.fields) >= 60
    assert len(CATALOGUE.actions) >= 25
    assert {field.type for field in CATALOGUE.fields} == {
        "number",
        "text",
        "enum",
        "boolean",
        "list of text",
        "date",
        "duration",
    }


def test_ids_are_unique_and_phrases_are_never_shared_within_a_kind() -> None:
    for kind in (CATALOGUE.triggers, CATALOGUE.fields, CATALOGUE.actions):
        assert len({element.id for element in kind}) == len(kind)
        phrases = [phrase for element in kind for phrase in (*element.phrases, *element.slang)]
        assert len(set(phrases)) == len(phrases)
        assert all(len(element.phrases) >= 3 for element in kind)


def test_stuffing_a_status_into_tags_is_possible() -> None:
    assert CATALOGUE.fields_by_id["customer.tags"].type == "list of text"
    assert {value.id for value in CATALOGUE.fields_by_id["customer.account_status"].values} >= {"ENABLED", "DISABLED"}


def test_the_schema_takes_a_valid_workflow() -> None:
    jsonschema.Draft202012Validator.check_schema(workflow_schema(CATALOGUE))
    jsonschema.validate(VALID, workflow_schema(CATALOGUE))


@pytest.mark.parametrize(
    "change",
    [
        {"trigger": "order_exploded"},
        {"conditions": [{"field": "order.total_price", "operator": "contains", "value": 200}]},
        {"conditions": [{"field": "order.total_price", "operator": "equals", "value": "200"}]},
        {"conditions": [{"field": "customer.account_status", "operator": "equals", "value": "enabled"}]},
        {"actions": [{"action": "add_customer_tags", "parameters": {}}]},
        {"actions": [{"action": "send_email", "parameters": {"to": "nobody", "subject": "Hello"}}]},
        {"actions": []},
    ],
)
def test_the_schema_refuses_what_the_product_cannot_run(change: dict[str, object]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(VALID | change, workflow_schema(CATALOGUE))


def stripped(catalogue: Catalogue, *, phrases: bool) -> dict[str, object]:
    """The catalogue without what documentation never tells."""
    content = catalogue.model_dump()
    for kind in content.values():
        for element in kind:
            element["slang"] = ()
            if not phrases:
                element["phrases"] = ()
            for owner in [element, *element.get("parameters", ())]:
                owner.pop("description", None) if owner is not element else None
                for value in owner.get("values", ()):
                    value["phrases"] = value["phrases"] if phrases else ()
    return content


@pytest.mark.parametrize(("share", "phrases"), [(1.0, True), (0.0, False)])
def test_documentation_reads_back_what_it_tells(share: float, phrases: bool) -> None:
    read = parse_documentation(
        "Some prose.\n\n" + documentation(CATALOGUE, share) + "\n# Examples\n- `not_an_entry`: no.\n"
    )
    assert stripped(read, phrases=phrases) == stripped(CATALOGUE, phrases=phrases)


def test_documentation_tells_the_asked_share_of_phrases_and_no_slang() -> None:
    def count(catalogue: Catalogue) -> int:
        return sum(len(e.phrases) for kind in (catalogue.triggers, catalogue.fields, catalogue.actions) for e in kind)

    text = documentation(CATALOGUE)
    assert 0.5 < count(parse_documentation(text)) / count(CATALOGUE) < 0.7
    assert all(f'"{slang}"' not in text for trigger in CATALOGUE.triggers for slang in trigger.slang)
