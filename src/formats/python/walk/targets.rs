//! Targets of assignments, loops and `with`: the names and attributes that they bind.

use std::sync::Arc;

use ruff_python_ast::{self as ast, Expr};
use ruff_text_size::{Ranged, TextRange};

use crate::formats::python::scope::{BindingKind, ScopeKind};
use crate::formats::python::{Assignment, Attribute, ClassId, FunctionId, Usage, Value};

use super::{Candidate, DictionaryItem, Pending, Walker};

/// What a target is bound to.
#[derive(Clone, Copy)]
pub(super) enum Bound<'a> {
    Value { value: Option<&'a Expr>, annotation: Option<&'a Expr> },
    Element(&'a Expr, usize),
    Entered(&'a Expr),
    Iterated(&'a Expr, Option<usize>),
    Other,
}

impl<'a> Walker<'a> {
    pub(super) fn assigned(&self, target: &Expr) -> Usage {
        Usage::Assigned(self.target_text(target))
    }

    /// An expression as written, without blanks; cut where it is long.
    pub(super) fn written(&self, expression: &Expr) -> Arc<str> {
        self.target_text(expression)
    }

    fn target_text(&self, target: &Expr) -> Arc<str> {
        let text = self.text_of(target.range());
        match target {
            Expr::Name(_) => Arc::from(text),
            _ => text.chars().filter(|c| !c.is_whitespace()).take(200).collect::<String>().into(),
        }
    }

    pub(super) fn record_assignment(
        &mut self,
        target: &'a Expr,
        value: Option<&'a Expr>,
        annotation: Option<&'a Expr>,
        augmented: bool,
        range: TextRange,
    ) {
        let target_span = self.span(target);
        self.out.module.assignments.push(Assignment {
            target: self.target_text(target),
            target_span,
            value: Value::unknown(value.map_or(target_span, |value| self.span(value))),
            augmented,
            span: self.spans.map(range),
            block: self.block,
            function: self.function,
        });
        self.out.assignments.push(Pending { value, annotation, scope: self.scope });
    }

    /// Binds the names of a target and walks the expressions in it.
    pub(super) fn target(&mut self, target: &'a Expr, bound: Bound<'a>) {
        match target {
            Expr::Name(name) => {
                let kind = match bound {
                    Bound::Value { value, annotation } => BindingKind::Value { value, annotation },
                    Bound::Element(value, position) => BindingKind::Element(value, position),
                    Bound::Entered(value) => BindingKind::Entered(value),
                    Bound::Iterated(value, position) => BindingKind::Iterated(value, position),
                    Bound::Other => BindingKind::Other,
                };
                self.out.scopes.bind(self.scope, name.id.as_str(), kind);
                if let (Some(class), ScopeKind::Class) = (self.class, self.out.scopes.kind(self.scope)) {
                    self.record_attribute(class, name.id.as_str(), target, bound, None);
                }
            }
            Expr::Tuple(ast::ExprTuple { elts, .. }) | Expr::List(ast::ExprList { elts, .. }) => {
                for (position, element) in elts.iter().enumerate() {
                    let bound = match bound {
                        Bound::Value { value: Some(value), .. } => match value {
                            Expr::Tuple(tuple) if tuple.len() == elts.len() => tuple
                                .elts
                                .get(position)
                                .map_or(Bound::Other, |value| Bound::Value { value: Some(value), annotation: None }),
                            value => Bound::Element(value, position),
                        },
                        Bound::Iterated(value, None) => Bound::Iterated(value, Some(position)),
                        _ => Bound::Other,
                    };
                    self.deeper(|walker| walker.target(element, bound));
                }
            }
            Expr::Starred(starred) => self.deeper(|walker| walker.target(&starred.value, Bound::Other)),
            Expr::Attribute(attribute) => {
                if let Some(class) = self.receiver_class(&attribute.value) {
                    self.bind_attribute(class, attribute, target, bound);
                } else {
                    self.expression(&attribute.value, Usage::Receiver);
                }
            }
            Expr::Subscript(subscript) => {
                self.environment_candidate(target, true);
                if let (Expr::Name(name), Bound::Value { value: Some(value), .. }) = (&*subscript.value, bound) {
                    self.out.dictionary_items.push(DictionaryItem {
                        dictionary: name.id.as_str(),
                        key: &subscript.slice,
                        value,
                        scope: self.scope,
                    });
                }
                self.expression(&subscript.value, Usage::Receiver);
                self.expression(&subscript.slice, Usage::Other);
            }
            other => self.expression(other, Usage::Other),
        }
    }

    /// The class whose instance (or itself) the expression is, where it is the first parameter of a method.
    fn receiver_class(&self, value: &Expr) -> Option<ClassId> {
        let Expr::Name(name) = value else { return None };
        let symbol = self.out.scopes.lookup(self.scope, name.id.as_str())?;
        match self.out.scopes.symbols[symbol.0].bindings.first()?.kind {
            BindingKind::Instance(class) | BindingKind::Itself(class) => Some(class),
            _ => None,
        }
    }

    fn bind_attribute(
        &mut self,
        class: ClassId,
        attribute: &'a ast::ExprAttribute,
        target: &'a Expr,
        bound: Bound<'a>,
    ) {
        let name = attribute.attr.as_str();
        let kind = match bound {
            Bound::Value { value, annotation } => BindingKind::Value { value, annotation },
            Bound::Element(value, position) => BindingKind::Element(value, position),
            Bound::Entered(value) => BindingKind::Entered(value),
            Bound::Iterated(value, position) => BindingKind::Iterated(value, position),
            Bound::Other => BindingKind::Other,
        };
        let instance = self.out.classes[class.index()].instance;
        let scope = self.scope;
        self.out.scopes.bind_from(instance, name, kind, scope);
        self.record_attribute(class, name, target, bound, self.function);
    }

    fn record_attribute(
        &mut self,
        class: ClassId,
        name: &str,
        target: &'a Expr,
        bound: Bound<'a>,
        method: Option<FunctionId>,
    ) {
        let (value, annotation) = match bound {
            Bound::Value { value, annotation } => (value, annotation),
            Bound::Element(..) | Bound::Entered(_) | Bound::Iterated(..) | Bound::Other => (None, None),
        };
        let span = self.span(target);
        let row = Attribute {
            name: Arc::from(name),
            value: Value::unknown(value.map_or(span, |value| self.span(value))),
            annotation: None,
            span,
            method,
            block: self.block,
        };
        self.out.attributes.push((class, row, Pending { value, annotation, scope: self.scope }));
    }

    pub(super) fn environment_candidate(&mut self, node: &'a Expr, write: bool) {
        let candidate = Candidate { node, scope: self.scope, block: self.block, function: self.function };
        self.out.environment.push((candidate, write));
    }
}
