//! What expressions are worth without running the program: literals, names bound once, the environment, command lines.

use std::sync::Arc;

use ruff_python_ast::{self as ast, Expr, ExprCall, Number, UnaryOp};
use rustc_hash::FxHashMap;

use super::entity::{Entity, Resolver};
use super::scope::{Binding, BindingKind, ScopeId, SymbolId};
use super::spans::SpanMap;
use super::walk::{Definition, Walked};
use super::{FunctionId, QualifiedName, Value, ValueKind};

/// Expressions looked at for one value; a longer display is not plain data but a table.
const BUDGET: usize = 300;
/// Expressions within each other and names followed for one value.
const MAX_DEPTH: usize = 24;
/// Expressions looked at through names in one file: a table that a thousand calls name is not copied a thousand times.
const MAX_FOLLOWED: usize = 200_000;
/// Text joined from parts beyond which nothing is known.
const MAX_TEXT: usize = 64 << 10;

/// Evaluates expressions.
pub(super) struct Evaluator<'a, 'w> {
    pub resolver: Resolver<'a, 'w>,
    pub spans: &'w SpanMap,
    /// The options that argparse is told of, by the attribute that holds them.
    options: FxHashMap<String, (&'a ExprCall, ScopeId)>,
    budget: usize,
    /// What is left of [`MAX_FOLLOWED`].
    followed: usize,
    /// How many names led to the expression that is looked at.
    following: usize,
}

impl<'a, 'w> Evaluator<'a, 'w> {
    pub fn new(walked: &'w Walked<'a>, spans: &'w SpanMap) -> Self {
        let mut options = FxHashMap::default();
        for (call, scope) in &walked.options {
            if let Some(destination) = destination(call) {
                options.entry(destination).or_insert((*call, *scope));
            }
        }
        Self { resolver: Resolver::new(walked), spans, options, budget: 0, followed: MAX_FOLLOWED, following: 0 }
    }

    /// What `expr`, the definition of a name, is worth.
    fn follow(&mut self, expr: &'a Expr, scope: ScopeId, depth: usize) -> Value {
        self.following += 1;
        let value = self.evaluate(expr, scope, depth);
        self.following -= 1;
        value
    }

    /// What `expr`, read in `scope`, is worth.
    pub fn value(&mut self, expr: &'a Expr, scope: ScopeId) -> Value {
        self.budget = BUDGET;
        self.evaluate(expr, scope, 0)
    }

    fn evaluate(&mut self, expr: &'a Expr, scope: ScopeId, depth: usize) -> Value {
        let span = self.spans.span(expr);
        if depth > MAX_DEPTH || self.budget == 0 {
            return Value::unknown(span);
        }
        self.budget -= 1;
        if self.following > 0 {
            match self.followed.checked_sub(1) {
                Some(left) => self.followed = left,
                None => return Value::unknown(span),
            }
        }
        let kind = match expr {
            Expr::StringLiteral(text) => ValueKind::Str(Arc::from(text.value.to_str())),
            Expr::BytesLiteral(_) => ValueKind::Bytes,
            Expr::FString(_) | Expr::TString(_) => ValueKind::FString,
            Expr::BooleanLiteral(node) => ValueKind::Bool(node.value),
            Expr::NoneLiteral(_) => ValueKind::None,
            Expr::NumberLiteral(node) => match &node.value {
                Number::Int(int) => int.as_i64().map_or(ValueKind::Unknown, ValueKind::Int),
                Number::Float(float) => ValueKind::Float(*float),
                Number::Complex { .. } => ValueKind::Unknown,
            },
            Expr::UnaryOp(node) => match (node.op, self.evaluate(&node.operand, scope, depth + 1).kind) {
                (UnaryOp::USub, ValueKind::Int(int)) => int.checked_neg().map_or(ValueKind::Unknown, ValueKind::Int),
                (UnaryOp::USub, ValueKind::Float(float)) => ValueKind::Float(-float),
                (UnaryOp::Not, ValueKind::Bool(truth)) => ValueKind::Bool(!truth),
                _ => ValueKind::Unknown,
            },
            Expr::List(node) => self.elements(&node.elts, scope, depth).map_or(ValueKind::Unknown, ValueKind::List),
            Expr::Tuple(node) => self.elements(&node.elts, scope, depth).map_or(ValueKind::Unknown, ValueKind::Tuple),
            Expr::Set(node) => self.elements(&node.elts, scope, depth).map_or(ValueKind::Unknown, ValueKind::Set),
            Expr::Dict(node) => self.dictionary(node, scope, depth),
            Expr::BinOp(node) => self.binary(node, scope, depth),
            Expr::BoolOp(node) if node.op == ast::BoolOp::Or => self.alternatives(&node.values, scope, depth),
            Expr::Named(node) => return Value { span, ..self.evaluate(&node.value, scope, depth + 1) },
            Expr::Lambda(node) => {
                let lambda = self.resolver.walked.lambdas.get(&node.range);
                lambda.map_or(ValueKind::Unknown, |id| ValueKind::Function(*id))
            }
            Expr::Subscript(node) => self.subscript(node, scope, depth),
            Expr::Call(node) => return self.call(node, scope, depth),
            Expr::Name(node) => return self.name(expr, node.id.as_str(), scope, depth),
            Expr::Attribute(node) => return self.attribute(expr, node, scope, depth),
            _ => ValueKind::Unknown,
        };
        Value { kind, span, definition: None }
    }

    fn elements(&mut self, elements: &'a [Expr], scope: ScopeId, depth: usize) -> Option<Vec<Value>> {
        if elements.len() > self.budget || elements.iter().any(Expr::is_starred_expr) {
            return None;
        }
        Some(elements.iter().map(|element| self.evaluate(element, scope, depth + 1)).collect())
    }

    fn dictionary(&mut self, node: &'a ast::ExprDict, scope: ScopeId, depth: usize) -> ValueKind {
        if node.items.len() * 2 > self.budget {
            return ValueKind::Unknown;
        }
        let mut items = Vec::with_capacity(node.items.len());
        for item in &node.items {
            let Some(key) = &item.key else { return ValueKind::Unknown };
            items.push((self.evaluate(key, scope, depth + 1), self.evaluate(&item.value, scope, depth + 1)));
        }
        ValueKind::Dict(items)
    }

    fn binary(&mut self, node: &'a ast::ExprBinOp, scope: ScopeId, depth: usize) -> ValueKind {
        let left = self.evaluate(&node.left, scope, depth + 1);
        match (node.op, left.kind) {
            (ast::Operator::Mod, ValueKind::Str(_)) => ValueKind::FString,
            (ast::Operator::Add, ValueKind::Str(left)) => match self.evaluate(&node.right, scope, depth + 1).kind {
                ValueKind::Str(right) if left.len() + right.len() <= MAX_TEXT => {
                    ValueKind::Str(Arc::from(format!("{left}{right}")))
                }
                _ => ValueKind::FString,
            },
            (operator, ValueKind::Int(left)) => {
                let ValueKind::Int(right) = self.evaluate(&node.right, scope, depth + 1).kind else {
                    return ValueKind::Unknown;
                };
                let result = match operator {
                    ast::Operator::Add => left.checked_add(right),
                    ast::Operator::Sub => left.checked_sub(right),
                    ast::Operator::Mult => left.checked_mul(right),
                    ast::Operator::LShift if (0..=40).contains(&right) => left.checked_mul(1 << right),
                    ast::Operator::Pow if (0..=40).contains(&right) => {
                        u32::try_from(right).ok().and_then(|right| left.checked_pow(right))
                    }
                    _ => None,
                };
                result.map_or(ValueKind::Unknown, ValueKind::Int)
            }
            _ => ValueKind::Unknown,
        }
    }

    /// `a or b`: what may be missing, with the rest as its default.
    fn alternatives(&mut self, values: &'a [Expr], scope: ScopeId, depth: usize) -> ValueKind {
        let Some((first, rest)) = values.split_first() else { return ValueKind::Unknown };
        let value = self.evaluate(first, scope, depth + 1);
        if rest.is_empty() {
            return value.kind;
        }
        let fallback = |this: &mut Self| match rest {
            [only] => Box::new(this.evaluate(only, scope, depth + 1)),
            _ => {
                let kind = this.alternatives(rest, scope, depth + 1);
                let span = rest.first().map_or(value.span, |first| this.spans.span(first));
                Box::new(Value { kind, span, definition: None })
            }
        };
        match value.kind {
            ValueKind::None => fallback(self).kind,
            ValueKind::Str(text) if text.is_empty() => fallback(self).kind,
            kind @ (ValueKind::Str(_) | ValueKind::Name(_) | ValueKind::Function(_) | ValueKind::Class(_)) => kind,
            ValueKind::Env { variable, default: None, required } => {
                ValueKind::Env { variable, default: Some(fallback(self)), required }
            }
            ValueKind::Flag { flag, default } if default.as_ref().is_none_or(|default| default.is_none()) => {
                ValueKind::Flag { flag, default: Some(fallback(self)) }
            }
            ValueKind::Parameter { function, name, default }
                if default.as_ref().is_none_or(|default| default.is_none()) =>
            {
                ValueKind::Parameter { function, name, default: Some(fallback(self)) }
            }
            kind @ (ValueKind::Env { .. } | ValueKind::Flag { .. } | ValueKind::Parameter { .. }) => kind,
            _ => ValueKind::Unknown,
        }
    }

    fn subscript(&mut self, node: &'a ast::ExprSubscript, scope: ScopeId, depth: usize) -> ValueKind {
        if !self.is_environment(&node.value, scope) {
            return ValueKind::Unknown;
        }
        match self.evaluate(&node.slice, scope, depth + 1).kind {
            ValueKind::Str(variable) => ValueKind::Env { variable, default: None, required: true },
            _ => ValueKind::Unknown,
        }
    }

    /// Whether an expression is `os.environ`.
    pub fn is_environment(&mut self, expr: &'a Expr, scope: ScopeId) -> bool {
        matches!(self.resolver.entity(expr, scope), Some(Entity::Qualified(name)) if name == "os.environ")
    }

    /// Whether an expression is `st.secrets`.
    pub fn is_streamlit_secrets(&mut self, expr: &'a Expr, scope: ScopeId) -> bool {
        matches!(self.resolver.entity(expr, scope), Some(Entity::Qualified(name)) if name == "streamlit.secrets")
    }

    fn call(&mut self, node: &'a ExprCall, scope: ScopeId, depth: usize) -> Value {
        let span = self.spans.span(node);
        let with = |kind| Value { kind, span, definition: None };
        let itself = self.resolver.call_id(node).map_or_else(|| Value::unknown(span), |id| with(ValueKind::Call(id)));
        let callee = self.resolver.callee_entity(node, scope);
        let name = match &callee {
            Some(Entity::Qualified(name) | Entity::Member(name)) => name.as_str(),
            _ => "",
        };
        let first = node.arguments.args.first().filter(|first| !first.is_starred_expr());
        match name {
            "os.getenv" | "os.environ.get" | "os.environ.pop" | "os.environ.setdefault" => {
                let variable = first.or_else(|| node.arguments.find_keyword("key").map(|keyword| &keyword.value));
                let Some(ValueKind::Str(variable)) =
                    variable.map(|variable| self.evaluate(variable, scope, depth + 1).kind)
                else {
                    return itself;
                };
                let default = node
                    .arguments
                    .args
                    .get(1)
                    .or_else(|| node.arguments.find_keyword("default").map(|keyword| &keyword.value));
                let default = default.map(|default| self.evaluate(default, scope, depth + 1));
                let default = default.filter(|default| !default.is_none()).map(Box::new);
                let required = name == "os.environ.pop" && node.arguments.args.len() == 1;
                with(ValueKind::Env { variable, default, required })
            }
            "builtins.int" | "builtins.str" | "builtins.float" | "builtins.bool" => {
                let Some(first) = first else { return itself };
                let inner = self.evaluate(first, scope, depth + 1);
                match (&inner.kind, name) {
                    (ValueKind::Env { .. } | ValueKind::Flag { .. } | ValueKind::Parameter { .. }, _) => {
                        Value { span, ..inner }
                    }
                    (ValueKind::Int(_), "builtins.int") | (ValueKind::Str(_), "builtins.str") => {
                        Value { span, ..inner }
                    }
                    (ValueKind::Int(int), "builtins.str") => with(ValueKind::Str(Arc::from(int.to_string()))),
                    (ValueKind::Str(text), "builtins.int") => {
                        text.trim().parse().map_or(itself, |int| with(ValueKind::Int(int)))
                    }
                    _ => itself,
                }
            }
            "builtins.str.format" => with(ValueKind::FString),
            _ => {
                // `os.getenv("DEBUG", "0").lower()` is still that variable.
                if let Expr::Attribute(attribute) = &*node.func
                    && matches!(attribute.attr.as_str(), "lower" | "upper" | "strip" | "rstrip" | "lstrip")
                    && matches!(
                        &*attribute.value,
                        Expr::Call(_) | Expr::Subscript(_) | Expr::Name(_) | Expr::Attribute(_)
                    )
                {
                    let inner = self.evaluate(&attribute.value, scope, depth + 1);
                    if matches!(inner.kind, ValueKind::Env { .. } | ValueKind::Flag { .. }) {
                        return Value { span, ..inner };
                    }
                }
                itself
            }
        }
    }

    fn name(&mut self, expr: &'a Expr, name: &str, scope: ScopeId, depth: usize) -> Value {
        let span = self.spans.span(expr);
        if let Some(symbol) = self.resolver.walked.scopes.lookup(scope, name)
            && let Some(value) = self.bound_once(symbol, span, depth)
        {
            return value;
        }
        self.entity_value(expr, scope)
    }

    /// The value of a name or attribute that exactly one statement binds.
    fn bound_once(&mut self, symbol: SymbolId, span: crate::diagnostic::Span, depth: usize) -> Option<Value> {
        let walked = self.resolver.walked;
        let [Binding { kind, scope }] = walked.scopes.symbols[symbol.0].bindings.as_slice() else { return None };
        match *kind {
            BindingKind::Value { value: Some(value), .. } => {
                let inner = self.follow(value, *scope, depth + 1);
                let definition = inner.definition.or(Some(inner.span));
                Some(Value { kind: inner.kind, span, definition })
            }
            BindingKind::Parameter { function, index, .. } => {
                Some(Value { kind: self.parameter(function, index, depth)?, span, definition: None })
            }
            _ => None,
        }
    }

    /// The value of a parameter: an option where click or Typer supplies it.
    fn parameter(&mut self, function: FunctionId, index: usize, depth: usize) -> Option<ValueKind> {
        let node = &self.resolver.walked.functions[function.index()];
        let outer = node.outer;
        let (parameters, decorators) = match node.definition {
            Definition::Def(def) => (&*def.parameters, &*def.decorator_list),
            Definition::Lambda(lambda) => (lambda.parameters.as_deref()?, [].as_slice()),
        };
        let parameter = parameters.iter().nth(index)?;
        let name: Arc<str> = Arc::from(parameter.name().as_str());
        for decorator in decorators.iter().take(40) {
            let Expr::Call(call) = &decorator.expression else { continue };
            let is_option = matches!(
                self.resolver.callee_entity(call, outer),
                Some(Entity::Qualified(name)) if matches!(name.as_str(), "click.option" | "click.argument")
            );
            if is_option && destination(call).as_deref() == Some(&*name) {
                return Some(self.option(call, outer, depth));
            }
        }
        let default = parameter.default();
        if let Some(Expr::Call(call)) = default
            && let Some(Entity::Qualified(callee)) = self.resolver.callee_entity(call, outer)
            && matches!(callee.as_str(), "typer.Option" | "typer.Argument")
        {
            let typed = call.arguments.args.iter().skip(1).filter_map(string).find(|text| text.starts_with("--"));
            let flag = typed.map_or_else(|| format!("--{}", name.replace('_', "-")), str::to_owned);
            let default = call.arguments.args.first();
            let default = default.or_else(|| call.arguments.find_keyword("default").map(|keyword| &keyword.value));
            let default = default.filter(|default| !default.is_ellipsis_literal_expr());
            let default = default.map(|default| Box::new(self.follow(default, outer, depth + 1)));
            return Some(ValueKind::Flag { flag: Arc::from(flag), default });
        }
        let default = default.map(|default| Box::new(self.follow(default, outer, depth + 1)));
        Some(ValueKind::Parameter { function, name, default })
    }

    /// An option by the call that declares it.
    fn option(&mut self, call: &'a ExprCall, scope: ScopeId, depth: usize) -> ValueKind {
        let names = call.arguments.args.iter().filter_map(string);
        let long = names.clone().find(|name| name.starts_with("--"));
        let flag = Arc::from(long.or_else(|| names.clone().next()).unwrap_or_default());
        let default = call.arguments.find_keyword("default").map(|keyword| &keyword.value);
        let default = match default {
            Some(default) => Some(Box::new(self.follow(default, scope, depth + 1))),
            None => match call.arguments.find_keyword("action").and_then(|action| string(&action.value)) {
                Some("store_true") => Some(Box::new(self.literal(call, ValueKind::Bool(false)))),
                Some("store_false") => Some(Box::new(self.literal(call, ValueKind::Bool(true)))),
                _ => None,
            },
        };
        ValueKind::Flag { flag, default }
    }

    fn literal(&self, call: &ExprCall, kind: ValueKind) -> Value {
        Value { kind, span: self.spans.span(call), definition: None }
    }

    fn attribute(&mut self, expr: &'a Expr, node: &'a ast::ExprAttribute, scope: ScopeId, depth: usize) -> Value {
        let span = self.spans.span(expr);
        let name = node.attr.as_str();
        let receiver = self.resolver.entity(&node.value, scope);
        match receiver {
            Some(Entity::Instance(class)) if class == "argparse.Namespace" => {
                if let Some(value) = self.flag(name, span, depth) {
                    return value;
                }
            }
            Some(Entity::LocalInstance(class) | Entity::Class(class)) => {
                if let Some(symbol) = self.resolver.attribute_symbol(class, name)
                    && let Some(value) = self.bound_once(symbol, span, depth)
                {
                    return value;
                }
            }
            None if self.is_arguments_parameter(&node.value, scope) => {
                if let Some(value) = self.flag(name, span, depth) {
                    return value;
                }
            }
            _ => {}
        }
        self.entity_value(expr, scope)
    }

    /// `def main(args)`: by universal custom these are the options that the file's parser read.
    fn is_arguments_parameter(&self, receiver: &Expr, scope: ScopeId) -> bool {
        let Expr::Name(name) = receiver else { return false };
        if !matches!(name.id.as_str(), "args" | "opts" | "options" | "arguments") {
            return false;
        }
        let scopes = &self.resolver.walked.scopes;
        scopes.lookup(scope, name.id.as_str()).is_some_and(|symbol| {
            matches!(
                scopes.symbols[symbol.0].bindings.as_slice(),
                [Binding { kind: BindingKind::Parameter { annotation: None, .. }, .. }]
            )
        })
    }

    fn flag(&mut self, destination: &str, span: crate::diagnostic::Span, depth: usize) -> Option<Value> {
        let (call, scope) = *self.options.get(destination)?;
        if depth > MAX_DEPTH {
            return None;
        }
        let kind = self.option(call, scope, depth + 1);
        Some(Value { kind, span, definition: Some(self.spans.span(call)) })
    }

    /// The value of something that is a name for a definition.
    fn entity_value(&mut self, expr: &'a Expr, scope: ScopeId) -> Value {
        let kind = match self.resolver.entity(expr, scope) {
            Some(Entity::Qualified(name) | Entity::Member(name)) => ValueKind::Name(name),
            Some(Entity::Function(id)) => ValueKind::Function(id),
            Some(Entity::Class(id)) => ValueKind::Class(id),
            Some(Entity::Method { class, function: Some(function), .. }) => ValueKind::Method(class, function),
            Some(Entity::Method { inherited: Some(name), .. }) => ValueKind::Name(name),
            Some(Entity::Partial(call)) => ValueKind::Call(call),
            _ => ValueKind::Unknown,
        };
        Value { kind, span: self.spans.span(expr), definition: None }
    }

    /// The dotted name of what an expression stands for, where that has one; classes of this file by their name in it.
    pub fn type_name(&self, entity: Option<Entity>) -> Option<QualifiedName> {
        match entity? {
            Entity::Qualified(name) | Entity::Instance(name) | Entity::Member(name) => Some(name),
            Entity::Class(class) | Entity::LocalInstance(class) => {
                Some(QualifiedName::new(&self.resolver.walked.module.classes[class.index()].qualified))
            }
            _ => None,
        }
    }
}

/// The attribute that holds an option: `dest`, or its first long name with underscores.
fn destination(call: &ExprCall) -> Option<String> {
    if let Some(named) = call.arguments.find_keyword("dest").and_then(|dest| string(&dest.value)) {
        return Some(named.to_owned());
    }
    let names = call.arguments.args.iter().filter_map(string);
    // click lets a plain name stand among the options.
    let plain = names.clone().find(|name| !name.starts_with('-'));
    let long = names.clone().find(|name| name.starts_with("--"));
    let name = plain.or(long).or_else(|| names.clone().next())?;
    let name = name.split('/').next().unwrap_or(name);
    Some(name.trim_start_matches('-').replace('-', "_"))
}

/// The text of a string literal, where `expr` is one.
pub(super) fn string(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::StringLiteral(text) => Some(text.value.to_str()),
        _ => None,
    }
}
