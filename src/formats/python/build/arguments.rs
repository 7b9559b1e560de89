//! Calls with their callees and arguments, the ones that come through dictionaries and `functools.partial` included.

use std::sync::Arc;

use ruff_python_ast::{Expr, ExprCall};
use ruff_text_size::Ranged;
use rustc_hash::FxHashMap;

use crate::diagnostic::Span;
use crate::formats::python::entity::Entity;
use crate::formats::python::evaluate::string;
use crate::formats::python::scope::{BindingKind, ScopeId, SymbolId};
use crate::formats::python::{Argument, ArgumentOrigin, Call, CallId, Callee};

use super::Builder;

/// Keys that are followed in one dictionary.
const MAX_KEYS: usize = 100;
/// Arguments that come to the calls of one file from elsewhere: a dictionary that a thousand calls unpack is not copied a
/// thousand times.
const MAX_INDIRECT: usize = 20_000;

impl<'a> Builder<'a, '_> {
    /// The calls, and the deferred ones that partials prepare.
    pub(super) fn calls(&mut self) -> (Vec<Call>, Vec<Call>) {
        let items = self.items_by_dictionary();
        let walked = self.walked;
        let mut calls = Vec::with_capacity(walked.calls.len());
        let mut deferred = vec![];
        for (row, (node, scope)) in walked.module.calls.iter().zip(&walked.calls) {
            let mut call = row.clone();
            let receiver_text = match &*node.func {
                Expr::Attribute(attribute) => self.text_of(&*attribute.value),
                _ => "",
            };
            call.callee = self.evaluator.resolver.callee(node, *scope, receiver_text);
            call.receiver = self.receiver(node, *scope);
            // Calls are most of what is kept of a file, and most have one argument.
            call.arguments.reserve_exact(node.arguments.len());
            self.fill_arguments(&mut call, node, *scope, 0, &items);
            if call.is("functools.partial") {
                deferred.extend(self.deferred(&call, node, *scope));
            } else if let Some(Entity::Partial(partial)) = self.evaluator.resolver.callee_entity(node, *scope) {
                self.add_bound_arguments(&mut call, partial, &items);
            }
            let indirect = call.arguments.iter().filter(|argument| argument.origin != ArgumentOrigin::Direct);
            self.indirect += indirect.count();
            calls.push(call);
        }
        (calls, deferred)
    }

    fn items_by_dictionary(&self) -> FxHashMap<SymbolId, Vec<usize>> {
        let mut items: FxHashMap<SymbolId, Vec<usize>> = FxHashMap::default();
        for (index, item) in self.walked.dictionary_items.iter().enumerate() {
            if let Some(symbol) = self.walked.scopes.lookup(item.scope, item.dictionary) {
                items.entry(symbol).or_default().push(index);
            }
        }
        items
    }

    /// The call that made the receiver: through one name, bound once, and through chained calls.
    fn receiver(&self, node: &ExprCall, scope: ScopeId) -> Option<CallId> {
        let Expr::Attribute(attribute) = &*node.func else { return None };
        match &*attribute.value {
            Expr::Call(call) => self.evaluator.resolver.call_id(call),
            Expr::Name(name) => {
                let symbol = self.walked.scopes.lookup(scope, name.id.as_str())?;
                let [binding] = self.walked.scopes.symbols[symbol.0].bindings.as_slice() else { return None };
                match binding.kind {
                    BindingKind::Value { value: Some(Expr::Call(call)), .. }
                    | BindingKind::Entered(Expr::Call(call)) => self.evaluator.resolver.call_id(call),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// Adds the arguments that are written after the first `skip` positional ones.
    fn fill_arguments(
        &mut self,
        call: &mut Call,
        node: &'a ExprCall,
        scope: ScopeId,
        skip: usize,
        items: &FxHashMap<SymbolId, Vec<usize>>,
    ) {
        for (position, argument) in node.arguments.args.iter().skip(skip).enumerate() {
            if argument.is_starred_expr() {
                call.unknown_positional = true;
            }
            if call.unknown_positional {
                continue;
            }
            call.arguments.push(Argument {
                name: None,
                name_span: None,
                position: Some(position),
                value: self.evaluator.value(argument, scope),
                span: self.evaluator.spans.span(argument),
                origin: ArgumentOrigin::Direct,
            });
        }
        for keyword in &node.arguments.keywords {
            let span = self.evaluator.spans.span(keyword);
            match &keyword.arg {
                Some(name) => call.arguments.push(Argument {
                    name: Some(Arc::from(name.as_str())),
                    name_span: Some(self.evaluator.spans.span(name)),
                    position: None,
                    value: self.evaluator.value(&keyword.value, scope),
                    span,
                    origin: ArgumentOrigin::Direct,
                }),
                None => {
                    if !self.unpack(call, &keyword.value, scope, span, items) {
                        call.unknown_keywords = true;
                    }
                }
            }
        }
    }

    /// Adds the arguments of `**dictionary`; whether all of them are known.
    fn unpack(
        &mut self,
        call: &mut Call,
        dictionary: &'a Expr,
        scope: ScopeId,
        span: Span,
        items: &FxHashMap<SymbolId, Vec<usize>>,
    ) -> bool {
        if !self.allows_indirect() {
            return false;
        }
        let Expr::Name(name) = dictionary else {
            return self.unpack_display(call, dictionary, scope, ArgumentOrigin::Dictionary(span));
        };
        let walked = self.walked;
        let Some(symbol) = walked.scopes.lookup(scope, name.id.as_str()) else { return false };
        let bindings = &walked.scopes.symbols[symbol.0].bindings;
        let mut known = match bindings.as_slice() {
            [binding] => match binding.kind {
                BindingKind::Value { value: Some(value), .. } => {
                    self.unpack_display(call, value, binding.scope, ArgumentOrigin::Dictionary(span))
                }
                _ => false,
            },
            _ => false,
        };
        for index in items.get(&symbol).map_or(&[][..], Vec::as_slice).iter().take(MAX_KEYS) {
            let Some(item) = walked.dictionary_items.get(*index) else { continue };
            let Some(key) = string(item.key) else {
                known = false;
                continue;
            };
            let (start, end) = (self.evaluator.spans.span(item.key), self.evaluator.spans.span(item.value));
            call.arguments.push(Argument {
                name: Some(Arc::from(key)),
                name_span: Some(start),
                position: None,
                value: self.evaluator.value(item.value, item.scope),
                span: Span::new(start.start, end.end),
                origin: ArgumentOrigin::DictionaryItem(span),
            });
        }
        known
    }

    /// Adds the items of `{"key": value}` or `dict(key=value)`; whether all of them are known.
    fn unpack_display(&mut self, call: &mut Call, value: &'a Expr, scope: ScopeId, origin: ArgumentOrigin) -> bool {
        let mut known = true;
        match value {
            Expr::Dict(display) => {
                known &= display.items.len() <= MAX_KEYS;
                for item in display.items.iter().take(MAX_KEYS) {
                    let Some((node, key)) = item.key.as_ref().and_then(|key| Some((key, string(key)?))) else {
                        known = false;
                        continue;
                    };
                    let name_span = self.evaluator.spans.span(node);
                    call.arguments.push(Argument {
                        name: Some(Arc::from(key)),
                        name_span: Some(name_span),
                        position: None,
                        value: self.evaluator.value(&item.value, scope),
                        span: Span::new(name_span.start, self.evaluator.spans.span(&item.value).end),
                        origin,
                    });
                }
            }
            Expr::Call(node) => {
                let callee = self.evaluator.resolver.callee_entity(node, scope);
                if !matches!(callee, Some(Entity::Qualified(name)) if name == "builtins.dict") {
                    return false;
                }
                known &= node.arguments.args.is_empty() && node.arguments.keywords.len() <= MAX_KEYS;
                for keyword in node.arguments.keywords.iter().take(MAX_KEYS) {
                    let Some(name) = &keyword.arg else {
                        known = false;
                        continue;
                    };
                    call.arguments.push(Argument {
                        name: Some(Arc::from(name.as_str())),
                        name_span: Some(self.evaluator.spans.span(name)),
                        position: None,
                        value: self.evaluator.value(&keyword.value, scope),
                        span: self.evaluator.spans.span(keyword),
                        origin,
                    });
                }
            }
            _ => known = false,
        }
        known
    }

    /// The call that a partial prepares.
    fn deferred(&mut self, partial: &Call, node: &'a ExprCall, scope: ScopeId) -> Option<Call> {
        let prepared = node.arguments.args.first().filter(|prepared| !prepared.is_starred_expr())?;
        let entity = self.evaluator.resolver.entity(prepared, scope)?;
        let callee: Callee = self.evaluator.resolver.callee_of(entity)?;
        let callee_span = self.evaluator.spans.span(prepared);
        let mut arguments: Vec<Argument> =
            partial.arguments.iter().filter(|argument| argument.position != Some(0)).cloned().collect();
        for argument in &mut arguments {
            argument.position = argument.position.map(|position| position - 1);
        }
        Some(Call { callee, callee_span, arguments, deferred: true, receiver: None, ..partial.clone() })
    }

    /// Whether arguments from elsewhere may be added to one more call.
    fn allows_indirect(&self) -> bool {
        self.indirect < MAX_INDIRECT
    }

    /// Adds what the partial bound to a call of it.
    fn add_bound_arguments(&mut self, call: &mut Call, partial: CallId, items: &FxHashMap<SymbolId, Vec<usize>>) {
        if !self.allows_indirect() {
            (call.unknown_positional, call.unknown_keywords) = (true, true);
            return;
        }
        let Some((node, scope)) = self.walked.calls.get(partial.index()).copied() else { return };
        let Some(row) = self.walked.module.calls.get(partial.index()) else { return };
        let mut bound = Call { arguments: vec![], ..row.clone() };
        self.fill_arguments(&mut bound, node, scope, 1, items);
        let before = bound.arguments.iter().filter(|argument| argument.position.is_some()).count();
        for argument in &mut call.arguments {
            argument.position = argument.position.map(|position| position + before);
        }
        let span = self.evaluator.spans.map(node.range());
        for mut argument in bound.arguments {
            let overridden = argument.name.as_deref().is_some_and(|name| call.keyword(name).is_some());
            if !overridden {
                argument.origin = ArgumentOrigin::Partial(span);
                call.arguments.push(argument);
            }
        }
        call.unknown_positional |= bound.unknown_positional;
        call.unknown_keywords |= bound.unknown_keywords;
    }
}
