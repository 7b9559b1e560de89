//! Expressions: calls with what becomes of them, mentions, strings, lambdas and comprehensions.

use std::sync::Arc;

use ruff_python_ast::{self as ast, Comprehension, Expr, ExprCall, ExprLambda, InterpolatedStringElements};
use ruff_text_size::{TextLen, TextRange};

use crate::formats::python::scope::ScopeKind;
use crate::formats::python::{
    BlockKind, Call, CallId, Callee, Function, FunctionId, FunctionKind, StringConstant, Usage,
};

use super::targets::Bound;
use super::{Candidate, Definition, Walker};

impl<'a> Walker<'a> {
    /// Walks an expression whose result goes to `usage`.
    pub(super) fn expression(&mut self, expr: &'a Expr, usage: Usage) {
        // The commonest leaves need neither a level nor a look at the stack.
        match expr {
            Expr::Name(_) => self.mention(expr),
            Expr::StringLiteral(literal) => self.string(literal, false),
            Expr::NumberLiteral(_)
            | Expr::BooleanLiteral(_)
            | Expr::NoneLiteral(_)
            | Expr::EllipsisLiteral(_)
            | Expr::BytesLiteral(_)
            | Expr::IpyEscapeCommand(_) => {}
            _ => self.deeper(|walker| walker.compound(expr, usage)),
        }
    }

    fn compound(&mut self, expr: &'a Expr, usage: Usage) {
        // What a part of a condition gives is a condition; what a choice gives is what was chosen.
        let part = |usage: &Usage| if *usage == Usage::Condition { Usage::Condition } else { Usage::Other };
        match expr {
            Expr::Call(node) => self.call(node, usage),
            Expr::Attribute(node) => {
                self.mention(expr);
                let mut base = &*node.value;
                while let Expr::Attribute(inner) = base {
                    base = &inner.value;
                }
                if !matches!(base, Expr::Name(_)) {
                    self.expression(base, Usage::Receiver);
                }
            }
            Expr::Await(node) => {
                self.waits();
                self.expression(&node.value, Usage::Awaited);
            }
            Expr::BoolOp(node) => {
                let usage = match usage {
                    Usage::Condition | Usage::Assigned(_) | Usage::Returned | Usage::Argument(_) => usage,
                    _ => Usage::Other,
                };
                for value in &node.values {
                    self.expression(value, usage.clone());
                }
            }
            Expr::Named(node) => {
                let assigned = self.assigned(&node.target);
                self.expression(&node.value, assigned);
                let scope = self.out.scopes.past_comprehensions(self.scope);
                let bound = Bound::Value { value: Some(&node.value), annotation: None };
                self.in_scope(scope, |walker| walker.target(&node.target, bound));
            }
            Expr::BinOp(node) => self.binary(node),
            Expr::UnaryOp(node) => self.expression(&node.operand, part(&usage)),
            Expr::Lambda(node) => self.lambda(node),
            Expr::If(node) => {
                self.expression(&node.test, Usage::Condition);
                let (test, kind) = (self.span(&*node.test), self.test_kind(&node.test));
                for (value, negated) in [(&node.body, false), (&node.orelse, true)] {
                    if is_leaf(value) {
                        self.expression(value, Usage::Other);
                        continue;
                    }
                    let (span, usage) = (self.span(&**value), usage.clone());
                    let kind = BlockKind::Branch { test, kind, negated };
                    self.in_block(kind, span, |walker| walker.expression(value, usage));
                }
            }
            Expr::Dict(node) => {
                for item in &node.items {
                    for value in item.key.iter().chain([&item.value]) {
                        self.expression(value, Usage::Element);
                    }
                }
            }
            Expr::Set(ast::ExprSet { elts, .. })
            | Expr::List(ast::ExprList { elts, .. })
            | Expr::Tuple(ast::ExprTuple { elts, .. }) => {
                for element in elts {
                    self.expression(element, Usage::Element);
                }
            }
            Expr::ListComp(node) => self.comprehension(&node.generators, &[&node.elt]),
            Expr::SetComp(node) => self.comprehension(&node.generators, &[&node.elt]),
            Expr::Generator(node) => self.comprehension(&node.generators, &[&node.elt]),
            Expr::DictComp(node) => match &node.key {
                Some(key) => self.comprehension(&node.generators, &[key, &node.value]),
                None => self.comprehension(&node.generators, &[&node.value]),
            },
            Expr::Yield(node) => {
                self.yields();
                if let Some(value) = &node.value {
                    self.hands_back(value);
                    self.expression(value, Usage::Yielded);
                }
            }
            Expr::YieldFrom(node) => {
                self.yields();
                self.expression(&node.value, Usage::Yielded);
            }
            Expr::Compare(node) => {
                if node.ops.iter().any(|op| matches!(op, ast::CmpOp::In | ast::CmpOp::NotIn)) {
                    self.environment_candidate(expr, false);
                }
                self.expression(&node.left, part(&usage));
                for value in &node.comparators {
                    self.expression(value, part(&usage));
                }
            }
            Expr::FString(node) => {
                for part in node.value.as_slice() {
                    match part {
                        ast::FStringPart::Literal(literal) => self.string_part(&literal.value, literal.range),
                        ast::FStringPart::FString(inner) => self.interpolated(&inner.elements),
                    }
                }
            }
            Expr::TString(node) => {
                for part in node.value.as_slice() {
                    self.interpolated(&part.elements);
                }
            }
            Expr::Subscript(node) => {
                self.environment_candidate(expr, false);
                self.expression(&node.value, Usage::Receiver);
                self.expression(&node.slice, Usage::Other);
            }
            Expr::Starred(node) => self.expression(&node.value, usage),
            Expr::Slice(node) => {
                for bound in [&node.lower, &node.upper, &node.step].into_iter().flatten() {
                    self.expression(bound, Usage::Other);
                }
            }
            Expr::Name(_)
            | Expr::StringLiteral(_)
            | Expr::BytesLiteral(_)
            | Expr::NumberLiteral(_)
            | Expr::BooleanLiteral(_)
            | Expr::NoneLiteral(_)
            | Expr::EllipsisLiteral(_)
            | Expr::IpyEscapeCommand(_) => {}
        }
    }

    /// `a + b + c` leans to the left without bound in generated code, so the left side is no deeper level.
    fn binary(&mut self, node: &'a ast::ExprBinOp) {
        let mut rights = vec![&*node.right];
        let mut left = &*node.left;
        while let Expr::BinOp(inner) = left {
            rights.push(&inner.right);
            left = &inner.left;
        }
        self.expression(left, Usage::Other);
        for right in rights.into_iter().rev() {
            self.expression(right, Usage::Other);
        }
    }

    fn call(&mut self, node: &'a ExprCall, usage: Usage) {
        let id = CallId::new(self.out.module.calls.len());
        self.out.module.calls.push(Call {
            callee: Callee::Unknown,
            span: self.span(node),
            callee_span: self.span(&*node.func),
            arguments_span: self.span(&node.arguments),
            arguments: vec![],
            unknown_positional: false,
            unknown_keywords: false,
            usage,
            receiver: None,
            block: self.block,
            function: self.function,
            deferred: false,
        });
        self.out.calls.push((node, self.scope));
        match &*node.func {
            func if is_dotted_name(func) => {}
            Expr::Attribute(attribute) => self.expression(&attribute.value, Usage::Receiver),
            func => self.expression(func, Usage::Receiver),
        }
        if let Expr::Attribute(attribute) = &*node.func
            && attribute.attr.as_str() == "add_argument"
        {
            self.out.options.push((node, self.scope));
        }
        self.adds_to_list(node);
        for argument in &node.arguments.args {
            self.expression(argument, Usage::Argument(id));
        }
        for keyword in &node.arguments.keywords {
            self.expression(&keyword.value, Usage::Argument(id));
        }
    }

    fn lambda(&mut self, node: &'a ExprLambda) {
        if let Some(parameters) = &node.parameters {
            self.parameter_expressions(parameters);
        }
        let id = FunctionId::new(self.out.module.functions.len());
        let keyword = TextRange::at(node.range.start(), "lambda".text_len());
        let qualified = self.qualify("<lambda>");
        let row = Function {
            name: Arc::from("<lambda>"),
            qualified,
            span: self.span(node),
            name_span: self.spans.map(keyword),
            kind: FunctionKind::Lambda,
            is_async: false,
            is_generator: false,
            waits: 0,
            decorators: vec![],
            parameters: vec![],
            returns: None,
            returned_call: None,
            parent: self.function,
            class: self.class,
            defined_in: self.block,
            body: self.block,
            body_span: self.span(&*node.body),
        };
        self.out.lambdas.insert(node.range, id);
        self.enter_function(id, row, Definition::Lambda(node), |walker, inner| {
            if let Some(parameters) = &node.parameters {
                walker.bind_parameters(id, inner, parameters);
            }
            walker.returned(&node.body);
            walker.hands_back(&node.body);
            walker.expression(&node.body, Usage::Returned);
        });
    }

    fn comprehension(&mut self, generators: &'a [Comprehension], elements: &[&'a Expr]) {
        // The first iterable is read outside, the rest in a scope of their own.
        if let Some(first) = generators.first() {
            self.expression(&first.iter, Usage::Other);
        }
        let scope = self.out.scopes.open(Some(self.scope), ScopeKind::Comprehension);
        let span = elements.first().map_or_else(Default::default, |element| self.span(*element));
        self.in_scope(scope, |walker| {
            walker.in_block(BlockKind::Loop, span, |walker| {
                for (position, generator) in generators.iter().enumerate() {
                    if generator.is_async {
                        walker.waits();
                    }
                    if position > 0 {
                        walker.expression(&generator.iter, Usage::Other);
                    }
                    let of = if generator.is_async { Bound::Other } else { Bound::Iterated(&generator.iter, None) };
                    walker.target(&generator.target, of);
                    for condition in &generator.ifs {
                        walker.expression(condition, Usage::Condition);
                    }
                }
                for element in elements {
                    walker.expression(element, Usage::Element);
                }
            });
        });
    }

    fn interpolated(&mut self, elements: &'a InterpolatedStringElements) {
        for element in elements {
            match element {
                ast::InterpolatedStringElement::Literal(literal) => self.string_part(&literal.value, literal.range),
                ast::InterpolatedStringElement::Interpolation(inner) => {
                    self.expression(&inner.expression, Usage::Other);
                    if let Some(format) = &inner.format_spec {
                        self.deeper(|walker| walker.interpolated(&format.elements));
                    }
                }
            }
        }
    }

    pub(super) fn string(&mut self, literal: &'a ast::ExprStringLiteral, documentation: bool) {
        self.out.module.strings.push(StringConstant {
            value: Arc::from(literal.value.to_str()),
            span: self.span(literal),
            documentation,
            part: false,
            block: self.block,
        });
    }

    fn string_part(&mut self, value: &str, range: TextRange) {
        self.out.module.strings.push(StringConstant {
            value: Arc::from(value),
            span: self.spans.map(range),
            documentation: false,
            part: true,
            block: self.block,
        });
    }

    fn mention(&mut self, node: &'a Expr) {
        let candidate = Candidate { node, scope: self.scope, block: self.block, function: self.function };
        self.out.references.push(candidate);
    }

    pub(super) fn returned(&mut self, value: &'a Expr) {
        if let Some(function) = self.function {
            self.out.functions[function.index()].returned.push(value);
        }
    }

    /// Counts a place where the function may wait.
    pub(super) fn waits(&mut self) {
        if let Some(function) = self.function {
            self.out.module.functions[function.index()].waits += 1;
        }
    }

    fn yields(&mut self) {
        if let Some(function) = self.function {
            self.out.module.functions[function.index()].is_generator = true;
        }
    }
}

/// Whether it is a name or attributes of a name: `a.b.c`.
fn is_dotted_name(expr: &Expr) -> bool {
    let mut expr = expr;
    while let Expr::Attribute(attribute) = expr {
        expr = &attribute.value;
    }
    matches!(expr, Expr::Name(_))
}

fn is_leaf(expr: &Expr) -> bool {
    matches!(
        expr,
        Expr::Name(_)
            | Expr::StringLiteral(_)
            | Expr::NumberLiteral(_)
            | Expr::BooleanLiteral(_)
            | Expr::NoneLiteral(_)
            | Expr::Attribute(_)
    )
}
