//! The syntax tree of a statement, as in Trino's grammar (`SqlBase.g4`).
//!
//! Forms that mean a function call are one already: `SUBSTRING(x FROM 2)` is `substring(x, 2)`.

#![expect(
    missing_docs,
    reason = "a part is named after the rule of the grammar that it stands for"
)]

use traillake_sql_types::error::Position;

/// A name as typed, and whether it was quoted.
#[derive(Debug, Clone)]
pub struct Ident {
    pub value: String,
    pub quoted: bool,
    pub at: Position,
}

impl Ident {
    /// Returns the name without case: SQL names have none here, quoted or not.
    pub fn lower(&self) -> String {
        self.value.to_lowercase()
    }

    /// Whether two names are the same.
    pub fn is(&self, name: &str) -> bool {
        self.value.eq_ignore_ascii_case(name) || self.lower() == name.to_lowercase()
    }
}

/// A name of up to three parts, as typed.
#[derive(Debug, Clone)]
pub struct Name {
    pub parts: Vec<Ident>,
    pub at: Position,
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
pub enum Statement {
    Query(Box<Query>),
    Explain { analyze: bool, statement: Box<Statement> },
    ShowTables { schema: Option<Name>, like: Option<Like> },
    ShowSchemas { catalog: Option<Ident>, like: Option<Like> },
    ShowCatalogs { like: Option<Like> },
    ShowColumns { table: Name, like: Option<Like> },
    ShowFunctions { schema: Option<Name>, like: Option<Like> },
}

/// `LIKE pattern ESCAPE escape` of SHOW.
#[derive(Debug, Clone)]
pub struct Like {
    pub pattern: String,
    pub escape: Option<String>,
}

#[derive(Debug, Clone)]
pub struct Query {
    pub with: Option<With>,
    pub body: Body,
    pub order: Vec<SortItem>,
    pub offset: Option<Expr>,
    pub limit: Limit,
    pub at: Position,
}

#[derive(Debug, Clone)]
pub struct With {
    pub recursive: bool,
    pub queries: Vec<NamedQuery>,
}

#[derive(Debug, Clone)]
pub struct NamedQuery {
    pub name: Ident,
    pub columns: Option<Vec<Ident>>,
    pub query: Query,
}

#[derive(Debug, Clone)]
pub enum Limit {
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
pub enum Body {
    Select(Box<Select>),
    SetOperation(Box<SetOperation>),
    Values { rows: Vec<Expr>, at: Position },
    Table(Name),
    Query(Box<Query>),
}

#[derive(Debug, Clone)]
pub struct SetOperation {
    pub kind: SetKind,
    pub all: bool,
    /// Columns meet by name, not by place.
    pub corresponding: bool,
    pub left: Body,
    pub right: Body,
    pub at: Position,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetKind {
    Union,
    Intersect,
    Except,
}

#[derive(Debug, Clone)]
pub struct Select {
    pub distinct: bool,
    pub items: Vec<SelectItem>,
    pub from: Option<Relation>,
    pub filter: Option<Expr>,
    pub group: Option<GroupBy>,
    pub having: Option<Expr>,
    pub windows: Vec<(Ident, Window)>,
    pub at: Position,
}

#[derive(Debug, Clone)]
pub enum SelectItem {
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
pub struct GroupBy {
    pub distinct: bool,
    pub elements: Vec<GroupElement>,
}

#[derive(Debug, Clone)]
pub enum GroupElement {
    Simple(Vec<Expr>),
    Rollup(Vec<Vec<Expr>>),
    Cube(Vec<Vec<Expr>>),
    Sets(Vec<GroupElement>),
    /// `GROUP BY ALL`-like: every expression of the select list without an aggregate.
    Auto,
}

#[derive(Debug, Clone)]
pub struct SortItem {
    pub expr: Expr,
    pub descending: bool,
    /// `None`: not said.
    pub nulls_first: Option<bool>,
}

#[derive(Debug, Clone)]
pub struct Relation {
    pub kind: RelationKind,
    pub at: Position,
}

#[derive(Debug, Clone)]
pub enum RelationKind {
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
pub enum JoinKind {
    Inner,
    Left,
    Right,
    Full,
    Cross,
    /// A comma.
    Implicit,
}

#[derive(Debug, Clone)]
pub enum JoinCondition {
    None,
    On(Expr),
    Using(Vec<Ident>),
    Natural,
}

/// An expression, and where it begins (where an operator stands, for those).
#[derive(Debug, Clone)]
pub struct Expr {
    pub kind: ExprKind,
    pub at: Position,
}

#[derive(Debug, Clone)]
pub enum ExprKind {
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
    /// The value of a parameter whose type is what stands around it.
    Given(Given),
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

/// A value as text, and the same as a moment (`2026-03-01 14:30:00.000`) where it says one in another way: `24h`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    pub text: String,
    pub time: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulus,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    /// Returns the comparison of the sides the other way round.
    pub fn flipped(self) -> Self {
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
pub enum Current {
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
pub struct Call {
    pub name: Name,
    pub distinct: bool,
    pub arguments: Vec<Expr>,
    /// `count(*)`.
    pub star: bool,
    pub order: Vec<SortItem>,
    pub filter: Option<Expr>,
    /// `IGNORE NULLS` (true) or `RESPECT NULLS` (false), if said.
    pub ignore_nulls: Option<bool>,
    pub over: Option<Over>,
    /// `ON OVERFLOW TRUNCATE ...` of LISTAGG.
    pub overflow: Option<Overflow>,
}

/// What LISTAGG does with text that is too long: `filler` instead of what does not fit.
#[derive(Debug, Clone)]
pub struct Overflow {
    pub filler: Option<String>,
    pub count: bool,
}

#[derive(Debug, Clone)]
pub enum Over {
    Named(Ident),
    Window(Window),
}

#[derive(Debug, Clone)]
pub struct Window {
    pub base: Option<Ident>,
    pub partition: Vec<Expr>,
    pub order: Vec<SortItem>,
    pub frame: Option<Frame>,
    pub at: Position,
}

#[derive(Debug, Clone)]
pub struct Frame {
    pub unit: FrameUnit,
    pub start: Bound,
    pub end: Option<Bound>,
    pub at: Position,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameUnit {
    Rows,
    Range,
    Groups,
}

#[derive(Debug, Clone)]
pub enum Bound {
    UnboundedPreceding,
    Preceding(Box<Expr>),
    CurrentRow,
    Following(Box<Expr>),
    UnboundedFollowing,
}

/// A type as written.
#[derive(Debug, Clone)]
pub struct TypeName {
    pub kind: TypeNameKind,
    pub at: Position,
}

#[derive(Debug, Clone)]
pub enum TypeNameKind {
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
pub enum TypeParameter {
    Number(u64),
    Type(TypeName),
}

/// `JSON_EXISTS`, `JSON_VALUE` and `JSON_QUERY`.
#[derive(Debug, Clone)]
pub struct JsonPathCall {
    pub kind: JsonPathKind,
    pub input: JsonInput,
    pub path: String,
    /// Where the path's text begins.
    pub path_at: Position,
    pub passing: Vec<(JsonInput, Ident)>,
    pub returning: Option<JsonReturning>,
    pub on_empty: Option<JsonBehavior>,
    pub on_error: Option<JsonBehavior>,
    /// `WITHOUT`, `WITH` (unconditional) or `WITH CONDITIONAL` wrapper.
    pub wrapper: JsonWrapper,
    /// `KEEP QUOTES` (true) or `OMIT QUOTES`, if said.
    pub keep_quotes: Option<bool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JsonPathKind {
    Exists,
    Value,
    Query,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JsonWrapper {
    Without,
    Conditional,
    Unconditional,
}

#[derive(Debug, Clone)]
pub enum JsonBehavior {
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
pub struct JsonInput {
    pub expr: Expr,
    pub format: Option<JsonFormat>,
}

/// `FORMAT JSON`, and the encoding of bytes, if said.
#[derive(Debug, Clone)]
pub struct JsonFormat {
    pub encoding: Option<String>,
}

/// `RETURNING type FORMAT JSON ...`
#[derive(Debug, Clone)]
pub struct JsonReturning {
    pub kind: TypeName,
    pub format: Option<JsonFormat>,
}

#[derive(Debug, Clone)]
pub struct JsonObject {
    pub members: Vec<(Expr, JsonInput)>,
    pub null_on_null: bool,
    pub unique_keys: bool,
    pub returning: Option<JsonReturning>,
}

#[derive(Debug, Clone)]
pub struct JsonArray {
    pub elements: Vec<JsonInput>,
    pub null_on_null: bool,
    pub returning: Option<JsonReturning>,
}
