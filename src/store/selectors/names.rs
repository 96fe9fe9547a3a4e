//! The names that advanced event selectors use: categories, fields and operators.

use crate::event::EventSchema;

/// A value of `eventCategory`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Category {
    /// Management events.
    Management,
    /// Data events.
    Data,
    /// Network activity events, of VPC endpoints.
    NetworkActivity,
    /// CloudTrail Insights events.
    Insight,
    /// Configuration items of AWS Config.
    ConfigurationItem,
    /// Evidence of Audit Manager.
    Evidence,
    /// Events from outside AWS.
    ActivityAuditLog,
}

/// All categories.
pub const CATEGORIES: [Category; 7] = [
    Category::Management,
    Category::Data,
    Category::NetworkActivity,
    Category::Insight,
    Category::ConfigurationItem,
    Category::Evidence,
    Category::ActivityAuditLog,
];

impl Category {
    /// Returns the value as AWS spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Management => "Management",
            Self::Data => "Data",
            Self::NetworkActivity => "NetworkActivity",
            Self::Insight => "Insight",
            Self::ConfigurationItem => "ConfigurationItem",
            Self::Evidence => "Evidence",
            Self::ActivityAuditLog => "ActivityAuditLog",
        }
    }

    /// Reads a value of `eventCategory`.
    pub fn from_name(name: &str) -> Option<Self> {
        CATEGORIES.into_iter().find(|category| category.name() == name)
    }

    /// Returns the category of stores that hold these: the first three have one schema and may share a store.
    pub fn schema(self) -> EventSchema {
        match self {
            Self::Management | Self::Data | Self::NetworkActivity => EventSchema::CloudTrail,
            Self::Insight => EventSchema::Insight,
            Self::ConfigurationItem => EventSchema::ConfigurationItem,
            Self::Evidence => EventSchema::Evidence,
            Self::ActivityAuditLog => EventSchema::ActivityAuditLog,
        }
    }
}

/// A field that selectors can look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SelectorField {
    /// `eventCategory`
    EventCategory,
    /// `readOnly`
    ReadOnly,
    /// `eventSource`
    EventSource,
    /// `eventName`
    EventName,
    /// `eventType`
    EventType,
    /// `resources.type`
    ResourcesType,
    /// `resources.ARN`
    ResourcesArn,
    /// `sessionCredentialFromConsole`
    SessionCredentialFromConsole,
    /// `userIdentity.arn`
    UserIdentityArn,
    /// `errorCode`
    ErrorCode,
    /// `vpcEndpointId`
    VpcEndpointId,
}

/// All fields.
pub const SELECTOR_FIELDS: [SelectorField; 11] = [
    SelectorField::EventCategory,
    SelectorField::ReadOnly,
    SelectorField::EventSource,
    SelectorField::EventName,
    SelectorField::EventType,
    SelectorField::ResourcesType,
    SelectorField::ResourcesArn,
    SelectorField::SessionCredentialFromConsole,
    SelectorField::UserIdentityArn,
    SelectorField::ErrorCode,
    SelectorField::VpcEndpointId,
];

impl SelectorField {
    /// Returns the field as AWS spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::EventCategory => "eventCategory",
            Self::ReadOnly => "readOnly",
            Self::EventSource => "eventSource",
            Self::EventName => "eventName",
            Self::EventType => "eventType",
            Self::ResourcesType => "resources.type",
            Self::ResourcesArn => "resources.ARN",
            Self::SessionCredentialFromConsole => "sessionCredentialFromConsole",
            Self::UserIdentityArn => "userIdentity.arn",
            Self::ErrorCode => "errorCode",
            Self::VpcEndpointId => "vpcEndpointId",
        }
    }

    /// Reads the name of a field.
    pub fn from_name(name: &str) -> Option<Self> {
        SELECTOR_FIELDS.into_iter().find(|field| field.name() == name)
    }
}

/// How the values of a condition are compared with those of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operator {
    /// The whole value.
    Equals,
    /// The beginning of the value.
    StartsWith,
    /// The end of the value.
    EndsWith,
    /// Not the whole value.
    NotEquals,
    /// Not the beginning of the value.
    NotStartsWith,
    /// Not the end of the value.
    NotEndsWith,
}

/// All operators, in the order of AWS's service model.
pub const OPERATORS: [Operator; 6] = [
    Operator::Equals,
    Operator::StartsWith,
    Operator::EndsWith,
    Operator::NotEquals,
    Operator::NotStartsWith,
    Operator::NotEndsWith,
];

impl Operator {
    /// Returns the operator as AWS spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Equals => "Equals",
            Self::StartsWith => "StartsWith",
            Self::EndsWith => "EndsWith",
            Self::NotEquals => "NotEquals",
            Self::NotStartsWith => "NotStartsWith",
            Self::NotEndsWith => "NotEndsWith",
        }
    }

    /// Reads the name of an operator.
    pub fn from_name(name: &str) -> Option<Self> {
        OPERATORS.into_iter().find(|operator| operator.name() == name)
    }

    /// Whether events that match a value are excluded.
    pub fn is_negative(self) -> bool {
        matches!(self, Self::NotEquals | Self::NotStartsWith | Self::NotEndsWith)
    }

    /// Whether `value`, of an event, matches the selector's `wanted`; for a negative operator, whether it is
    /// excluded.
    pub fn matches(self, value: &[u8], wanted: &str) -> bool {
        match self {
            Self::Equals | Self::NotEquals => value == wanted.as_bytes(),
            Self::StartsWith | Self::NotStartsWith => value.starts_with(wanted.as_bytes()),
            Self::EndsWith | Self::NotEndsWith => value.ends_with(wanted.as_bytes()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for category in CATEGORIES {
            assert_eq!(Category::from_name(category.name()), Some(category));
        }
        for field in SELECTOR_FIELDS {
            assert_eq!(SelectorField::from_name(field.name()), Some(field));
        }
        for operator in OPERATORS {
            assert_eq!(Operator::from_name(operator.name()), Some(operator));
            assert_eq!(operator.is_negative(), operator.name().starts_with("Not"));
        }
        assert!(OPERATORS.is_sorted());
        assert_eq!(SelectorField::from_name("resources.arn"), None);
    }
}
