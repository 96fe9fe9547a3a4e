//! The syntax tree: what may run, how columns are labelled, and how names of structs are reached.

use super::error::QueryError;
use crate::event::schema::{self, Type};
use datafusion::common::DFSchemaRef;
use datafusion::sql::parser::{DFParserBuilder, Statement};
use datafusion::sql::sqlparser::ast::{
    AccessExpr, BinaryOperator, Expr, FunctionArg, FunctionArgExpr, FunctionArguments, Ident,
    ObjectNamePart, Query, Select, SelectItem, SetExpr, Statement as SqlStatement, Subscript,
    Value, VisitMut, VisitorMut,
};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer};
use std::collections::HashSet;
use std::ops::ControlFlow;

/// Deepest nesting of a statement.
const RECURSION: usize = 128;

/// A statement ready for the planner.
pub(super) struct Parsed {
    pub(super) statement: Statement,
    pub(super) labels: Labels,
}

/// Labels of a statement's columns, as typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Labels(Vec<Label>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Label {
    Named(String),
    Unnamed,
    /// `*` or `t.*`: as many as there are.
    Star,
}

/// Parses one statement that only reads.
pub(super) fn parse(sql: &str) -> Result<Parsed, QueryError> {
    parse_statement(sql).and_then(|parsed| match shown(&parsed.statement) {
        Some(query) => parse_statement(&query),
        None => Ok(parsed),
    })
}

/// What SHOW and DESCRIBE ask for, as a query. Every table has the same columns.
fn shown(statement: &Statement) -> Option<String> {
    let Statement::Statement(statement) = statement else { return None };
    let table = match &**statement {
        SqlStatement::ShowTables { .. } => {
            return Some(
                "SELECT table_name AS \"Table\" FROM information_schema.tables \
                 WHERE table_schema = 'default' ORDER BY 1"
                    .to_owned(),
            );
        }
        SqlStatement::ExplainTable { table_name, .. } => table_name.to_string(),
        SqlStatement::ShowColumns { show_options, .. } => {
            show_options.show_in.as_ref()?.parent_name.as_ref()?.to_string()
        }
        _ => return None,
    };
    let rows: Vec<_> = schema::COLUMNS
        .iter()
        .enumerate()
        .map(|(at, c)| format!("({at}, '{}', '{}')", c.name, schema::sql_type(c.kind)))
        .collect();
    // The table is named, too, so that one that is not there is an error.
    Some(format!(
        "SELECT name AS \"Column\", kind AS \"Type\" FROM (VALUES {}) AS c (at, name, kind) \
         WHERE (SELECT count(*) FROM {table}) >= 0 ORDER BY at",
        rows.join(", ")
    ))
}

fn parse_statement(sql: &str) -> Result<Parsed, QueryError> {
    let tokens = Tokenizer::new(&GenericDialect {}, sql).tokenize_with_location()?;
    let labels = labels_of(&one_statement(tokens.clone())?);
    // SQL names have no case here, quoted or not; the labels were taken before it went.
    let lowered = tokens.into_iter().map(|mut token| {
        if let Token::Word(word) = &mut token.token
            && word.quote_style.is_some()
        {
            word.value = word.value.to_lowercase();
        }
        token
    });
    let mut statement = one_statement(lowered.collect())?;
    only_reads(&statement)?;
    if let Some(query) = query_of(&mut statement) {
        name_outputs(&mut query.body);
        let _: ControlFlow<()> = query.visit(&mut Rewriter);
    }
    Ok(Parsed { statement, labels })
}

fn one_statement(tokens: Vec<TokenWithSpan>) -> Result<Statement, QueryError> {
    let mut parser = DFParserBuilder::new(tokens)
        .with_dialect(&GenericDialect {})
        .with_recursion_limit(RECURSION)
        .build()?;
    let mut statements = parser.parse_statements()?;
    match (statements.pop_front(), statements.pop_front()) {
        (Some(statement), None) => Ok(statement),
        (None, _) => Err(QueryError::Empty),
        (Some(_), Some(_)) => Err(QueryError::Several),
    }
}

fn query_of(statement: &mut Statement) -> Option<&mut Query> {
    match statement {
        Statement::Statement(statement) => match &mut **statement {
            SqlStatement::Query(query) => Some(query),
            SqlStatement::Explain { statement, .. } => match &mut **statement {
                SqlStatement::Query(query) => Some(query),
                _ => None,
            },
            _ => None,
        },
        Statement::Explain(explain) => query_of(&mut explain.statement),
        _ => None,
    }
}

/// Refuses everything that does more than read.
fn only_reads(statement: &Statement) -> Result<(), QueryError> {
    let refused = |statement: &dyn std::fmt::Display| {
        let text = statement.to_string();
        let verb = text.split_whitespace().next().unwrap_or_default().to_uppercase();
        Err(QueryError::NotSelect(verb))
    };
    match statement {
        Statement::Explain(explain) => only_reads(&explain.statement),
        Statement::Statement(statement) => match &**statement {
            SqlStatement::Query(query) if reads(&query.body) => Ok(()),
            SqlStatement::ExplainTable { .. }
            | SqlStatement::ShowTables { .. }
            | SqlStatement::ShowColumns { .. } => Ok(()),
            SqlStatement::Explain { statement, .. } => {
                only_reads(&Statement::Statement(statement.clone()))
            }
            other => refused(other),
        },
        other => refused(other),
    }
}

fn reads(body: &SetExpr) -> bool {
    match body {
        SetExpr::Select(select) => select.into.is_none(),
        SetExpr::Query(query) => reads(&query.body),
        SetExpr::SetOperation { left, right, .. } => reads(left) && reads(right),
        SetExpr::Values(_) | SetExpr::Table(_) => true,
        SetExpr::Insert(_) | SetExpr::Update(_) | SetExpr::Delete(_) | SetExpr::Merge(_) => false,
    }
}

fn labels_of(statement: &Statement) -> Labels {
    let Statement::Statement(statement) = statement else { return Labels(vec![Label::Star]) };
    let SqlStatement::Query(query) = &**statement else { return Labels(vec![Label::Star]) };
    match first_select(&query.body) {
        Some(select) => Labels(select.projection.iter().map(label_of).collect()),
        None => Labels(Vec::new()),
    }
}

/// The select whose names a query's columns have: the leftmost of a set operation.
fn first_select(body: &SetExpr) -> Option<&Select> {
    match body {
        SetExpr::Select(select) => Some(select),
        SetExpr::Query(query) => first_select(&query.body),
        SetExpr::SetOperation { left, .. } => first_select(left),
        _ => None,
    }
}

fn label_of(item: &SelectItem) -> Label {
    match item {
        SelectItem::UnnamedExpr(expr) => {
            name_of(expr).map_or(Label::Unnamed, |i| Label::Named(i.value.clone()))
        }
        SelectItem::ExprWithAlias { alias, .. } => Label::Named(alias.value.clone()),
        _ => Label::Star,
    }
}

/// The name that a column reference or a field access carries.
fn name_of(expr: &Expr) -> Option<&Ident> {
    match expr {
        Expr::Identifier(name) => Some(name),
        Expr::CompoundIdentifier(parts) => parts.last(),
        Expr::CompoundFieldAccess { access_chain, .. } => match access_chain.last() {
            Some(AccessExpr::Dot(Expr::Identifier(name))) => Some(name),
            _ => None,
        },
        Expr::Nested(inner) => name_of(inner),
        _ => None,
    }
}

impl Labels {
    /// Returns one label for each column of `schema`.
    pub(super) fn expand(&self, schema: &DFSchemaRef) -> Vec<String> {
        let width = schema.fields().len();
        let stars = self.0.iter().filter(|label| **label == Label::Star).count();
        let named = self.0.len() - stars;
        let own_names = || schema.fields().iter().map(|f| f.name().clone()).collect();
        if stars > 1 || named + stars > width.max(1) {
            return own_names();
        }
        let mut labels = Vec::with_capacity(width);
        for label in &self.0 {
            match label {
                Label::Named(name) => labels.push(name.clone()),
                Label::Unnamed => labels.push(format!("_col{}", labels.len())),
                Label::Star => {
                    let starred = schema.fields().iter().skip(labels.len()).take(width - named);
                    labels.extend(starred.map(|f| f.name().clone()));
                }
            }
        }
        // VALUES has no names at all.
        while labels.len() < width {
            labels.push(format!("_col{}", labels.len()));
        }
        labels
    }
}

/// Gives every output column a name of its own, which the planner demands and ORDER BY may use.
fn name_outputs(body: &mut SetExpr) {
    match body {
        SetExpr::Query(query) => name_outputs(&mut query.body),
        SetExpr::SetOperation { left, .. } => name_outputs(left),
        SetExpr::Select(select) => {
            let mut taken = HashSet::new();
            for (at, item) in select.projection.iter_mut().enumerate() {
                let (expr, mut name) = match item {
                    SelectItem::UnnamedExpr(expr) => {
                        let name = name_of(expr).map_or_else(|| format!("_col{at}"), lowered);
                        (expr, name)
                    }
                    SelectItem::ExprWithAlias { expr, alias } => (expr, lowered(alias)),
                    _ => continue,
                };
                if !taken.insert(name.clone()) {
                    name = format!("{name}:{at}");
                    taken.insert(name.clone());
                } else if matches!(expr, Expr::Identifier(_)) {
                    continue; // it has this name already, or an alias
                }
                let expr = expr.clone();
                *item = SelectItem::ExprWithAlias { expr, alias: Ident::with_quote('"', name) };
            }
        }
        _ => {}
    }
}

fn lowered(name: &Ident) -> String {
    name.value.to_lowercase()
}

struct Rewriter;

impl VisitorMut for Rewriter {
    type Break = ();

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        match expr {
            Expr::CompoundIdentifier(parts) => {
                if let Some(access) = into_structs(parts) {
                    *expr = access;
                }
            }
            Expr::CompoundFieldAccess { access_chain, .. } => {
                for access in access_chain {
                    if let AccessExpr::Dot(Expr::Identifier(name)) = access {
                        *access = field_access(name);
                    }
                }
            }
            Expr::Function(function) => {
                let is_count_if = matches!(
                    function.name.0.as_slice(),
                    [ObjectNamePart::Identifier(name)] if name.value.eq_ignore_ascii_case("count_if")
                );
                if is_count_if {
                    count_if(function);
                }
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

/// `count_if(x)` is `count(*) FILTER (WHERE x)`.
fn count_if(function: &mut datafusion::sql::sqlparser::ast::Function) {
    let FunctionArguments::List(list) = &mut function.args else { return };
    let [FunctionArg::Unnamed(FunctionArgExpr::Expr(condition))] = list.args.as_slice() else {
        return;
    };
    let mut filter = Expr::Nested(Box::new(condition.clone()));
    if let Some(other) = function.filter.take() {
        filter = Expr::BinaryOp {
            left: Box::new(filter),
            op: BinaryOperator::And,
            right: Box::new(Expr::Nested(other)),
        };
    }
    list.args = vec![FunctionArg::Unnamed(FunctionArgExpr::Wildcard)];
    function.filter = Some(Box::new(filter));
    function.name.0 = vec![ObjectNamePart::Identifier(Ident::new("count"))];
}

/// `column.field.field` and `table.column.field` as accesses to fields, when the column is one of
/// ours that has fields. The planner itself stops at four parts and knows fields by exact case.
fn into_structs(parts: &[Ident]) -> Option<Expr> {
    let is_struct = |part: &Ident| {
        let name = lowered(part);
        schema::COLUMNS.iter().any(|c| c.name == name && matches!(c.kind, Type::Struct(_)))
    };
    let fields_from = (1..parts.len()).take(2).find(|at| is_struct(&parts[at - 1]))?;
    let (column, fields) = parts.split_at(fields_from);
    let root = match column {
        [name] => Expr::Identifier(name.clone()),
        _ => Expr::CompoundIdentifier(column.to_vec()),
    };
    let access_chain = fields.iter().map(field_access).collect();
    Some(Expr::CompoundFieldAccess { root: Box::new(root), access_chain })
}

fn field_access(name: &Ident) -> AccessExpr {
    let typed = lowered(name);
    let aliased = schema::FIELD_ALIASES.iter().find(|(alias, _)| *alias == typed);
    let field = aliased.map_or(typed, |(_, real)| (*real).to_owned());
    let literal = Value::SingleQuotedString(field).with_span(name.span);
    AccessExpr::Subscript(Subscript::Index { index: Expr::Value(literal) })
}
