//! What calls call, and what they give.

use std::sync::Arc;

use ruff_python_ast::{Expr, ExprCall};

use super::{Entity, Memo, Resolver, agreed};
use crate::formats::python::known::{returned_class, returns_receiver_class};
use crate::formats::python::scope::ScopeId;
use crate::formats::python::walk::Definition;
use crate::formats::python::{CallId, Callee, ClassId, FunctionId, QualifiedName};

impl<'a> Resolver<'a, '_> {
    /// What the callee of a call stands for.
    pub fn callee_entity(&mut self, node: &'a ExprCall, scope: ScopeId) -> Option<Entity> {
        if let Expr::Name(name) = &*node.func
            && name.id.as_str() == "super"
            && self.walked.scopes.lookup(scope, "super").is_none()
        {
            return None;
        }
        self.entity(&node.func, scope)
    }

    /// What a call gives.
    pub(super) fn called(&mut self, node: &'a ExprCall, scope: ScopeId) -> Option<Entity> {
        let id = self.call_id(node)?;
        match self.called.get(&id) {
            Some(Memo::Answered(entity)) => return entity.clone(),
            Some(Memo::Asked) => return None,
            None => {}
        }
        self.called.insert(id, Memo::Asked);
        let entity = if matches!(&*node.func, Expr::Name(name) if name.id.as_str() == "super") {
            self.method_class(id).map(Entity::Super)
        } else {
            self.callee_entity(node, scope).and_then(|callee| self.result(callee, id))
        };
        self.called.insert(id, Memo::Answered(entity.clone()));
        entity
    }

    /// The class in whose method a call stands, through functions nested in the method.
    fn method_class(&self, call: CallId) -> Option<ClassId> {
        let functions = &self.walked.module.functions;
        let mut function = self.walked.module.calls.get(call.index())?.function;
        while let Some(id) = function {
            let row = &functions[id.index()];
            if row.class.is_some() {
                return row.class;
            }
            function = row.parent;
        }
        None
    }

    fn result(&mut self, callee: Entity, call: CallId) -> Option<Entity> {
        let instance = |name: QualifiedName| Some(Entity::Instance(name));
        match callee {
            Entity::Qualified(name) if name == "functools.partial" => Some(Entity::Partial(call)),
            Entity::Qualified(name) | Entity::Member(name) => {
                if let Some(class) = returned_class(&name) {
                    return instance(QualifiedName::new(class));
                }
                if returns_receiver_class(name.parent(), name.last()) {
                    return instance(QualifiedName::new(name.parent()));
                }
                if name.len() > 300 {
                    return None;
                }
                if name.looks_like_class() {
                    instance(name)
                } else {
                    instance(QualifiedName::new(&format!("{name}()")))
                }
            }
            Entity::Function(function) => self.result_of(function),
            Entity::Class(class) => Some(Entity::LocalInstance(class)),
            Entity::Method { function: Some(function), .. } => self.result_of(function),
            Entity::Method { class, name, inherited: Some(inherited), .. } => {
                if returns_receiver_class(inherited.parent(), &name) {
                    Some(Entity::LocalInstance(class))
                } else {
                    self.result(Entity::Member(inherited), call)
                }
            }
            Entity::Partial(partial) => {
                let (node, scope) = *self.walked.calls.get(partial.index())?;
                let callee = self.entity(node.arguments.args.first()?, scope)?;
                if let Entity::Partial(_) = callee { None } else { self.result(callee, call) }
            }
            Entity::Instance(_) | Entity::LocalInstance(_) | Entity::Super(_) | Entity::Method { .. } => None,
        }
    }

    /// What a function of this file returns: by its annotation, or where all its `return`s agree.
    pub fn result_of(&mut self, function: FunctionId) -> Option<Entity> {
        match self.results.get(&function) {
            Some(Memo::Answered(entity)) => return entity.clone(),
            Some(Memo::Asked) => return None,
            None => {}
        }
        self.results.insert(function, Memo::Asked);
        let walked = self.walked;
        let node = &walked.functions[function.index()];
        let generator = walked.module.functions[function.index()].is_generator;
        let annotated = match node.definition {
            Definition::Def(def) if !generator => {
                def.returns.as_deref().and_then(|annotation| self.annotated(annotation, node.outer))
            }
            _ => None,
        };
        let entity = annotated.or_else(|| {
            if generator || node.returned.len() > 20 {
                return None;
            }
            let returned = node.returned.iter().filter(|value| !value.is_none_literal_expr());
            let found: Vec<_> = returned.map(|value| self.entity(value, node.inner)).collect();
            agreed(found.into_iter())
        });
        self.results.insert(function, Memo::Answered(entity.clone()));
        entity
    }

    /// What a call calls, for its row.
    pub fn callee(&mut self, node: &'a ExprCall, scope: ScopeId, receiver_text: &str) -> Callee {
        let entity = self.callee_entity(node, scope);
        if let Some(callee) = entity.and_then(|entity| self.callee_of(entity)) {
            return callee;
        }
        match &*node.func {
            Expr::Name(name) if name.id.as_str() == "super" => Callee::Qualified(QualifiedName::new("builtins.super")),
            Expr::Name(name) => Callee::UnknownName(Arc::from(name.id.as_str())),
            Expr::Attribute(attribute) => {
                let receiver = Arc::from(
                    receiver_text
                        .char_indices()
                        .nth(120)
                        .map_or(receiver_text, |(end, _)| receiver_text.get(..end).unwrap_or(receiver_text)),
                );
                Callee::UnknownMethod { receiver, method: Arc::from(attribute.attr.as_str()) }
            }
            _ => Callee::Unknown,
        }
    }

    /// What calling an entity calls; `None` for an attribute of which nothing is known.
    pub fn callee_of(&mut self, entity: Entity) -> Option<Callee> {
        Some(match entity {
            Entity::Qualified(name) => Callee::Qualified(name),
            Entity::Member(name) => Callee::Method(name),
            Entity::Instance(class) => Callee::Method(class.member("__call__")),
            Entity::Function(function) => Callee::Function(function),
            Entity::Class(class) => Callee::Class(class),
            Entity::Method { class, name, function, inherited, through_super } => {
                Callee::LocalMethod { class, method: name, function, inherited, through_super }
            }
            Entity::LocalInstance(class) => {
                let call = self.class_attribute(class, "__call__");
                return matches!(call, Entity::Method { .. }).then(|| self.callee_of(call)).flatten();
            }
            Entity::Partial(partial) => {
                let (node, scope) = *self.walked.calls.get(partial.index())?;
                let callee = self.entity(node.arguments.args.first()?, scope)?;
                if let Entity::Partial(_) = callee {
                    return None;
                }
                return self.callee_of(callee);
            }
            Entity::Super(_) => return None,
        })
    }
}
