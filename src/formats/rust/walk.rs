//! One walk over a file's syntax tree that fills the tables.

use proc_macro2::TokenStream;
use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};
use syn::{Attribute, Expr, ExprPath, Lit, Member, Pat, Token};

use super::scope::Scopes;
use super::value::{FormatPiece, RustValue};
use super::{Callee, RustCall, RustContext, RustFile, RustFunction, clamp, depth, extent, imports};
use crate::diagnostic::{Span, Spanned};

/// Methods and conversions that leave a value what it is.
const TRANSPARENT_METHODS: &[&str] = &[
    "as_deref",
    "as_ref",
    "as_str",
    "borrow",
    "clone",
    "expect",
    "into",
    "ok",
    "parse",
    "to_owned",
    "to_string",
    "trim",
    "unwrap",
];

/// Methods that give a value where there is none: `unwrap_or("3000")`, `unwrap_or_else(|_| "3000".into())`.
const DEFAULT_METHODS: &[&str] = &["unwrap_or", "unwrap_or_else"];

/// How many expressions in each other are looked into for a value. It bounds the time where calls nest: each is looked into
/// by so many of the calls around it.
const MAX_STEPS: usize = 12;

/// The longest text that is kept as a value, in bytes.
const MAX_TEXT: usize = 256;

/// The longest list whose values are of interest.
const MAX_LIST: usize = 32;

/// How many macros in each other have their inputs read.
const MAX_MACROS: usize = 3;

/// Fills the tables from `file`, whose text begins at `offset` of `text`.
pub(super) fn walk(file: &syn::File, text: &str, offset: usize) -> RustFile {
    let mut walker = Walker {
        text,
        offset,
        read: RustFile::default(),
        imports: Scopes::new(),
        values: Scopes::new(),
        macros: 0,
        functions: Vec::new(),
        contexts: vec![RustContext::Sync],
        in_test: false,
        awaited: None,
    };
    walker.declare(file.items.iter());
    walker.visit_file(file);
    walker.read.calls.sort_by_key(|call| call.name_span());
    walker.read
}

struct Walker<'t> {
    text: &'t str,
    offset: usize,
    read: RustFile,
    /// Names that `use` gives.
    imports: Scopes<String>,
    /// Constants and plain variables.
    values: Scopes<Spanned<RustValue>>,
    /// How many macros' inputs are around.
    macros: usize,
    /// The functions around, as indexes, innermost last.
    functions: Vec<usize>,
    contexts: Vec<RustContext>,
    in_test: bool,
    /// The expression that the `.await` just met stands behind.
    awaited: Option<Span>,
}

impl Walker<'_> {
    fn span(&self, span: proc_macro2::Span) -> Span {
        clamp(self.text, Span::from(span.byte_range()).shifted(self.offset))
    }

    /// From the first token of an expression to its last.
    fn extent(&self, expression: &Expr) -> Span {
        let (first, last) = (self.span(extent::start(expression)), self.span(extent::end(expression)));
        Span::new(first.start, last.end)
    }

    fn resolve(&self, path: &syn::Path) -> String {
        let parts: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        imports::resolve(&parts, &self.imports)
    }

    fn bind(&mut self, name: String, value: Spanned<RustValue>) {
        self.values.bind(name, value);
    }

    /// Makes the imports and constants of a module or block known, wherever in it they stand.
    fn declare<'a>(&mut self, items: impl Iterator<Item = &'a syn::Item> + Clone) {
        for item in items.clone() {
            if let syn::Item::Use(item) = item {
                imports::collect(&item.tree, &mut self.imports);
            }
        }
        // Twice, so that a constant may name a later one.
        for _ in 0..2 {
            for item in items.clone() {
                let (name, expression) = match item {
                    syn::Item::Const(item) => (item.ident.to_string(), &item.expr),
                    syn::Item::Static(item) => (item.ident.to_string(), &item.expr),
                    _ => continue,
                };
                let value = self.value(expression);
                self.bind(name, value);
            }
        }
    }

    /// Runs `inside` in a scope of its own.
    fn scoped(&mut self, inside: impl FnOnce(&mut Self)) {
        self.imports.open();
        self.values.open();
        inside(self);
        self.imports.close();
        self.values.close();
    }

    fn within(&mut self, context: RustContext, inside: impl FnOnce(&mut Self)) {
        self.contexts.push(context);
        self.scoped(inside);
        self.contexts.pop();
    }

    fn with_test(&mut self, attributes: &[Attribute], inside: impl FnOnce(&mut Self)) {
        let before = self.in_test;
        self.in_test |= attributes.iter().any(is_test_attribute);
        inside(self);
        self.in_test = before;
    }

    fn function(&mut self, attributes: &[Attribute], signature: &syn::Signature, body: &syn::Block) {
        self.with_test(attributes, |walker| {
            let name = Spanned::new(signature.ident.to_string(), walker.span(signature.ident.span()));
            let is_async = signature.asyncness.is_some();
            let attributes = attributes
                .iter()
                .filter(|attribute| !attribute.path().is_ident("doc"))
                .map(|attribute| walker.resolve(attribute.path()))
                .collect();
            let first = signature.asyncness.map_or(signature.fn_token.span, |token| token.span);
            let span = Span::new(walker.span(first).start, walker.span(body.brace_token.span.close()).end);
            let in_test = walker.in_test;
            walker.read.functions.push(RustFunction { name, is_async, attributes, span, in_test });
            walker.functions.push(walker.read.functions.len() - 1);
            let context = if is_async { RustContext::Async } else { RustContext::Sync };
            walker.within(context, |walker| {
                walker.visit_signature(signature);
                walker.visit_block(body);
            });
            walker.functions.pop();
        });
    }

    fn record(&mut self, callee: Callee, arguments: &Punctuated<Expr, Token![,]>, span: Span) {
        let call = RustCall {
            callee,
            argument_spans: arguments.iter().map(|argument| self.extent(argument)).collect(),
            arguments: arguments.iter().map(|argument| self.value(argument)).collect(),
            span,
            function: self.functions.last().copied(),
            context: self.contexts.last().copied().unwrap_or(RustContext::Sync),
            is_awaited: self.awaited == Some(span),
            in_test: self.in_test,
        };
        self.read.calls.push(call);
    }

    /// The value of an expression, with the place where it is written.
    fn value(&self, expression: &Expr) -> Spanned<RustValue> {
        self.value_within(expression, MAX_STEPS)
    }

    /// The values of expressions; none of a list too long to be an address.
    fn values(&self, expressions: &Punctuated<Expr, Token![,]>, steps: usize) -> Vec<Spanned<RustValue>> {
        if expressions.len() > MAX_LIST {
            return Vec::new();
        }
        expressions.iter().map(|expression| self.value_within(expression, steps)).collect()
    }

    /// The value of an expression, looked for no deeper than `steps` expressions in each other.
    fn value_within(&self, expression: &Expr, steps: usize) -> Spanned<RustValue> {
        let span = self.extent(expression);
        let Some(steps) = steps.checked_sub(1) else { return Spanned::new(RustValue::Unknown, span) };
        let value = match expression {
            Expr::Lit(literal) => match &literal.lit {
                Lit::Str(text) => {
                    Some(text.value()).filter(|text| text.len() <= MAX_TEXT).map_or(RustValue::Unknown, RustValue::Str)
                }
                Lit::Int(number) => number.base10_parse().map_or(RustValue::Unknown, RustValue::Int),
                Lit::Bool(truth) => RustValue::Bool(truth.value),
                _ => RustValue::Unknown,
            },
            Expr::Tuple(tuple) => RustValue::Tuple(self.values(&tuple.elems, steps)),
            Expr::Array(array) => RustValue::Array(self.values(&array.elems, steps)),
            Expr::Reference(reference) => return self.value_within(&reference.expr, steps),
            Expr::Paren(inner) => return self.value_within(&inner.expr, steps),
            Expr::Group(inner) => return self.value_within(&inner.expr, steps),
            Expr::Try(inner) => return self.value_within(&inner.expr, steps),
            Expr::Await(inner) => return self.value_within(&inner.base, steps),
            Expr::Cast(inner) => return self.value_within(&inner.expr, steps),
            Expr::Block(block) => match block.block.stmts.as_slice() {
                [syn::Stmt::Expr(last, None)] => return self.value_within(last, steps),
                _ => RustValue::Unknown,
            },
            Expr::Path(path) => return self.path_value(path, span),
            Expr::Call(call) => return self.call_value(call, span, steps),
            Expr::MethodCall(call) => return self.method_value(call, span, steps),
            Expr::Macro(invocation) => self.macro_value(&invocation.mac, steps),
            _ => RustValue::Unknown,
        };
        Spanned::new(value.bounded(), span)
    }

    fn path_value(&self, path: &ExprPath, span: Span) -> Spanned<RustValue> {
        let plain = path.qself.is_none();
        if let Some(name) = path.path.get_ident().filter(|_| plain) {
            return self.named_value(&name.to_string(), span);
        }
        // `Self::PORT` and `config::PORT` name constants that are known by their last part, where they are of this file.
        let resolved = self.resolve(&path.path);
        let local = resolved.strip_prefix("crate::").or_else(|| resolved.strip_prefix("self::"));
        if let Some(value) = local.and_then(|name| self.values.outermost(name)) {
            return value.clone();
        }
        Spanned::new(if plain { RustValue::Path(resolved) } else { RustValue::Unknown }, span)
    }

    fn named_value(&self, name: &str, span: Span) -> Spanned<RustValue> {
        if let Some(value) = self.values.get(name) {
            return value.clone();
        }
        let resolved = imports::resolve(&[name.to_owned()], &self.imports);
        Spanned::new(RustValue::Path(resolved), span)
    }

    fn call_value(&self, call: &syn::ExprCall, span: Span, steps: usize) -> Spanned<RustValue> {
        let Expr::Path(function) = call.func.as_ref() else { return Spanned::new(RustValue::Unknown, span) };
        let path = self.resolve(&function.path);
        let first = call.args.first();
        let value = match (path.as_str(), first) {
            ("String::from" | "Some" | "Ok" | "Box::new" | "Arc::new" | "std::sync::Arc::new", Some(inner)) => {
                return self.value_within(inner, steps);
            }
            ("std::env::var" | "env::var" | "dotenvy::var" | "dotenv::var", name) => {
                let name = name.map(|name| self.value_within(name, steps).value);
                let name = name.and_then(|name| if let RustValue::Str(name) = name { Some(name) } else { None });
                RustValue::Env { name, default: None }
            }
            _ => RustValue::Call { path, arguments: self.values(&call.args, steps) },
        };
        Spanned::new(value.bounded(), span)
    }

    fn method_value(&self, call: &syn::ExprMethodCall, span: Span, steps: usize) -> Spanned<RustValue> {
        let name = call.method.to_string();
        let receiver = self.value_within(&call.receiver, steps);
        if TRANSPARENT_METHODS.contains(&name.as_str()) {
            return receiver;
        }
        // `env::var("PORT").ok().and_then(|port| port.parse().ok()).unwrap_or(3000)`
        let keeps_variable = matches!(name.as_str(), "and_then" | "map" | "map_err" | "filter" | "context");
        match receiver.value {
            RustValue::Env { .. } if keeps_variable => return receiver,
            RustValue::Env { name: variable, default: None } if DEFAULT_METHODS.contains(&name.as_str()) => {
                let default = call.args.first().map(|argument| Box::new(self.default_value(argument, steps)));
                return Spanned::new(RustValue::Env { name: variable, default }.bounded(), span);
            }
            // A default behind a text that was only parsed changes nothing.
            RustValue::Str(_) | RustValue::Env { .. } if DEFAULT_METHODS.contains(&name.as_str()) => return receiver,
            _ => {}
        }
        let arguments = self.values(&call.args, steps);
        Spanned::new(RustValue::Method { receiver: Box::new(receiver), name, arguments }.bounded(), span)
    }

    /// The value of a default, which may be a closure's.
    fn default_value(&self, expression: &Expr, steps: usize) -> Spanned<RustValue> {
        match expression {
            Expr::Closure(closure) => self.value_within(&closure.body, steps),
            other => self.value_within(other, steps),
        }
    }

    fn macro_value(&self, invocation: &syn::Macro, steps: usize) -> RustValue {
        let name = invocation.path.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default();
        if self.macros > MAX_MACROS || !matches!(name.as_str(), "vec" | "format") {
            return RustValue::Unknown;
        }
        // A macro's input is parsed anew for each expression around it, so inside one few more steps are taken.
        let steps = steps.min(2);
        match macro_arguments(&invocation.tokens) {
            Some(arguments) if name == "vec" => RustValue::Array(self.values(&arguments, steps)),
            Some(arguments) => self.format_value(&arguments, steps),
            None => RustValue::Unknown,
        }
    }

    /// `format!("{host}:{}", port)`; `Unknown` where it has more than plain placeholders.
    fn format_value(&self, arguments: &Punctuated<Expr, Token![,]>, steps: usize) -> RustValue {
        let mut arguments = arguments.iter();
        let Some(Expr::Lit(template)) = arguments.next() else { return RustValue::Unknown };
        let Lit::Str(template_text) = &template.lit else { return RustValue::Unknown };
        let template_span = self.span(template.lit.span());
        let template = template_text.value();
        let mut pieces = Vec::new();
        let mut rest = template.as_str();
        while let Some(open) = rest.find('{') {
            let (before, after) = rest.split_at(open);
            let Some(close) = after.find('}') else { return RustValue::Unknown };
            let inside = after.get(1..close).unwrap_or_default();
            if !before.is_empty() {
                pieces.push(FormatPiece::Text(before.to_owned()));
            }
            let name = inside.split(':').next().unwrap_or_default();
            pieces.push(FormatPiece::Value(if name.is_empty() {
                match arguments.next() {
                    Some(argument) => self.value_within(argument, steps),
                    None => return RustValue::Unknown,
                }
            } else if name.chars().all(|c| c.is_alphanumeric() || c == '_') && !name.starts_with(char::is_numeric) {
                self.named_value(name, template_span)
            } else {
                return RustValue::Unknown;
            }));
            rest = after.get(close + 1..).unwrap_or_default();
        }
        if !rest.is_empty() {
            pieces.push(FormatPiece::Text(rest.to_owned()));
        }
        RustValue::Format(pieces)
    }
}

/// The input of a macro as expressions between commas, where it reads so.
fn macro_arguments(tokens: &TokenStream) -> Option<Punctuated<Expr, Token![,]>> {
    if depth::weight(tokens) > depth::MAX_WEIGHT / 4 {
        return None;
    }
    syn::parse::Parser::parse2(Punctuated::parse_terminated, tokens.clone()).ok()
}

/// Whether an attribute says that only tests contain what it stands on.
fn is_test_attribute(attribute: &Attribute) -> bool {
    let last = attribute.path().segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default();
    if last != "cfg" {
        return matches!(last.as_str(), "test" | "rstest" | "bench" | "test_case" | "proptest");
    }
    let syn::Meta::List(list) = &attribute.meta else { return false };
    let condition = list.tokens.to_string().replace(' ', "");
    condition == "test" || condition.starts_with("all(test,") || condition.contains(",test)")
}

impl<'ast> Visit<'ast> for Walker<'_> {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        self.with_test(&item.attrs, |walker| {
            walker.scoped(|walker| {
                if let Some((_, items)) = &item.content {
                    walker.declare(items.iter());
                }
                visit::visit_item_mod(walker, item);
            });
        });
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        self.with_test(&item.attrs, |walker| visit::visit_item_impl(walker, item));
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.function(&item.attrs, &item.sig, &item.block);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.function(&item.attrs, &item.sig, &item.block);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(body) = &item.default {
            self.function(&item.attrs, &item.sig, body);
        }
    }

    fn visit_block(&mut self, block: &'ast syn::Block) {
        self.scoped(|walker| {
            walker.declare(block.stmts.iter().filter_map(|statement| match statement {
                syn::Stmt::Item(item) => Some(item),
                _ => None,
            }));
            visit::visit_block(walker, block);
        });
    }

    fn visit_local(&mut self, local: &'ast syn::Local) {
        visit::visit_local(self, local);
        let pattern = match &local.pat {
            Pat::Type(typed) => typed.pat.as_ref(),
            other => other,
        };
        if let (Pat::Ident(name), Some(init)) = (pattern, &local.init)
            && name.mutability.is_none()
        {
            let value = self.value(&init.expr);
            self.bind(name.ident.to_string(), value);
        }
    }

    fn visit_pat_ident(&mut self, pattern: &'ast syn::PatIdent) {
        // A parameter, or a variable whose value is not plain, hides what the name meant before.
        let span = self.span(pattern.ident.span());
        self.bind(pattern.ident.to_string(), Spanned::new(RustValue::Unknown, span));
        visit::visit_pat_ident(self, pattern);
    }

    fn visit_expr_closure(&mut self, closure: &'ast syn::ExprClosure) {
        let context = if closure.asyncness.is_some() { RustContext::Async } else { RustContext::Closure };
        self.within(context, |walker| visit::visit_expr_closure(walker, closure));
    }

    fn visit_expr_async(&mut self, block: &'ast syn::ExprAsync) {
        self.within(RustContext::Async, |walker| visit::visit_expr_async(walker, block));
    }

    fn visit_expr_await(&mut self, awaited: &'ast syn::ExprAwait) {
        self.awaited = Some(self.extent(&awaited.base));
        visit::visit_expr_await(self, awaited);
    }

    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        if let Expr::Path(function) = call.func.as_ref() {
            let name = Spanned::new(self.resolve(&function.path), self.extent(&call.func));
            let span = Span::new(name.span.start, self.span(call.paren_token.span.close()).end);
            self.record(Callee::Path(name), &call.args, span);
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        let name = Spanned::new(call.method.to_string(), self.span(call.method.span()));
        let receiver = self.value(&call.receiver);
        let start = self.span(extent::start(&call.receiver)).start;
        let span = Span::new(start, self.span(call.paren_token.span.close()).end);
        self.record(Callee::Method { receiver, name }, &call.args, span);
        visit::visit_expr_method_call(self, call);
    }

    fn visit_macro(&mut self, invocation: &'ast syn::Macro) {
        if self.macros < MAX_MACROS
            && let Some(arguments) = macro_arguments(&invocation.tokens)
        {
            self.macros += 1;
            for argument in &arguments {
                // `name = value` in a macro names an argument; the value is what is called.
                match argument {
                    Expr::Assign(assign) => self.visit_expr(&assign.right),
                    other => self.visit_expr(other),
                }
            }
            self.macros -= 1;
        }
    }

    fn visit_member(&mut self, _: &'ast Member) {}
}
