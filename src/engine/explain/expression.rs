//! Expressions of a physical plan as people would write them.

use datafusion::common::{JoinSide, ScalarValue};
use datafusion::datasource::physical_plan::FileScanConfig;
use datafusion::datasource::source::DataSourceExec;
use datafusion::physical_expr::expressions::{
    BinaryExpr, CaseExpr, CastExpr, Column, InListExpr, IsNotNullExpr, IsNullExpr, LikeExpr,
    Literal, NotExpr,
};
use datafusion::physical_expr::{PhysicalExpr, ScalarFunctionExpr};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::aggregates::{AggregateExec, AggregateMode};
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::joins::utils::build_join_schema;
use datafusion::physical_plan::joins::{HashJoinExec, NestedLoopJoinExec};
use datafusion::physical_plan::projection::ProjectionExec;
use std::sync::Arc;

type Plan = Arc<dyn ExecutionPlan>;
type Expr = Arc<dyn PhysicalExpr>;

/// The most characters of an expression that are told.
const LONGEST: usize = 120;
/// How many computations that build on each other are told in one expression.
const LEVELS: usize = 2;
/// How DataFusion names what it computes once for several expressions.
const COMMON: &str = "__common_expr";

/// Returns the text of an expression over what `input` gives: columns are told as what they are made of.
pub(super) fn text(expr: &Expr, input: &Plan) -> String {
    text_over(expr, input, LEVELS)
}

fn text_over(expr: &Expr, input: &Plan, levels: usize) -> String {
    if let Some(column) = expr.downcast_ref::<Column>() {
        return origin(input, column.index(), levels);
    }
    short(text_with(expr, &|inner| text_over(inner, input, levels)))
}

/// Returns the text of an expression whose columns have names of their own.
pub(super) fn named_text(expr: &Expr) -> String {
    match expr.downcast_ref::<Column>() {
        Some(column) => plain(column.name()),
        None => short(text_with(expr, &named_text)),
    }
}

fn short(text: String) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}

/// Whether a column is one that DataFusion made for itself.
pub(super) fn is_common(name: &str) -> bool {
    name.starts_with(COMMON)
}

/// The text of an expression that is no column.
fn text_with(expr: &Expr, inner: &dyn Fn(&Expr) -> String) -> String {
    let negated = |negated| if negated { "NOT " } else { "" };
    let list = |exprs: &[Expr]| exprs.iter().map(inner).collect::<Vec<_>>().join(", ");
    if let Some(literal) = expr.downcast_ref::<Literal>() {
        return value(literal.value());
    }
    if let Some(binary) = expr.downcast_ref::<BinaryExpr>() {
        let side = |side: &Expr| {
            let looser = side.downcast_ref::<BinaryExpr>().is_some_and(|side| {
                side.op() != binary.op() && side.op().precedence() <= binary.op().precedence()
            });
            if looser { format!("({})", inner(side)) } else { inner(side) }
        };
        return format!("{} {} {}", side(binary.left()), binary.op(), side(binary.right()));
    }
    if let Some(case) = expr.downcast_ref::<CaseExpr>() {
        let whens = case.when_then_expr().iter();
        let whens = whens.map(|(when, then)| format!(" WHEN {} THEN {}", inner(when), inner(then)));
        let operand =
            case.expr().map_or_else(String::new, |operand| format!(" {}", inner(operand)));
        let last =
            case.else_expr().map_or_else(String::new, |last| format!(" ELSE {}", inner(last)));
        return format!("CASE{operand}{}{last} END", whens.collect::<String>());
    }
    // Layouts are the engine's; what is cast in SQL is a call.
    if let Some(cast) = expr.downcast_ref::<CastExpr>() {
        return inner(cast.expr());
    }
    if let Some(not) = expr.downcast_ref::<NotExpr>() {
        return format!("NOT ({})", inner(not.arg()));
    }
    if let Some(null) = expr.downcast_ref::<IsNullExpr>() {
        return format!("{} IS NULL", inner(null.arg()));
    }
    if let Some(null) = expr.downcast_ref::<IsNotNullExpr>() {
        return format!("{} IS NOT NULL", inner(null.arg()));
    }
    if let Some(among) = expr.downcast_ref::<InListExpr>() {
        let not = negated(among.negated());
        return format!("{} {not}IN ({})", inner(among.expr()), list(among.list()));
    }
    if let Some(like) = expr.downcast_ref::<LikeExpr>() {
        let not = negated(like.negated());
        return format!("{} {not}LIKE {}", inner(like.expr()), inner(like.pattern()));
    }
    if let Some(call) = expr.downcast_ref::<ScalarFunctionExpr>() {
        return call_text(call, inner);
    }
    // As it tells itself, but for what it is made of.
    expr.children()
        .into_iter()
        .fold(expr.to_string(), |text, child| text.replacen(&child.to_string(), &inner(child), 1))
}

/// The text of a call: members of rows with a dot, operators between what they take.
fn call_text(call: &ScalarFunctionExpr, inner: &dyn Fn(&Expr) -> String) -> String {
    let arguments: Vec<_> = call.args().iter().map(inner).collect();
    let (name, result) = call.name().split_once(':').unwrap_or((call.name(), ""));
    let between = match name {
        "add" => Some("+"),
        "subtract" => Some("-"),
        "multiply" => Some("*"),
        "divide" => Some("/"),
        "modulus" => Some("%"),
        "equal" => Some("="),
        "not_equal" => Some("<>"),
        "less_than" => Some("<"),
        "less_than_or_equal" => Some("<="),
        "greater_than" => Some(">"),
        "greater_than_or_equal" => Some(">="),
        "like" => Some("LIKE"),
        _ => None,
    };
    match (name, arguments.as_slice(), between) {
        ("get_field", [row, field], _) => format!("{row}.{}", field.trim_matches('\'')),
        ("subscript", [base, index], _) => format!("{base}[{index}]"),
        ("key", [only], _) => only.clone(),
        ("cast" | "try_cast", [only], _) => format!("{name}({only} AS {result})"),
        (_, [left, right], Some(between)) => format!("{left} {between} {right}"),
        _ => format!("{name}({})", arguments.join(", ")),
    }
}

/// The text of a constant.
fn value(value: &ScalarValue) -> String {
    let moment = match value {
        ScalarValue::TimestampMillisecond(Some(millis), _) => {
            chrono::DateTime::from_timestamp_millis(*millis)
        }
        ScalarValue::TimestampMicrosecond(Some(micros), _) => {
            chrono::DateTime::from_timestamp_micros(*micros)
        }
        ScalarValue::TimestampNanosecond(Some(nanos), _) => {
            Some(chrono::DateTime::from_timestamp_nanos(*nanos))
        }
        ScalarValue::TimestampSecond(Some(seconds), _) => {
            chrono::DateTime::from_timestamp(*seconds, 0)
        }
        _ => None,
    };
    match (moment, value.try_as_str()) {
        (Some(moment), _) => moment.format("%Y-%m-%d %H:%M:%S%.f").to_string(),
        (None, Some(Some(text))) => format!("'{}'", text.replace('\'', "''")),
        _ => value.to_string(),
    }
}

/// What a column of a plan is made of, through so many levels of what is computed.
fn origin(plan: &Plan, index: usize, levels: usize) -> String {
    let schema = plan.schema();
    let name = schema.fields().get(index).map_or("?", |field| field.name());
    let named = || if is_common(name) { "(...)".to_owned() } else { plain(name) };
    if let Some(projection) = plan.downcast_ref::<ProjectionExec>() {
        let Some(made) = projection.expr().get(index) else { return named() };
        return match (made.expr.is::<Column>(), levels.checked_sub(1)) {
            (true, _) => text_over(&made.expr, projection.input(), levels),
            (false, Some(levels)) if !is_common(name) => {
                text_over(&made.expr, projection.input(), levels)
            }
            _ => named(),
        };
    }
    if let Some(source) = plan.downcast_ref::<DataSourceExec>() {
        let scan = source.data_source().downcast_ref::<FileScanConfig>();
        let made = scan.and_then(|scan| scan.file_source().projection()?.as_ref().get(index));
        return match made {
            Some(made) if !is_common(name) => named_text(&made.expr),
            _ => named(),
        };
    }
    if let Some(aggregate) = plan.downcast_ref::<AggregateExec>() {
        let (groups, calls) = (aggregate.group_expr().expr(), calls(aggregate));
        return match (groups.get(index), index.checked_sub(groups.len())) {
            (Some((group, _)), _) => text_over(group, aggregate.input(), levels),
            (None, Some(call)) => calls.get(call).cloned().unwrap_or_else(named),
            (None, None) => named(),
        };
    }
    if let Some(filter) = plan.downcast_ref::<FilterExec>() {
        let projected = filter.projection().as_ref().and_then(|kept| kept.get(index).copied());
        return origin(filter.input(), projected.unwrap_or(index), levels);
    }
    let join = plan
        .downcast_ref::<HashJoinExec>()
        .map(|join| (join.left(), join.right(), join.join_type(), &join.projection))
        .or_else(|| {
            let join = plan.downcast_ref::<NestedLoopJoinExec>()?;
            Some((join.left(), join.right(), join.join_type(), join.projection()))
        });
    if let Some((left, right, join_type, kept)) = join {
        let index = kept.as_ref().and_then(|kept| kept.get(index).copied()).unwrap_or(index);
        let (_, sources) = build_join_schema(&left.schema(), &right.schema(), join_type);
        return match sources.get(index) {
            Some(source) if source.side == JoinSide::Left => origin(left, source.index, levels),
            Some(source) if source.side == JoinSide::Right => origin(right, source.index, levels),
            _ => named(),
        };
    }
    match plan.children().as_slice() {
        // Exchanges, sorts and limits change no column.
        [only] if only.schema().fields() == plan.schema().fields() => origin(only, index, levels),
        _ => named(),
    }
}

/// The texts of an aggregation's calls.
pub(super) fn calls(aggregate: &AggregateExec) -> Vec<String> {
    // The last step has states to take; what they are made of the first one knows.
    let first = first_step(aggregate);
    let call = |call: &Arc<datafusion::physical_expr::aggregate::AggregateFunctionExpr>| {
        let distinct = if call.is_distinct() { "DISTINCT " } else { "" };
        let arguments: Vec<_> = call.expressions().iter().map(|e| text(e, first.input())).collect();
        let rows = call.expressions().iter().all(|argument| argument.is::<Literal>());
        let arguments = if rows { "*".to_owned() } else { arguments.join(", ") };
        format!("{}({distinct}{arguments})", call.fun().name())
    };
    let filters = first.filter_expr().iter();
    let filter = |filter: &Option<Expr>| match filter {
        Some(filter) => format!(" where {}", text(filter, first.input())),
        None => String::new(),
    };
    first.aggr_expr().iter().zip(filters).map(|(c, f)| call(c) + &filter(f)).collect()
}

/// The step of an aggregation that takes rows.
fn first_step(aggregate: &AggregateExec) -> &AggregateExec {
    let mut below = aggregate.input();
    if matches!(aggregate.mode(), AggregateMode::Final | AggregateMode::FinalPartitioned) {
        loop {
            if let Some(first) = below.downcast_ref::<AggregateExec>() {
                return first_step(first);
            }
            match below.children().as_slice() {
                [only] => below = only,
                _ => return aggregate,
            }
        }
    }
    aggregate
}

/// A name without the number by which the plan tells it from others.
pub(super) fn plain(name: &str) -> String {
    match name.rsplit_once(':') {
        Some((plain, number)) if number.bytes().all(|byte| byte.is_ascii_digit()) => {
            plain.to_owned()
        }
        _ => name.to_owned(),
    }
}
