//! What a container holds: `for agent in self.agents` of `agents: list[Agent]`, `named["x"]` of a dictionary of agents.

use ruff_python_ast::{self as ast, Expr};

use super::entity::{Entity, Resolver, agreed};
use super::scope::{BindingKind, ScopeId};

/// Elements of a display that are looked at; of longer ones nothing is known.
const MAX_ELEMENTS: usize = 20;

/// Which part of a container is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// What a loop over it gives: an element, or a key of a dictionary.
    Item,
    /// What a subscript gives: an element, or a value of a dictionary.
    Value,
}

impl<'a> Resolver<'a, '_> {
    /// What a loop over `iterated` gives; with `position` that part of each tuple: `for name, agent in agents.items()`.
    pub(super) fn iterated(&mut self, iterated: &'a Expr, position: Option<usize>, scope: ScopeId) -> Option<Entity> {
        let Expr::Call(call) = iterated else {
            return if position.is_none() { self.part(iterated, Part::Item, scope) } else { None };
        };
        match (&*call.func, position) {
            (Expr::Attribute(method), at) if call.arguments.is_empty() => match (method.attr.as_str(), at) {
                ("values", None) | ("items", Some(1)) => self.part(&method.value, Part::Value, scope),
                _ => None,
            },
            (Expr::Name(name), None)
                if matches!(name.id.as_str(), "reversed" | "sorted" | "list" | "tuple" | "set") =>
            {
                self.iterated(call.arguments.args.first()?, None, scope)
            }
            (Expr::Name(name), Some(1)) if name.id.as_str() == "enumerate" => {
                self.iterated(call.arguments.args.first()?, None, scope)
            }
            _ => None,
        }
    }

    /// What a container holds.
    pub(super) fn part(&mut self, container: &'a Expr, part: Part, scope: ScopeId) -> Option<Entity> {
        match container {
            Expr::List(ast::ExprList { elts, .. })
            | Expr::Tuple(ast::ExprTuple { elts, .. })
            | Expr::Set(ast::ExprSet { elts, .. })
                if elts.len() <= MAX_ELEMENTS =>
            {
                let found: Vec<_> = elts.iter().map(|element| self.entity(element, scope)).collect();
                agreed(found.into_iter())
            }
            Expr::Dict(node) if part == Part::Value && node.items.len() <= MAX_ELEMENTS => {
                let found: Vec<_> = node.items.iter().map(|item| self.entity(&item.value, scope)).collect();
                agreed(found.into_iter())
            }
            Expr::Name(name) => {
                let symbol = self.walked.scopes.lookup(scope, name.id.as_str())?;
                self.part_of_symbol(symbol, part)
            }
            Expr::Attribute(attribute) => {
                let Entity::LocalInstance(class) = self.entity(&attribute.value, scope)? else { return None };
                let symbol = self.attribute_symbol(class, attribute.attr.as_str())?;
                self.part_of_symbol(symbol, part)
            }
            _ => None,
        }
    }

    /// What a container holds that has one name: by its annotation, or as it is written.
    fn part_of_symbol(&mut self, symbol: super::scope::SymbolId, part: Part) -> Option<Entity> {
        let walked = self.walked;
        let bindings = &walked.scopes.symbols.get(symbol.0)?.bindings;
        let annotated = bindings.iter().find_map(|binding| match binding.kind {
            BindingKind::Value { annotation: Some(annotation), .. } => Some((annotation, binding.scope)),
            BindingKind::Parameter { annotation: Some(annotation), function, .. } => {
                Some((annotation, walked.functions.get(function.index())?.outer))
            }
            _ => None,
        });
        if let Some((annotation, scope)) = annotated {
            return self.part_of_annotation(annotation, part, scope);
        }
        match bindings.as_slice() {
            [binding] => match binding.kind {
                BindingKind::Value {
                    value: Some(value @ (Expr::List(_) | Expr::Tuple(_) | Expr::Set(_) | Expr::Dict(_))),
                    ..
                } => self.part(value, part, binding.scope),
                _ => None,
            },
            _ => None,
        }
    }

    /// The elements that an annotation names: the `Agent` of `list[Agent]` and `dict[str, Agent]`.
    fn part_of_annotation(&mut self, annotation: &'a Expr, part: Part, scope: ScopeId) -> Option<Entity> {
        let Expr::Subscript(node) = annotation else {
            let Expr::BinOp(node) = annotation else { return None };
            return match (&*node.left, &*node.right) {
                (side, Expr::NoneLiteral(_)) => self.part_of_annotation(side, part, scope),
                _ => None,
            };
        };
        let outer = match &*node.value {
            Expr::Name(name) => name.id.as_str(),
            Expr::Attribute(attribute) => attribute.attr.as_str(),
            _ => return None,
        };
        let mut parts = match &*node.slice {
            Expr::Tuple(tuple) => tuple.elts.iter().collect::<Vec<_>>(),
            one => vec![one],
        };
        match outer {
            "Optional" => self.part_of_annotation(&node.slice, part, scope),
            "list" | "List" | "set" | "Set" | "frozenset" | "FrozenSet" | "deque" | "Deque" | "Sequence"
            | "Iterable" | "Collection" | "MutableSequence"
                if parts.len() == 1 =>
            {
                self.annotated(parts.pop()?, scope)
            }
            "tuple" | "Tuple" if matches!(parts.as_slice(), [_, Expr::EllipsisLiteral(_)]) => {
                self.annotated(parts.first()?, scope)
            }
            "dict" | "Dict" | "Mapping" | "MutableMapping" | "defaultdict" | "DefaultDict" | "OrderedDict"
                if parts.len() == 2 =>
            {
                self.annotated(parts.get(usize::from(part == Part::Value))?, scope)
            }
            _ => None,
        }
    }
}
