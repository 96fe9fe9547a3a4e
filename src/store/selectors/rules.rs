//! What AWS allows in selectors: fields and operators by category, limits, values.
//!
//! There is no list of resource types: AWS adds to it all the time.

use super::error::{Place, SelectorError, quoted, sentence};
use super::names::{CATEGORIES, Category, OPERATORS, Operator, SelectorField};
use super::{AdvancedEventSelector, Condition, FieldSelector};

/// Selectors that a store can have.
pub const MAX_SELECTORS: usize = 5;
/// Values in all selectors of a store.
pub const MAX_VALUES: usize = 500;
/// Values of `resources.ARN` in all selectors of a store.
pub const MAX_DATA_RESOURCE_VALUES: usize = 250;
/// Characters of a selector's name.
const MAX_NAME_CHARS: usize = 1_000;
/// Characters of a value.
const MAX_VALUE_CHARS: usize = 2_048;

/// Resource types whose resources have no ARN, and what these are called.
const WITHOUT_ARN: [(&str, &str); 1] = [("AWS::XRay::Trace", "X-Ray traces")];

/// What a category allows a field.
struct FieldRule {
    field: SelectorField,
    required: bool,
    operators: &'static [Operator],
    /// Whether the field takes one value only.
    single: bool,
}

const EQUALS: &[Operator] = &[Operator::Equals];
const EQUALS_OR_NOT: &[Operator] = &[Operator::Equals, Operator::NotEquals];

const fn optional(field: SelectorField, operators: &'static [Operator]) -> FieldRule {
    FieldRule { field, required: false, operators, single: false }
}

const fn required(field: SelectorField) -> FieldRule {
    FieldRule { field, required: true, operators: EQUALS, single: true }
}

const MANAGEMENT: &[FieldRule] = &[
    required(SelectorField::EventCategory),
    optional(SelectorField::ReadOnly, EQUALS),
    optional(SelectorField::EventSource, &OPERATORS),
    optional(SelectorField::EventName, &OPERATORS),
    optional(SelectorField::EventType, &OPERATORS),
    optional(SelectorField::SessionCredentialFromConsole, EQUALS_OR_NOT),
    optional(SelectorField::UserIdentityArn, &OPERATORS),
];

const DATA: &[FieldRule] = &[
    required(SelectorField::EventCategory),
    required(SelectorField::ResourcesType),
    optional(SelectorField::ReadOnly, EQUALS),
    optional(SelectorField::EventSource, &OPERATORS),
    optional(SelectorField::EventName, &OPERATORS),
    optional(SelectorField::EventType, &OPERATORS),
    optional(SelectorField::ResourcesArn, &OPERATORS),
    optional(SelectorField::SessionCredentialFromConsole, EQUALS_OR_NOT),
    optional(SelectorField::UserIdentityArn, &OPERATORS),
];

const NETWORK_ACTIVITY: &[FieldRule] = &[
    required(SelectorField::EventCategory),
    required(SelectorField::EventSource),
    optional(SelectorField::EventName, &OPERATORS),
    optional(SelectorField::ErrorCode, EQUALS),
    optional(SelectorField::VpcEndpointId, &OPERATORS),
];

/// Events of these are selected as a whole.
const NOT_FILTERED: &[FieldRule] = &[required(SelectorField::EventCategory)];

fn field_rules(category: Category) -> &'static [FieldRule] {
    match category {
        Category::Management => MANAGEMENT,
        Category::Data => DATA,
        Category::NetworkActivity => NETWORK_ACTIVITY,
        Category::Insight
        | Category::ConfigurationItem
        | Category::Evidence
        | Category::ActivityAuditLog => NOT_FILTERED,
    }
}

/// Checks the selectors of a store.
pub(super) fn check(selectors: &[AdvancedEventSelector]) -> Result<(), SelectorError> {
    if selectors.is_empty() {
        return Err(SelectorError::of_text(
            "the list is empty, and would let no event through; a store without selectors takes every event",
        ));
    }
    if selectors.len() > MAX_SELECTORS {
        return Err(SelectorError::of_text(format!(
            "there are {} selectors, and at most {MAX_SELECTORS} are allowed",
            selectors.len()
        )));
    }
    for (at, selector) in selectors.iter().enumerate() {
        check_selector(selector, &Place::of_selector(at + 1, selector.name()))?;
    }
    check_totals(selectors)?;
    check_kinds(selectors)
}

fn check_totals(selectors: &[AdvancedEventSelector]) -> Result<(), SelectorError> {
    let count = |of: &dyn Fn(&FieldSelector) -> bool| -> usize {
        let fields = selectors.iter().flat_map(|s| &s.field_selectors).filter(|field| of(field));
        fields.flat_map(|field| &field.conditions).map(|condition| condition.values.len()).sum()
    };
    let all = count(&|_| true);
    if all > MAX_VALUES {
        return Err(SelectorError::of_text(format!(
            "there are {all} values in all selectors, and at most {MAX_VALUES} are allowed"
        )));
    }
    let resources = count(&|field| field.field == SelectorField::ResourcesArn);
    if resources > MAX_DATA_RESOURCE_VALUES {
        return Err(SelectorError::of_text(format!(
            "there are {resources} values of resources.ARN in all selectors, and at most {MAX_DATA_RESOURCE_VALUES} \
             are allowed; StartsWith can stand for many, and without resources.ARN all resources are selected"
        )));
    }
    Ok(())
}

/// A store holds events of one schema.
fn check_kinds(selectors: &[AdvancedEventSelector]) -> Result<(), SelectorError> {
    let mut first = None;
    for (at, selector) in selectors.iter().enumerate() {
        let Some(category) = selector.category() else { continue };
        let first = *first.get_or_insert(category);
        if category.schema() != first.schema() {
            let place = Place::of_selector(at + 1, selector.name());
            return Err(place.at_field(SelectorField::EventCategory).error(format!(
                "{} and {} events have different schemas and cannot be in one store; only Management, Data and \
                 NetworkActivity can be mixed",
                category.name(),
                first.name()
            )));
        }
    }
    Ok(())
}

fn check_selector(selector: &AdvancedEventSelector, place: &Place) -> Result<(), SelectorError> {
    let name = selector.name().unwrap_or_default();
    if name.chars().count() > MAX_NAME_CHARS {
        return Err(place.error(format!("the name is longer than {MAX_NAME_CHARS} characters")));
    }
    if name.contains(['\n', '\r']) {
        return Err(place.error("the name has a line break"));
    }
    if selector.field_selectors.is_empty() {
        return Err(place.error("FieldSelectors is empty; a selector needs at least eventCategory"));
    }
    check_repeated(selector, place)?;
    let rules = field_rules(category(selector, place)?);
    for field in &selector.field_selectors {
        check_field(field, selector, rules, &place.at_field(field.field))?;
    }
    check_required(selector, rules, place)?;
    check_arn(selector, place)
}

/// AWS joins the operators of a field (positive ones by OR), and says nothing of a field given twice.
fn check_repeated(selector: &AdvancedEventSelector, place: &Place) -> Result<(), SelectorError> {
    for (at, field) in selector.field_selectors.iter().enumerate() {
        if selector.field_selectors[..at].iter().any(|other| other.field == field.field) {
            return Err(place.at_field(field.field).error(
                "the field is given twice in one selector; put its operators into one field selector, or make two \
                 selectors of it, either of which lets an event through",
            ));
        }
    }
    Ok(())
}

fn category(selector: &AdvancedEventSelector, place: &Place) -> Result<Category, SelectorError> {
    let names = CATEGORIES.map(Category::name);
    let of_category = |field: &&FieldSelector| field.field == SelectorField::EventCategory;
    let Some(field) = selector.field_selectors.iter().find(of_category) else {
        return Err(place.error(format!(
            "eventCategory is missing; each selector needs it with Equals and one of {}",
            sentence(&names, "or")
        )));
    };
    let place = place.at_field(field.field);
    check_operators(field, EQUALS, &place)?;
    check_single(field, &place)?;
    let value = field.conditions.first().and_then(|condition| condition.values.first());
    let value = value.map(String::as_str).unwrap_or_default();
    Category::from_name(value).ok_or_else(|| {
        place.at_operator(Operator::Equals).error(format!(
            "there is no category {}; the categories are {}",
            quoted(value),
            sentence(&names, "and")
        ))
    })
}

fn check_field(
    field: &FieldSelector,
    selector: &AdvancedEventSelector,
    rules: &[FieldRule],
    place: &Place,
) -> Result<(), SelectorError> {
    let Some(rule) = rules.iter().find(|rule| rule.field == field.field) else {
        return Err(not_of_category(field.field, selector, rules, place));
    };
    check_operators(field, rule.operators, place)?;
    for condition in &field.conditions {
        check_values(field.field, condition, &place.at_operator(condition.operator))?;
    }
    if rule.single { check_single(field, place) } else { Ok(()) }
}

fn not_of_category(
    field: SelectorField,
    selector: &AdvancedEventSelector,
    rules: &[FieldRule],
    place: &Place,
) -> SelectorError {
    let category = selector.category().map(Category::name).unwrap_or_default();
    let fields: Vec<_> = rules.iter().map(|rule| rule.field.name()).collect();
    let of: Vec<_> = CATEGORIES
        .into_iter()
        .filter(|category| field_rules(*category).iter().any(|rule| rule.field == field))
        .map(Category::name)
        .collect();
    let allowed = match rules.len() {
        1 => format!("{category} events are selected as a whole, by eventCategory alone"),
        _ => format!("{category} events can be selected by {}", sentence(&fields, "and")),
    };
    place.error(format!("the field selects {} events only; {allowed}", sentence(&of, "and")))
}

fn check_operators(
    field: &FieldSelector,
    allowed: &[Operator],
    place: &Place,
) -> Result<(), SelectorError> {
    let names: Vec<_> = allowed.iter().map(|operator| operator.name()).collect();
    match field.conditions.iter().find(|condition| !allowed.contains(&condition.operator)) {
        Some(condition) => Err(place
            .at_operator(condition.operator)
            .error(format!("this field takes {} only", sentence(&names, "and")))),
        None => Ok(()),
    }
}

fn check_single(field: &FieldSelector, place: &Place) -> Result<(), SelectorError> {
    let count: usize = field.conditions.iter().map(|condition| condition.values.len()).sum();
    if count == 1 {
        return Ok(());
    }
    let repair = match field.field {
        SelectorField::EventCategory => "",
        _ => "; make a selector for each value",
    };
    let place = place.at_operator(Operator::Equals);
    Err(place.error(format!("one value is expected, and there are {count}{repair}")))
}

fn check_required(
    selector: &AdvancedEventSelector,
    rules: &[FieldRule],
    place: &Place,
) -> Result<(), SelectorError> {
    let has = |rule: &FieldRule| selector.field_selectors.iter().any(|f| f.field == rule.field);
    match rules.iter().find(|rule| rule.required && !has(rule)) {
        Some(rule) => Err(place.at_field(rule.field).error(format!(
            "the field is missing; selectors of {} events need it with Equals and one value",
            selector.category().map(Category::name).unwrap_or_default()
        ))),
        None => Ok(()),
    }
}

/// Values of `resources.ARN` can only match where resources have ARNs.
fn check_arn(selector: &AdvancedEventSelector, place: &Place) -> Result<(), SelectorError> {
    let of = |wanted| selector.field_selectors.iter().find(|field| field.field == wanted);
    let Some(arn) = of(SelectorField::ResourcesArn) else { return Ok(()) };
    let types = of(SelectorField::ResourcesType).into_iter().flat_map(|field| &field.conditions);
    for resource_type in types.flat_map(|condition| &condition.values) {
        let without = WITHOUT_ARN.iter().find(|(known, _)| known == resource_type);
        if let Some((_, what)) = without {
            return Err(place.at_field(arn.field).error(format!(
                "{what} do not have ARNs, so events of {resource_type} cannot be selected by resources.ARN; select \
                 them by eventName, readOnly or userIdentity.arn"
            )));
        }
    }
    Ok(())
}

fn check_values(
    field: SelectorField,
    condition: &Condition,
    place: &Place,
) -> Result<(), SelectorError> {
    if condition.values.is_empty() {
        return Err(place
            .error("the list of values is empty; give at least one, or leave the operator out"));
    }
    condition
        .values
        .iter()
        .try_for_each(|value| check_value(field, condition.operator, value, place))
}

fn check_value(
    field: SelectorField,
    operator: Operator,
    value: &str,
    place: &Place,
) -> Result<(), SelectorError> {
    let wrong = |what: String| Err(place.error(format!("{}: {what}", quoted(value))));
    if value.is_empty() {
        return Err(place.error("a value is empty; values have at least one character"));
    }
    if value.chars().count() > MAX_VALUE_CHARS {
        return wrong(format!("a value has at most {MAX_VALUE_CHARS} characters"));
    }
    if value.contains(['\n', '\r']) {
        return wrong("a value has no line break".to_owned());
    }
    if has_wildcard(field, value) {
        return wrong(
            "there are no wildcards, * stands for itself; use StartsWith, EndsWith or their negations".to_owned(),
        );
    }
    match field {
        SelectorField::ReadOnly if !matches!(value, "true" | "false") => {
            wrong("readOnly is \"true\" or \"false\"".to_owned())
        }
        SelectorField::SessionCredentialFromConsole if value != "true" => wrong(
            "the field is \"true\" or missing; the events of no console session are NotEquals \"true\"".to_owned(),
        ),
        SelectorField::ErrorCode if value != "VpceAccessDenied" => {
            wrong("the only error code that can be selected is VpceAccessDenied".to_owned())
        }
        SelectorField::ResourcesArn if !is_enough_of_an_arn(operator, value) => wrong(format!(
            "{} needs a full ARN, such as arn:aws:s3:::bucket/key; for a part of one use StartsWith, EndsWith or their \
             negations",
            operator.name()
        )),
        _ => Ok(()),
    }
}

/// Whether a `*` was hardly meant for itself. Keys in S3 can have one, other fields cannot.
fn has_wildcard(field: SelectorField, value: &str) -> bool {
    match field {
        SelectorField::ResourcesArn => value.starts_with('*') || value.ends_with('*'),
        _ => value.contains('*'),
    }
}

fn is_enough_of_an_arn(operator: Operator, value: &str) -> bool {
    !matches!(operator, Operator::Equals | Operator::NotEquals) || is_full_arn(value)
}

/// Whether `value` has the parts of an ARN, `arn:partition:service:region:account:resource`; region and account may
/// be empty.
fn is_full_arn(value: &str) -> bool {
    let parts: Vec<_> = value.splitn(6, ':').collect();
    matches!(parts[..], ["arn", partition, service, _, _, resource]
        if [partition, service, resource].iter().all(|part| !part.is_empty()))
}
