//! Where properties of the file's own classes are read.

use ruff_python_ast::{Expr, ExprAttribute};
use rustc_hash::FxHashSet;

use super::Builder;
use crate::formats::python::scope::ScopeId;
use crate::formats::python::{BlockId, FunctionId, PropertyRead};

impl<'a> Builder<'a, '_> {
    /// The reads of properties of classes of this file; nothing is looked at where there are none.
    pub(super) fn property_reads(&mut self) -> Vec<PropertyRead> {
        let walked = self.walked;
        let rows = walked.module.functions.iter().enumerate();
        let properties: FxHashSet<&str> = rows
            .filter(|(index, row)| row.class.is_some() && self.evaluator.resolver.is_property(FunctionId::new(*index)))
            .map(|(_, row)| &*row.name)
            .collect();
        let mut rows = vec![];
        if properties.is_empty() {
            return rows;
        }
        let mut read = |expr: &'a Expr, scope: ScopeId, block: BlockId, function: Option<FunctionId>| {
            for node in attributes(expr).filter(|node| properties.contains(node.attr.as_str())) {
                if let Some(property) = self.evaluator.resolver.property(node, scope) {
                    rows.push(PropertyRead { property, span: self.evaluator.spans.span(node), block, function });
                }
            }
        };
        for candidate in &walked.references {
            read(candidate.node, candidate.scope, candidate.block, candidate.function);
        }
        for (row, (node, scope)) in walked.module.calls.iter().zip(&walked.calls) {
            // A chain that a call begins is walked as an expression of its own.
            if let Expr::Attribute(callee) = &*node.func
                && attributes(&node.func).last().is_some_and(|first| first.value.is_name_expr())
            {
                read(&callee.value, *scope, row.block, row.function);
            }
        }
        rows.sort_by_key(|row| (row.span.start, row.span.end));
        rows
    }
}

/// The attributes of a chain, from the outside in: `a.b.c`, `a.b`.
fn attributes(expr: &Expr) -> impl Iterator<Item = &ExprAttribute> {
    std::iter::successors(expr.as_attribute_expr(), |node| node.value.as_attribute_expr())
}
