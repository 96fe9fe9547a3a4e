//! The syntax tree of a statement, as in Trino's grammar (`SqlBase.g4`).
//!
//! Forms that mean a function call are one already: `SUBSTRING(x FROM 2)` is `substring(x, 2)`.

use crate::engine::sql_error::Position;

/// A name as typed, and whether it was quoted.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Ident {
    pub(in crate::engine) value: String,
    pub(in crate::engine) quoted: bool,
    pub(in crate::engine) at: Position,
}

impl Ident {
    /// Returns the name without case: SQL names have none here, quoted or not.
    pub(in crate::engine) fn lower(&self) -> String {
        self.value.to_lowercase()
    }

    /// Whether two names are the same.
    pub(in crate::engine) fn is(&self, name: &str) -> bool {
        self.value.eq_ignore_ascii_case(name) || self.lower() == name.to_lowercase()
    }
}

/// A name of up to three parts, as typed.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Name {
    pub(in crate::engine) parts: Vec<Ident>,
    pub(in crate::engine) at: Position,
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (at, part) in self.parts.iter().enumerate() {
            f.write_str(if at > 0 { "." } else { "" })?;
            f.write_str(&part.lower())?;
        }
        Ok(())
    }
}

/// What can be run.
#[derive(Debug, Clone)]
pub(in crate::engine) enum Statement {
    Query(Box<Query>),
    Explain { analyze: bool, statement: Box<Statement> },
    ShowTables { like: Option<String> },
    ShowSchemas,
    ShowCatalogs,
    ShowColumns { table: Name, like: Option<String> },
    ShowFunctions { like: Option<String> },
}

#[derive(Debug, Clone)]
pub(in crate::engine) struct Query {
    pub(in crate::engine) with: Option<With>,
    pub(in crate::engine) body: Body,
    pub(in crate::engine) order: Vec<SortItem>,
    pub(in crate::engine) offset: Option<Expr>,
    pub(in crate::engine) limit: Limit,
    pub(in crate::engine) at: Position,
}

#[derive(Debug, Clone)]
pub(in crate::engine) struct With {
    pub(in crate::engine) recursive: bool,
    pub(in crate::engine) queries: Vec<NamedQuery>,
}

#[derive(Debug, Clone)]
pub(in crate::engine) struct NamedQuery {
    pub(in crate::engine) name: Ident,
    pub(in crate::engine) columns: Option<Vec<Ident>>,
    pub(in crate::engine) query: Query,
}

#[derive(Debug, Clone)]
pub(in crate::engine) enum Limit {
    None,
    /// `LIMIT n` or `LIMIT ALL` (no count).
    Rows(Option<Expr>),
    /// `FETCH FIRST n ROWS ONLY` or `WITH TIES`.
    Fetch {
        count: Option<Expr>,
        ties: bool,
        at: Position,
    },
}

#[derive(Debug, Clone)]
pub(in crate::engine) enum Body {
    Select(Box<Select>),
    SetOperation(Box<SetOperation>),
    Values { rows: Vec<Expr>, at: Position },
    Table(Name),
    Query(Box<Query>),
}

#[derive(Debug, Clone)]
pub(in crate::engine) struct SetOperation {
    pub(in crate::engine) kind: SetKind,
    pub(in crate::engine) all: bool,
    /// Columns meet by name, not by place.
    pub(in crate::engine) corresponding: bool,
    pub(in crate::engine) left: Body,
    pub(in crate::engine) right: Body,
    pub(in crate::engine) at: Position,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum SetKind {
    Union,
    Intersect,
    Except,
}

#[derive(Debug, Clone)]
pub(in crate::engine) struct Select {
    pub(in crate::engine) distinct: bool,
    pub(in crate::engine) items: Vec<SelectItem>,
    pub(in crate::engine) from: Option<Relation>,
    pub(in crate::engine) filter: Option<Expr>,
    pub(in crate::engine) group: Option<GroupBy>,
    pub(in crate::engine) having: Option<Expr>,
    pub(in crate::engine) windows: Vec<(Ident, Window)>,
    pub(in crate::engine) at: Position,
}

#[derive(Debug, Clone)]
pub(in crate::engine) enum SelectItem {
    Expr {
        expr: Expr,
        alias: Option<Ident>,
    },
    /// `*`, or `x.*` with names for its columns.
    All {
        of: Option<Expr>,
        aliases: Vec<Ident>,
        at: Position,
    },
}

#[derive(Debug, Clone)]
pub(in crate::engine) struct GroupBy {
    pub(in crate::engine) distinct: bool,
    pub(in crate::engine) elements: Vec<GroupElement>,
}

#[derive(Debug, Clone)]
pub(in crate::engine) enum GroupElement {
    Simple(Vec<Expr>),
    Rollup(Vec<Vec<Expr>>),
    Cube(Vec<Vec<Expr>>),
    Sets(Vec<GroupElement>),
    /// `GROUP BY ALL`-like: every expression of the select list without an aggregate.
    Auto,
}

#[derive(Debug, Clone)]
pub(in crate::engine) struct SortItem {
    pub(in crate::engine) expr: Expr,
    pub(in crate::engine) descending: bool,
    /// `None`: not said.
    pub(in crate::engine) nulls_first: Option<bool>,
}

#[derive(Debug, Clone)]
pub(in crate::engine) struct Relation {
    pub(in crate::engine) kind: RelationKind,
    pub(in crate::engine) at: Position,
}

#[derive(Debug, Clone)]
pub(in crate::engine) enum RelationKind {
    Table(Name),
    Query(Box<Query>),
    Lateral(Box<Query>),
    Unnest {
        arrays: Vec<Expr>,
        ordinality: bool,
    },
    /// `TABLE(f(...))`: a table function, its arguments with names or without.
    Function {
        name: Name,
        arguments: Vec<(Option<Ident>, Expr)>,
    },
    Join {
        kind: JoinKind,
        left: Box<Relation>,
        right: Box<Relation>,
        condition: JoinCondition,
    },
    Alias {
        relation: Box<Relation>,
        name: Ident,
        columns: Option<Vec<Ident>>,
    },
    /// `TABLESAMPLE`: both methods take single rows here.
    Sample {
        relation: Box<Relation>,
        percent: Expr,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum JoinKind {
    Inner,
    Left,
    Right,
    Full,
    Cross,
    /// A comma.
    Implicit,
}

#[derive(Debug, Clone)]
pub(in crate::engine) enum JoinCondition {
    None,
    On(Expr),
    Using(Vec<Ident>),
    Natural,
}

/// An expression, and where it begins (where an operator stands, for those).
#[derive(Debug, Clone)]
pub(in crate::engine) struct Expr {
    pub(in crate::engine) kind: ExprKind,
    pub(in crate::engine) at: Position,
}

#[derive(Debug, Clone)]
pub(in crate::engine) enum ExprKind {
    Null,
    Boolean(bool),
    String(String),
    Binary(Vec<u8>),
    Integer(i64),
    /// Digits with a point, or more digits than a bigint has.
    Decimal(String),
    Double(f64),
    /// `DATE '2020-01-01'`, and any other type before a string.
    Typed {
        kind: TypeName,
        text: String,
    },
    Interval {
        negative: bool,
        text: String,
        start: String,
        end: Option<String>,
    },
    Name(Ident),
    Field {
        base: Box<Expr>,
        name: Ident,
    },
    /// `?`, which nothing binds here.
    Parameter,
    Call(Box<Call>),
    Lambda {
        parameters: Vec<Ident>,
        body: Box<Expr>,
    },
    Negate(Box<Expr>),
    Arithmetic {
        operator: Arithmetic,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    Compare {
        operator: Comparison,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    Quantified {
        operator: Comparison,
        all: bool,
        value: Box<Expr>,
        query: Box<Query>,
    },
    /// Two terms or more.
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Not(Box<Expr>),
    Between {
        value: Box<Expr>,
        low: Box<Expr>,
        high: Box<Expr>,
    },
    InList {
        value: Box<Expr>,
        list: Vec<Expr>,
    },
    InQuery {
        value: Box<Expr>,
        query: Box<Query>,
    },
    Like {
        value: Box<Expr>,
        pattern: Box<Expr>,
        escape: Option<Box<Expr>>,
    },
    IsNull(Box<Expr>),
    IsDistinct {
        left: Box<Expr>,
        right: Box<Expr>,
    },
    Exists(Box<Query>),
    Subquery(Box<Query>),
    Case {
        operand: Option<Box<Expr>>,
        whens: Vec<(Expr, Expr)>,
        otherwise: Option<Box<Expr>>,
    },
    Cast {
        value: Box<Expr>,
        kind: TypeName,
        safe: bool,
    },
    Array(Vec<Expr>),
    Row(Vec<(Option<Ident>, Expr)>),
    Subscript {
        base: Box<Expr>,
        index: Box<Expr>,
    },
    AtTimeZone {
        value: Box<Expr>,
        zone: Box<Expr>,
    },
    Extract {
        field: Ident,
        value: Box<Expr>,
    },
    Current {
        what: Current,
        precision: Option<u8>,
    },
    Grouping(Vec<Expr>),
    JsonPath(Box<JsonPathCall>),
    JsonObject(Box<JsonObject>),
    JsonArray(Box<JsonArray>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulus,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    /// Returns the comparison of the sides the other way round.
    pub(in crate::engine) fn flipped(self) -> Self {
        match self {
            Self::Less => Self::Greater,
            Self::LessOrEqual => Self::GreaterOrEqual,
            Self::Greater => Self::Less,
            Self::GreaterOrEqual => Self::LessOrEqual,
            same => same,
        }
    }
}

/// What a session knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum Current {
    Date,
    Time,
    Timestamp,
    LocalTime,
    LocalTimestamp,
    User,
    Catalog,
    Schema,
    Path,
}

/// A function call.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Call {
    pub(in crate::engine) name: Name,
    pub(in crate::engine) distinct: bool,
    pub(in crate::engine) arguments: Vec<Expr>,
    /// `count(*)`.
    pub(in crate::engine) star: bool,
    pub(in crate::engine) order: Vec<SortItem>,
    pub(in crate::engine) filter: Option<Expr>,
    /// `IGNORE NULLS` (true) or `RESPECT NULLS` (false), if said.
    pub(in crate::engine) ignore_nulls: Option<bool>,
    pub(in crate::engine) over: Option<Over>,
    /// `ON OVERFLOW TRUNCATE ...` of LISTAGG.
    pub(in crate::engine) overflow: Option<Overflow>,
}

/// What LISTAGG does with text that is too long: `filler` instead of what does not fit.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Overflow {
    pub(in crate::engine) filler: Option<String>,
    pub(in crate::engine) count: bool,
}

#[derive(Debug, Clone)]
pub(in crate::engine) enum Over {
    Named(Ident),
    Window(Window),
}

#[derive(Debug, Clone)]
pub(in crate::engine) struct Window {
    pub(in crate::engine) base: Option<Ident>,
    pub(in crate::engine) partition: Vec<Expr>,
    pub(in crate::engine) order: Vec<SortItem>,
    pub(in crate::engine) frame: Option<Frame>,
    pub(in crate::engine) at: Position,
}

#[derive(Debug, Clone)]
pub(in crate::engine) struct Frame {
    pub(in crate::engine) unit: FrameUnit,
    pub(in crate::engine) start: Bound,
    pub(in crate::engine) end: Option<Bound>,
    pub(in crate::engine) at: Position,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum FrameUnit {
    Rows,
    Range,
    Groups,
}

#[derive(Debug, Clone)]
pub(in crate::engine) enum Bound {
    UnboundedPreceding,
    Preceding(Box<Expr>),
    CurrentRow,
    Following(Box<Expr>),
    UnboundedFollowing,
}

/// A type as written.
#[derive(Debug, Clone)]
pub(in crate::engine) struct TypeName {
    pub(in crate::engine) kind: TypeNameKind,
    pub(in crate::engine) at: Position,
}

#[derive(Debug, Clone)]
pub(in crate::engine) enum TypeNameKind {
    /// A name and its parameters: `varchar(3)`, `array(bigint)`.
    Generic {
        name: String,
        parameters: Vec<TypeParameter>,
    },
    Row(Vec<(Option<Ident>, TypeName)>),
    /// `timestamp(p) with time zone` and its like.
    DateTime {
        timestamp: bool,
        precision: Option<u64>,
        zone: bool,
    },
    IntervalDay,
    IntervalYear,
}

#[derive(Debug, Clone)]
pub(in crate::engine) enum TypeParameter {
    Number(u64),
    Type(TypeName),
}

/// `JSON_EXISTS`, `JSON_VALUE` and `JSON_QUERY`.
#[derive(Debug, Clone)]
pub(in crate::engine) struct JsonPathCall {
    pub(in crate::engine) kind: JsonPathKind,
    pub(in crate::engine) input: JsonInput,
    pub(in crate::engine) path: String,
    /// Where the path's text begins.
    pub(in crate::engine) path_at: Position,
    pub(in crate::engine) passing: Vec<(JsonInput, Ident)>,
    pub(in crate::engine) returning: Option<JsonReturning>,
    pub(in crate::engine) on_empty: Option<JsonBehavior>,
    pub(in crate::engine) on_error: Option<JsonBehavior>,
    /// `WITHOUT`, `WITH` (unconditional) or `WITH CONDITIONAL` wrapper.
    pub(in crate::engine) wrapper: JsonWrapper,
    /// `KEEP QUOTES` (true) or `OMIT QUOTES`, if said.
    pub(in crate::engine) keep_quotes: Option<bool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum JsonPathKind {
    Exists,
    Value,
    Query,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum JsonWrapper {
    Without,
    Conditional,
    Unconditional,
}

#[derive(Debug, Clone)]
pub(in crate::engine) enum JsonBehavior {
    Error,
    Null,
    True,
    False,
    Unknown,
    EmptyArray,
    EmptyObject,
    Default(Expr),
}

/// An input, and whether its text is JSON (`FORMAT JSON`).
#[derive(Debug, Clone)]
pub(in crate::engine) struct JsonInput {
    pub(in crate::engine) expr: Expr,
    pub(in crate::engine) format: Option<JsonFormat>,
}

/// `FORMAT JSON`, and the encoding of bytes, if said.
#[derive(Debug, Clone)]
pub(in crate::engine) struct JsonFormat {
    pub(in crate::engine) encoding: Option<String>,
}

/// `RETURNING type FORMAT JSON ...`
#[derive(Debug, Clone)]
pub(in crate::engine) struct JsonReturning {
    pub(in crate::engine) kind: TypeName,
    pub(in crate::engine) format: Option<JsonFormat>,
}

#[derive(Debug, Clone)]
pub(in crate::engine) struct JsonObject {
    pub(in crate::engine) members: Vec<(Expr, JsonInput)>,
    pub(in crate::engine) null_on_null: bool,
    pub(in crate::engine) unique_keys: bool,
    pub(in crate::engine) returning: Option<JsonReturning>,
}

#[derive(Debug, Clone)]
pub(in crate::engine) struct JsonArray {
    pub(in crate::engine) elements: Vec<JsonInput>,
    pub(in crate::engine) null_on_null: bool,
    pub(in crate::engine) returning: Option<JsonReturning>,
}
