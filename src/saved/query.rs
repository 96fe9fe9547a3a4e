//! One saved query.

use super::SavedError;
use super::parameters::{PARAMETER_TYPES, ParameterType, bind};
use crate::engine::parameters::Parameters;
use crate::engine::text;
use crate::output::chart::ChartKind;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use std::path::PathBuf;

/// Where a query comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// It is part of the program.
    Shipped,
    /// A file of the user's.
    File(PathBuf),
}

/// A parameter, as declared.
#[derive(Debug, Clone)]
pub struct ParameterDeclaration {
    /// Its name, without the dollar sign.
    pub name: String,
    /// Its type.
    pub data_type: ParameterType,
    /// The text of its value when none is given; NULL without.
    pub default: Option<String>,
    /// What it means.
    pub about: String,
}

/// A saved query.
#[derive(Debug, Clone)]
pub struct SavedQuery {
    /// Its path below the folder, without `.sql`: `security/root-use`.
    pub name: String,
    /// What it is called.
    pub title: String,
    /// What it answers, in one sentence.
    pub question: String,
    /// Techniques of MITRE ATT&CK that it shows.
    pub techniques: Vec<String>,
    /// The chart that fits its answer.
    pub chart: Option<ChartKind>,
    /// Its parameters.
    pub parameters: Vec<ParameterDeclaration>,
    /// The statement.
    pub sql: String,
    /// Byte of the file at which the statement begins.
    pub start: usize,
    /// The whole file, without a byte order mark.
    pub text: String,
    /// Where it comes from.
    pub origin: Origin,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FrontMatter {
    title: String,
    question: String,
    #[serde(default)]
    techniques: Vec<String>,
    chart: Option<ChartKind>,
    #[serde(default)]
    parameters: toml::Table,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Parameter {
    #[serde(rename = "type")]
    data_type: String,
    default: Option<String>,
    about: String,
}

/// Parameters that every query may use without declaring them.
fn standard(name: &str) -> Option<ParameterDeclaration> {
    let (default, about) = match name {
        "from" => ("1970-01-01", "First moment of the events"),
        "to" => ("9999-12-31", "Moment before which the events are"),
        _ => return None,
    };
    Some(ParameterDeclaration {
        name: name.to_owned(),
        data_type: ParameterType::Timestamp,
        default: Some(default.to_owned()),
        about: about.to_owned(),
    })
}

impl SavedQuery {
    /// Reads a query from the text of its file.
    ///
    /// # Errors
    /// When the comment is missing or wrong, or does not fit the statement.
    pub fn parse(name: &str, text: &str, origin: Origin) -> Result<Self, SavedError> {
        let text = text.trim_start_matches('\u{feff}');
        let inner = text.trim_start().strip_prefix("/*").ok_or(SavedError::NoFrontMatter)?;
        let (head, behind) = inner.split_once("*/").ok_or(SavedError::NoFrontMatter)?;
        let before = text.len() - inner.len();
        let line_of = |at: usize| {
            let read = text.get(..before + at).unwrap_or_default();
            1 + read.matches('\n').count()
        };
        let front: FrontMatter = toml::from_str(head).map_err(|error| SavedError::FrontMatter {
            line: line_of(error.span().map_or(0, |span| span.start)),
            message: error.message().to_owned(),
        })?;
        let statements = text::statements(behind);
        let [statement] = statements.as_slice() else {
            return Err(SavedError::Statements(statements.len()));
        };
        let sql = statement.sql;
        let mut parameters = Vec::new();
        for (name, value) in front.parameters {
            parameters.push(declared(name, value)?);
        }
        let used = text::parameters(sql);
        for name in &used {
            if !parameters.iter().any(|p| p.name == *name) {
                let given = standard(name).ok_or_else(|| {
                    SavedError::Declaration(format!("the statement's ${name} is not declared"))
                })?;
                parameters.push(given);
            }
        }
        if let Some(idle) = parameters.iter().find(|p| !used.contains(&p.name)) {
            let message = format!("parameter {} is not in the statement", idle.name);
            return Err(SavedError::Declaration(message));
        }
        let query = Self {
            name: name.to_owned(),
            title: front.title,
            question: front.question,
            techniques: front.techniques,
            chart: front.chart,
            parameters,
            sql: sql.to_owned(),
            start: text.len() - behind.len() + statement.start,
            text: text.to_owned(),
            origin,
        };
        // Whether a default can be read does not depend on the moment.
        query.bind(&[], DateTime::UNIX_EPOCH)?;
        Ok(query)
    }

    /// Returns the part of the name before the last slash.
    pub fn category(&self) -> &str {
        self.name.rsplit_once('/').map_or("", |(category, _)| category)
    }

    /// Returns the values of all parameters: those of `given`, name and text, and else the defaults.
    /// Times ago count from `now`.
    ///
    /// # Errors
    /// When `given` names an unknown parameter, or a text is not a value of its type.
    pub fn bind(
        &self,
        given: &[(String, String)],
        now: DateTime<Utc>,
    ) -> Result<Parameters, SavedError> {
        let known = |name: &str| self.parameters.iter().any(|p| p.name.eq_ignore_ascii_case(name));
        if let Some((name, _)) = given.iter().find(|(name, _)| !known(name)) {
            let names: Vec<_> = self.parameters.iter().map(|p| p.name.as_str()).collect();
            return Err(SavedError::UnknownParameter {
                query: self.name.clone(),
                name: name.clone(),
                known: if names.is_empty() { "none".to_owned() } else { names.join(", ") },
            });
        }
        let mut values = Parameters::at(now);
        for parameter in &self.parameters {
            let text = given
                .iter()
                .rev()
                .find(|(name, _)| parameter.name.eq_ignore_ascii_case(name))
                .map(|(_, text)| text.as_str())
                .or(parameter.default.as_deref());
            bind(&mut values, &parameter.name, parameter.data_type, text)?;
        }
        Ok(values)
    }

    /// Whether every one of `words` stands somewhere in the name, the title, the question or the
    /// techniques; case does not count.
    pub fn matches(&self, words: &[String]) -> bool {
        let text =
            format!("{} {} {} {}", self.name, self.title, self.question, self.techniques.join(" "));
        let text = text.to_lowercase();
        words.iter().all(|word| text.contains(&word.to_lowercase()))
    }
}

fn declared(name: String, value: toml::Value) -> Result<ParameterDeclaration, SavedError> {
    let wrong = |message: String| SavedError::Declaration(format!("parameter {name}: {message}"));
    let spelled = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        // The dialect takes these for the event data store.
        && !name.starts_with("eds");
    if !spelled {
        let message = "a name is made of a-z, 0-9 and _, and does not begin with eds";
        return Err(wrong(message.to_owned()));
    }
    let parameter: Parameter =
        value.try_into().map_err(|error: toml::de::Error| wrong(error.message().to_owned()))?;
    let data_type = ParameterType::from_name(&parameter.data_type).ok_or_else(|| {
        let known = PARAMETER_TYPES.map(ParameterType::name).join(", ");
        wrong(format!("there is no type {:?}; there are {known}", parameter.data_type))
    })?;
    Ok(ParameterDeclaration { data_type, default: parameter.default, about: parameter.about, name })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<SavedQuery, SavedError> {
        SavedQuery::parse("a/b", text, Origin::Shipped)
    }

    const GOOD: &str = "/*\ntitle = \"T\"\nquestion = \"Q?\"\nchart = \"bar\"\n\n[parameters.most]\n\
        type = \"bigint\"\ndefault = \"5\"\nabout = \"How many\"\n*/\nSELECT '$x' FROM event_data_store \
        WHERE eventTime >= $from LIMIT $most;\n";

    #[test]
    fn a_query_is_read() {
        let query = parse(GOOD).unwrap();
        assert_eq!((query.title.as_str(), query.category()), ("T", "a"));
        assert_eq!(query.chart, Some(ChartKind::Bar));
        let names: Vec<_> = query.parameters.iter().map(|p| p.name.as_str()).collect();
        assert_eq!(names, ["most", "from"]);
        assert!(query.sql.starts_with("SELECT") && query.sql.ends_with("$most"));
        assert!(query.text[query.start..].starts_with(&query.sql));
        assert!(query.matches(&["q?".to_owned(), "A/".to_owned()]));
        assert!(!query.matches(&["z".to_owned()]));
    }

    #[test]
    fn what_is_given_must_fit() {
        let query = parse(GOOD).unwrap();
        let bind = |name: &str, text: &str| {
            query
                .bind(&[(name.to_owned(), text.to_owned())], DateTime::UNIX_EPOCH)
                .map_err(|e| e.to_string())
        };
        assert!(bind("MOST", "7").is_ok());
        assert_eq!(bind("most", "x").unwrap_err(), "parameter most: \"x\" is not a whole number");
        assert_eq!(bind("m", "7").unwrap_err(), "a/b has no parameter \"m\"; it has most, from");
    }

    #[test]
    fn what_is_wrong_is_told() {
        for (text, want) in [
            (
                "SELECT 1",
                "line 1: a saved query begins with a comment /* ... */ that has its title and question",
            ),
            ("/*\ntitle = \"T\"\n*/ SELECT 1", "line 1: missing field `question`"),
            (
                "/*\ntitle = \"T\"\nquestion = 3\n*/ SELECT 1",
                "line 3: invalid type: integer `3`, expected a string",
            ),
            (
                "/*\ntitle = \"T\"\nquestion = \"Q\"\n*/ SELECT 1; SELECT 2",
                "one statement is expected after the comment, not 2",
            ),
            (
                "/*\ntitle = \"T\"\nquestion = \"Q\"\n*/ SELECT $x",
                "the statement's $x is not declared",
            ),
            (
                "/*\ntitle = \"T\"\nquestion = \"Q\"\nparameters.x = {type = \"date\", about = \"\"}\n*/ SELECT 1",
                "parameter x is not in the statement",
            ),
            (
                "/*\ntitle = \"T\"\nquestion = \"Q\"\nparameters.x = {type = \"int\", about = \"\"}\n*/ SELECT $x",
                "parameter x: there is no type \"int\"; there are varchar, bigint, double, boolean, date, timestamp",
            ),
            (
                "/*\ntitle = \"T\"\nquestion = \"Q\"\nparameters.x = {type = \"bigint\", default = \"x\", about = \"\"}\n*/ SELECT $x",
                "parameter x: \"x\" is not a whole number",
            ),
        ] {
            assert_eq!(parse(text).unwrap_err().to_string(), want, "{text}");
        }
    }
}
