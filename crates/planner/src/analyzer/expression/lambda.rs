//! Lambdas, and what functions evaluate themselves.

use crate::analyzer::expression::ExpressionAnalyzer;
use crate::analyzer::expression::constant::{compile, evaluate};
use crate::analyzer::scope::{LambdaScope, Scope};
use crate::analyzer::state::ClauseState;
use crate::analyzer::typed::TypedExpr;
use crate::analyzer::{Analyzer, error};
use crate::physical::{self, CallArgument, CompiledLambda};
use arrow::datatypes::{Field as ArrowField, Schema};
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, DFSchema, TableReference};
use datafusion::logical_expr::Expr;
use std::collections::HashMap;
use std::sync::Arc;
use traillake_functions::TRY;
use traillake_sql_parser::ast::{Expr as Ast, ExprKind};
use traillake_sql_types::Type;
use traillake_sql_types::error::{Code, SqlError, SqlResult};

/// A lambda, analyzed for certain types of its parameters.
#[derive(Clone)]
pub(crate) struct AnalyzedLambda {
    pub(crate) parameters: Vec<Column>,
    pub(crate) body: TypedExpr,
}

/// The lambdas of a call. Whichever overload asks, a body is analyzed once for the same types of its
/// parameters: otherwise each level of nested lambdas would multiply the work of those inside.
#[derive(Default)]
pub(crate) struct CallLambdas {
    /// By the argument's place and the parameters' types. An error is kept, too.
    pub(crate) analyzed: HashMap<(usize, Vec<Type>), SqlResult<AnalyzedLambda>>,
}

/// The most bodies of lambdas that a statement has, counted once for each list of types of their parameters.
/// Where the result of a body widens its own parameters (integers become doubles in `reduce`), it is
/// analyzed again with all lambdas inside it, and twenty levels of that would take for ever.
const MAX_LAMBDA_BODIES: usize = 10_000;

impl CallLambdas {
    pub(crate) fn body(
        &mut self,
        exprs: &ExpressionAnalyzer<'_>,
        place: usize,
        ast: &Ast,
        data_types: &[Type],
    ) -> SqlResult<&AnalyzedLambda> {
        let analyzed = self.analyzed.entry((place, data_types.to_vec()));
        analyzed
            .or_insert_with(|| exprs.lambda_body(ast, data_types))
            .as_ref()
            .map_err(Clone::clone)
    }
}

impl<'a> ExpressionAnalyzer<'a> {
    /// Analyzes a lambda's body for parameters of certain types.
    fn lambda_body(&self, ast: &Ast, data_types: &[Type]) -> SqlResult<AnalyzedLambda> {
        let ExprKind::Lambda { parameters, body } = &ast.kind else {
            return Err(SqlError::internal("no lambda"));
        };
        let count = self.analyzer.lambda_bodies.get() + 1;
        self.analyzer.lambda_bodies.set(count);
        if count > MAX_LAMBDA_BODIES {
            let message = "lambda expressions nest too deeply for the types of their parameters";
            return error(Code::StatementTooLarge, ast.at, message);
        }
        let columns: Vec<_> = parameters
            .iter()
            .zip(data_types)
            .enumerate()
            .map(|(place, (name, kind))| self.analyzer.parameter(&name.lower(), place, kind))
            .collect();
        let names = parameters.iter().zip(data_types).zip(&columns).map(
            |((parameter, data_type), column)| {
                let typed = TypedExpr::new(Expr::Column(column.clone()), data_type.clone());
                (parameter.lower(), typed)
            },
        );
        let lambda = LambdaScope { parameters: names.collect(), around: self.scope.lambda };
        let scope = Scope { lambda: Some(&lambda), ..self.scope };
        let state = ClauseState::scalar("Lambda expression");
        let inner = ExpressionAnalyzer { scope, state: &state, ..*self };
        let body = self.analyzer.canonical(inner.expr(body)?);
        Ok(AnalyzedLambda { parameters: columns, body })
    }

    /// `TRY(value)`, which evaluates the value itself.
    pub(crate) fn try_value(&self, value: TypedExpr) -> SqlResult<TypedExpr> {
        let (body, captures) = self.analyzer.compile_body(value.expr, &[])?;
        let data_type = value.data_type;
        let constant = captures.is_empty();
        let types = vec![Type::Function([].into(), Arc::new(data_type.clone()))];
        let arguments = vec![CallArgument::Lambda(body, captures)];
        let now = self.analyzer.now_for(&TRY, &types, &data_type);
        let expr = physical::call(&TRY, now, types, data_type.clone(), arguments);
        if constant && let Ok(value) = evaluate(&expr) {
            return Ok(TypedExpr::literal(value, data_type));
        }
        Ok(TypedExpr::new(expr, data_type))
    }
}

impl Analyzer<'_> {
    /// Compiles an expression over `parameters` and whatever other columns it holds: those are
    /// captured, and returned.
    pub(crate) fn compile_body(
        &self,
        expr: Expr,
        parameters: &[Column],
    ) -> SqlResult<(Arc<CompiledLambda>, Vec<Expr>)> {
        let mut captures: Vec<Expr> = Vec::new();
        let mut names: HashMap<Expr, Column> = HashMap::new();
        // A captured column has a plain name of its own, whatever relation it is of.
        let body = expr.transform_down(|node| {
            let captured = match &node {
                Expr::Column(column) => !parameters.contains(column),
                Expr::OuterReferenceColumn(..) => true,
                _ => false,
            };
            if !captured {
                return Ok(Transformed::no(node));
            }
            let column = names.entry(node.clone()).or_insert_with(|| {
                captures.push(node.clone());
                Column::new_unqualified(format!("captured:{}", captures.len()))
            });
            Ok(Transformed::new(Expr::Column(column.clone()), true, TreeNodeRecursion::Jump))
        })?;
        let mut fields: Vec<(Option<TableReference>, Arc<ArrowField>)> = Vec::new();
        for (at, capture) in captures.iter().enumerate() {
            let (Expr::Column(column) | Expr::OuterReferenceColumn(_, column)) = capture else {
                continue;
            };
            let physical = self.columns.borrow().get(column).cloned();
            let physical = physical
                .ok_or_else(|| SqlError::internal(format!("the column {column} has no type")))?;
            let name = format!("captured:{}", at + 1);
            fields.push((None, Arc::new(ArrowField::new(name, physical, true))));
        }
        for parameter in parameters {
            let physical = self.columns.borrow().get(parameter).cloned();
            let physical = physical.ok_or_else(|| SqlError::internal("a parameter has no type"))?;
            fields.push((None, Arc::new(ArrowField::new(&parameter.name, physical, true))));
        }
        let schema = DFSchema::new_with_metadata(fields, HashMap::new())?;
        let physical = compile(&body.data, &schema)?;
        let schema: Schema = schema.as_arrow().clone();
        let body = CompiledLambda { expr: body.data, physical, schema: Arc::new(schema) };
        Ok((Arc::new(body), captures))
    }
}
