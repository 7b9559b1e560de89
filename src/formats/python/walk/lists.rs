//! Lists of pairs and of messages that functions build and hand back: what a chat is made of.

use std::sync::Arc;

use ruff_python_ast::{Expr, Operator};
use ruff_text_size::Ranged;

use crate::formats::python::{Elements, HandedBack, HandedItem, ListChange};

use super::Walker;

impl<'a> Walker<'a> {
    /// Notes what a function returns or yields.
    pub(super) fn hands_back(&mut self, value: &'a Expr) {
        let Some(function) = self.function else { return };
        let items: Vec<&Expr> = match value {
            Expr::Tuple(tuple) if tuple.elts.iter().any(Expr::is_starred_expr) => return,
            Expr::Tuple(tuple) => tuple.elts.iter().collect(),
            value => vec![value],
        };
        let items = items.into_iter().map(|item| {
            let what = match item {
                Expr::Name(name) => HandedItem::Name(Arc::from(name.id.as_str())),
                item => elements_of(item).map_or(HandedItem::Other, HandedItem::List),
            };
            (what, self.spans.map(item.range()))
        });
        let row = HandedBack { function, items: items.collect() };
        self.out.module.handed_back.push(row);
    }

    /// Notes that `name` is or becomes a list with the elements of `value`.
    pub(super) fn holds_list(&mut self, target: &'a Expr, value: &'a Expr) {
        if let Some(elements) = elements_of(value) {
            self.list_change(target, elements, value);
        }
    }

    /// Notes `name.append(…)` and `name.extend([…])`.
    pub(super) fn adds_to_list(&mut self, call: &'a ruff_python_ast::ExprCall) {
        let (Expr::Attribute(attribute), [added]) = (&*call.func, &*call.arguments.args) else { return };
        let elements = match attribute.attr.as_str() {
            "append" => element(added),
            "extend" => elements_of(added),
            _ => None,
        };
        if let Some(elements) = elements {
            self.list_change(&attribute.value, elements, added);
        }
    }

    fn list_change(&mut self, target: &'a Expr, elements: Elements, at: &'a Expr) {
        let (Some(function), Expr::Name(name)) = (self.function, target) else { return };
        let name = Arc::from(name.id.as_str());
        let row = ListChange { function, name, elements, span: self.span(at) };
        self.out.module.list_changes.push(row);
    }
}

/// What a list display, a comprehension, or a sum with one at its end consists of.
fn elements_of(expr: &Expr) -> Option<Elements> {
    match expr {
        Expr::List(list) => {
            let mut known = list.elts.iter().map(element);
            let first = known.next()??;
            known.all(|other| other == Some(first)).then_some(first)
        }
        Expr::ListComp(comprehension) => element(&comprehension.elt),
        Expr::BinOp(sum) if sum.op == Operator::Add => elements_of(&sum.right),
        _ => None,
    }
}

/// What one element of a list is, where that can be seen.
fn element(expr: &Expr) -> Option<Elements> {
    let pair = match expr {
        Expr::Dict(_) => return Some(Elements::Messages),
        Expr::Tuple(tuple) => &tuple.elts,
        Expr::List(list) => &list.elts,
        _ => return None,
    };
    let is_plain = |part: &Expr| !part.is_starred_expr() && !part.is_dict_expr();
    (pair.len() == 2 && pair.iter().all(is_plain)).then_some(Elements::Pairs)
}
