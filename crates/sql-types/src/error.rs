//! Errors as Trino names them.

use arrow::error::ArrowError;
use datafusion_common::DataFusionError;
use std::fmt;
use std::sync::Arc;

/// Line and column in a statement's text, from 1; columns count code points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Position {
    /// Line.
    pub line: u32,
    /// Column.
    pub column: u32,
}

impl Position {
    /// Returns where it is in a text around: so many lines below, and, as that text has something
    /// before the first line, so many columns to the right there.
    #[must_use]
    pub fn moved(self, lines: i64, columns: i64) -> Self {
        let add = |n: u32, more: i64| {
            u32::try_from(i64::from(n).saturating_add(more).max(1)).unwrap_or(u32::MAX)
        };
        let columns = if self.line == 1 { columns } else { 0 };
        Self { line: add(self.line, lines), column: add(self.column, columns) }
    }
}

macro_rules! codes {
    ($($(#[$doc:meta])* $code:ident = $name:literal,)*) => {
        /// Names of Trino's errors (`StandardErrorCode`).
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Code { $($(#[$doc])* $code,)* }

        impl Code {
            /// Returns the name as Trino's client protocol has it.
            pub fn name(self) -> &'static str {
                match self { $(Self::$code => $name,)* }
            }
        }
    };
}

codes! {
    /// The text is no SQL.
    Syntax = "SYNTAX_ERROR",
    /// No such column.
    ColumnNotFound = "COLUMN_NOT_FOUND",
    /// A name that several columns have.
    AmbiguousName = "AMBIGUOUS_NAME",
    /// No such table.
    TableNotFound = "TABLE_NOT_FOUND",
    /// No prepared statement has this name.
    PreparedNotFound = "NOT_FOUND",
    /// No such schema.
    SchemaNotFound = "SCHEMA_NOT_FOUND",
    /// No such catalog.
    CatalogNotFound = "CATALOG_NOT_FOUND",
    /// No function of this name takes these arguments.
    FunctionNotFound = "FUNCTION_NOT_FOUND",
    /// No operator or cast takes these types.
    OperatorNotFound = "OPERATOR_NOT_FOUND",
    /// Several overloads of a function take NULL arguments alike.
    AmbiguousFunctionCall = "AMBIGUOUS_FUNCTION_CALL",
    /// A lambda with another number of parameters.
    InvalidParameterUsage = "INVALID_PARAMETER_USAGE",
    /// A function with OVER that is no window function.
    FunctionNotWindow = "FUNCTION_NOT_WINDOW",
    /// IGNORE NULLS where there is none.
    NullTreatmentNotAllowed = "NULL_TREATMENT_NOT_ALLOWED",
    /// A name that is no function where one is called.
    FunctionNotAggregate = "FUNCTION_NOT_AGGREGATE",
    /// A window function without a window.
    MissingOver = "MISSING_OVER",
    /// No such type.
    TypeNotFound = "TYPE_NOT_FOUND",
    /// Types that do not fit.
    TypeMismatch = "TYPE_MISMATCH",
    /// A window, frame or its parts are invalid.
    InvalidWindowFrame = "INVALID_WINDOW_FRAME",
    /// A window that does not exist or is defined twice.
    InvalidWindowReference = "INVALID_WINDOW_REFERENCE",
    /// ORDER BY is missing.
    MissingOrderBy = "MISSING_ORDER_BY",
    /// GROUP BY is missing.
    MissingGroupBy = "MISSING_GROUP_BY",
    /// An aggregation inside another.
    NestedAggregation = "NESTED_AGGREGATION",
    /// A window inside another.
    NestedWindow = "NESTED_WINDOW",
    /// A column that is neither grouped nor aggregated.
    ExpressionNotAggregate = "EXPRESSION_NOT_AGGREGATE",
    /// An expression that must be in the select list.
    ExpressionNotInDistinct = "EXPRESSION_NOT_IN_DISTINCT",
    /// An expression that is not scalar where one must be.
    ExpressionNotScalar = "EXPRESSION_NOT_SCALAR",
    /// A value that must be constant is not.
    ExpressionNotConstant = "EXPRESSION_NOT_CONSTANT",
    /// A position that is no column.
    InvalidColumnReference = "INVALID_COLUMN_REFERENCE",
    /// Columns that do not match in number.
    MismatchedColumnAliases = "MISMATCHED_COLUMN_ALIASES",
    /// A name twice.
    DuplicateColumnName = "DUPLICATE_COLUMN_NAME",
    /// A named query twice.
    DuplicateNamedQuery = "DUPLICATE_NAMED_QUERY",
    /// A recursive query that cannot be.
    InvalidRecursiveReference = "INVALID_RECURSIVE_REFERENCE",
    /// A column list that is missing.
    MissingColumnAliases = "MISSING_COLUMN_ALIASES",
    /// A column without a name that needs one.
    MissingColumnName = "MISSING_COLUMN_NAME",
    /// FILTER, DISTINCT or ORDER BY where a function has none.
    InvalidArguments = "INVALID_ARGUMENTS",
    /// A number of rows that is none.
    InvalidLimitClause = "INVALID_LIMIT_CLAUSE",
    /// A function given what it does not take.
    InvalidFunctionArgument = "INVALID_FUNCTION_ARGUMENT",
    /// A cast of a value that is none of the type.
    InvalidCastArgument = "INVALID_CAST_ARGUMENT",
    /// A literal that is none.
    InvalidLiteral = "INVALID_LITERAL",
    /// A percentage that is none.
    NumericValueOutOfRange = "NUMERIC_VALUE_OUT_OF_RANGE",
    /// Division by zero.
    DivisionByZero = "DIVISION_BY_ZERO",
    /// A subquery that gives several rows where one is expected.
    SubqueryMultipleRows = "SUBQUERY_MULTIPLE_ROWS",
    /// An argument of a JSON path that cannot be.
    PathEvaluation = "PATH_EVALUATION_ERROR",
    /// JSON where none is.
    JsonInputConversion = "JSON_INPUT_CONVERSION_ERROR",
    /// JSON that cannot become the output.
    JsonOutputConversion = "JSON_OUTPUT_CONVERSION_ERROR",
    /// An answer of JSON_VALUE that is none.
    JsonValueResult = "JSON_VALUE_RESULT_ERROR",
    /// A JSON path that is none.
    InvalidPath = "INVALID_PATH",
    /// A function's memory or recursion limit.
    ExceededFunctionMemoryLimit = "EXCEEDED_FUNCTION_MEMORY_LIMIT",
    /// Too many levels, rounds or columns.
    StatementTooLarge = "STATEMENT_TOO_LARGE",
    /// Valid SQL that this version does not run.
    NotSupported = "NOT_SUPPORTED",
    /// The memory limit was reached.
    ExceededMemoryLimit = "EXCEEDED_LOCAL_MEMORY_LIMIT",
    /// A data file could not be read.
    Data = "HIVE_BAD_DATA",
    /// The lake's catalog, or a file that it lists, is damaged.
    Metastore = "HIVE_METASTORE_ERROR",
    /// The statement does more than read.
    AccessDenied = "PERMISSION_DENIED",
    /// A mistake of ours.
    Internal = "GENERIC_INTERNAL_ERROR",
}

/// An error of a statement, with Trino's name for it and, where it is known, the place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqlError {
    /// What kind of error it is.
    pub code: Code,
    /// What is wrong, in words.
    pub message: String,
    /// Where in the statement.
    pub at: Option<Position>,
}

/// What functions, casts and the analyzer give.
pub type SqlResult<T> = Result<T, SqlError>;

impl SqlError {
    /// An error without a place.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), at: None }
    }

    /// The same error at a place, unless it has one.
    #[must_use]
    pub fn at(mut self, at: Position) -> Self {
        self.at.get_or_insert(at);
        self
    }

    /// `INVALID_FUNCTION_ARGUMENT`.
    pub fn argument(message: impl Into<String>) -> Self {
        Self::new(Code::InvalidFunctionArgument, message)
    }

    /// `INVALID_CAST_ARGUMENT`.
    pub fn cast(message: impl Into<String>) -> Self {
        Self::new(Code::InvalidCastArgument, message)
    }

    /// `NUMERIC_VALUE_OUT_OF_RANGE`.
    pub fn range(message: impl Into<String>) -> Self {
        Self::new(Code::NumericValueOutOfRange, message)
    }

    /// `TYPE_MISMATCH`.
    pub fn mismatch(message: impl Into<String>) -> Self {
        Self::new(Code::TypeMismatch, message)
    }

    /// `NOT_SUPPORTED`.
    pub fn unsupported(message: impl Into<String>) -> Self {
        Self::new(Code::NotSupported, message)
    }

    /// `GENERIC_INTERNAL_ERROR`: a mistake of ours.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(Code::Internal, message)
    }

    /// `DIVISION_BY_ZERO`.
    pub fn division_by_zero() -> Self {
        Self::new(Code::DivisionByZero, "Division by zero")
    }
}

impl fmt::Display for SqlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(at) = self.at {
            write!(f, "line {}:{}: ", at.line, at.column)?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for SqlError {}

impl From<SqlError> for DataFusionError {
    fn from(error: SqlError) -> Self {
        Self::External(Box::new(error))
    }
}

impl From<ArrowError> for SqlError {
    fn from(error: ArrowError) -> Self {
        match error {
            ArrowError::ExternalError(inner) => match inner.downcast::<SqlError>() {
                Ok(own) => *own,
                Err(other) => Self::internal(other.to_string()),
            },
            other => Self::internal(other.to_string()),
        }
    }
}

impl From<DataFusionError> for SqlError {
    fn from(error: DataFusionError) -> Self {
        match error {
            DataFusionError::External(inner) => match inner.downcast::<SqlError>() {
                Ok(own) => *own,
                Err(other) => Self::internal(other.to_string()),
            },
            DataFusionError::ArrowError(inner, _) => Self::from(*inner),
            DataFusionError::Context(_, inner) | DataFusionError::Diagnostic(_, inner) => {
                Self::from(*inner)
            }
            DataFusionError::Shared(inner) => match Arc::try_unwrap(inner) {
                Ok(inner) => Self::from(inner),
                Err(shared) => Self::of_shared(&shared),
            },
            DataFusionError::ResourcesExhausted(text) => Self::new(Code::ExceededMemoryLimit, text),
            other => Self::internal(other.strip_backtrace()),
        }
    }
}

impl SqlError {
    /// Returns the error behind one of DataFusion's that others have, too.
    pub fn of_shared(error: &DataFusionError) -> Self {
        match error {
            DataFusionError::External(inner) => inner
                .downcast_ref::<SqlError>()
                .cloned()
                .unwrap_or_else(|| Self::internal(inner.to_string())),
            DataFusionError::Context(_, inner) | DataFusionError::Diagnostic(_, inner) => {
                Self::of_shared(inner)
            }
            DataFusionError::Shared(inner) => Self::of_shared(inner),
            DataFusionError::ArrowError(inner, _) => match &**inner {
                ArrowError::ExternalError(inner) => inner
                    .downcast_ref::<SqlError>()
                    .cloned()
                    .unwrap_or_else(|| Self::internal(inner.to_string())),
                other => Self::internal(other.to_string()),
            },
            DataFusionError::ResourcesExhausted(text) => {
                Self::new(Code::ExceededMemoryLimit, text.clone())
            }
            other => Self::internal(other.strip_backtrace()),
        }
    }
}

/// Returns the up to three known names that are most like `name`, as the end of a message; empty for none.
pub fn nearest(name: &str, mut known: Vec<String>) -> String {
    known.sort_unstable();
    known.dedup();
    let mut scored: Vec<_> = known
        .into_iter()
        .map(|k| (strsim::jaro_winkler(&name.to_lowercase(), &k.to_lowercase()), k))
        .filter(|(score, _)| *score > 0.75)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    let names: Vec<_> = scored.into_iter().take(3).map(|(_, k)| k).collect();
    if names.is_empty() { String::new() } else { format!("; nearest: {}", names.join(", ")) }
}
