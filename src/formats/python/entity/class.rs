//! What the attributes of instances and classes stand for: methods, properties, assigned attributes and bases.

use std::sync::Arc;

use ruff_python_ast::{self as ast, Expr};

use super::{Entity, Resolver};
use crate::formats::python::scope::{BindingKind, ScopeId, SymbolId};
use crate::formats::python::walk::Definition;
use crate::formats::python::{ClassId, FunctionId, QualifiedName};

impl<'a> Resolver<'a, '_> {
    /// The attribute `name` of what `receiver` stands for.
    pub fn attribute(&mut self, receiver: Entity, name: &str) -> Option<Entity> {
        match receiver {
            Entity::Qualified(module) => Some(Entity::Qualified(module.member(name))),
            Entity::Instance(class) => Some(Entity::Member(class.member(name))),
            Entity::Member(member) => Some(Entity::Member(member.member(name))),
            Entity::LocalInstance(class) | Entity::Class(class) => Some(self.class_attribute(class, name)),
            Entity::Super(class) => {
                let mut seen = vec![class];
                let (mut function, mut inherited) = (None, None);
                for base in self.bases(class).iter() {
                    match base {
                        Some(Entity::Class(base)) => {
                            function = function.or_else(|| self.method(*base, name, &mut seen));
                        }
                        Some(Entity::Qualified(base)) => {
                            inherited = inherited.or_else(|| Some(base.member(name)));
                        }
                        _ => {}
                    }
                }
                let inherited = inherited.filter(|_| function.is_none());
                Some(Entity::Method { class, name: Arc::from(name), function, inherited, through_super: true })
            }
            Entity::Function(_) | Entity::Method { .. } | Entity::Partial(_) => None,
        }
    }

    pub(super) fn class_attribute(&mut self, class: ClassId, name: &str) -> Entity {
        let method = |function, inherited| Entity::Method {
            class,
            name: Arc::from(name),
            function,
            inherited,
            through_super: false,
        };
        if let Some(function) = self.method(class, name, &mut vec![]) {
            if self.is_property(function)
                && let Some(result) = self.result_of(function)
            {
                return result;
            }
            return method(Some(function), None);
        }
        if let Some(symbol) = self.attribute_symbol(class, name) {
            return self.symbol(symbol).unwrap_or_else(|| method(None, None));
        }
        let inherited = self.outside_base(class, &mut vec![]).map(|base| base.member(name));
        method(None, inherited)
    }

    /// The property of a class of this file that an attribute reads.
    pub fn property(&mut self, node: &'a ast::ExprAttribute, scope: ScopeId) -> Option<FunctionId> {
        let Entity::LocalInstance(class) = self.entity(&node.value, scope)? else { return None };
        let function = self.method(class, node.attr.as_str(), &mut vec![])?;
        self.is_property(function).then_some(function)
    }

    /// Whether a function is a property.
    pub fn is_property(&self, function: FunctionId) -> bool {
        let Definition::Def(node) = self.walked.functions[function.index()].definition else { return false };
        node.decorator_list.iter().any(|decorator| match &decorator.expression {
            Expr::Name(name) => matches!(name.id.as_str(), "property" | "cached_property"),
            Expr::Attribute(attribute) => attribute.attr.as_str() == "cached_property",
            _ => false,
        })
    }

    /// The binding of an attribute that a class or its bases in this file assign.
    pub fn attribute_symbol(&mut self, class: ClassId, name: &str) -> Option<SymbolId> {
        let (mut open, mut seen) = (vec![class], vec![]);
        while let Some(class) = open.pop() {
            if seen.contains(&class) || seen.len() > 50 {
                continue;
            }
            seen.push(class);
            let node = &self.walked.classes[class.index()];
            let scopes = &self.walked.scopes;
            let found = scopes.own(node.instance, name).or_else(|| scopes.own(node.body, name));
            if found.is_some() {
                return found;
            }
            open.extend(self.bases(class).iter().rev().filter_map(|base| match base {
                Some(Entity::Class(base)) => Some(*base),
                _ => None,
            }));
        }
        None
    }

    /// The definition of a method in a class or its bases in this file.
    pub fn method(&mut self, class: ClassId, name: &str, seen: &mut Vec<ClassId>) -> Option<FunctionId> {
        if seen.contains(&class) || seen.len() > 50 {
            return None;
        }
        seen.push(class);
        let walked = self.walked;
        if let Some(symbol) = walked.scopes.own(walked.classes[class.index()].body, name) {
            let last = walked.scopes.symbols[symbol.0].bindings.last()?;
            if let BindingKind::Function(function) = last.kind {
                return Some(function);
            }
        }
        let bases = self.bases(class);
        bases.iter().find_map(|base| match base {
            Some(Entity::Class(base)) => self.method(*base, name, seen),
            _ => None,
        })
    }

    /// The first base from outside of a class or of its bases in this file.
    pub fn outside_base(&mut self, class: ClassId, seen: &mut Vec<ClassId>) -> Option<QualifiedName> {
        if seen.contains(&class) || seen.len() > 50 {
            return None;
        }
        seen.push(class);
        let bases = self.bases(class);
        bases.iter().find_map(|base| match base {
            Some(Entity::Qualified(name)) if !matches!(name.as_str(), "builtins.object" | "abc.ABC") => {
                Some(name.clone())
            }
            Some(Entity::Class(base)) => self.outside_base(*base, seen),
            _ => None,
        })
    }

    /// What the bases of a class stand for.
    pub fn bases(&mut self, class: ClassId) -> Arc<[Option<Entity>]> {
        if let Some(bases) = self.bases.get(&class) {
            return bases.clone();
        }
        // A class that leads to itself has no bases while they are looked for.
        self.bases.insert(class, Arc::from([]));
        let node = &self.walked.classes[class.index()];
        let bases: Arc<[Option<Entity>]> = node
            .bases
            .iter()
            .map(|base| {
                let base = match base {
                    Expr::Subscript(generic) => &*generic.value,
                    base => *base,
                };
                self.entity(base, node.outer)
            })
            .collect();
        self.bases.insert(class, bases.clone());
        bases
    }
}
