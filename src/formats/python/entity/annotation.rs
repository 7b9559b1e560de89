//! What annotations say that a name, an attribute or a result is.

use ruff_python_ast::{self as ast, Expr};

use super::{Entity, MAX_STEPS, Resolver};
use crate::formats::python::QualifiedName;
use crate::formats::python::known::same_class;
use crate::formats::python::scope::ScopeId;

impl<'a> Resolver<'a, '_> {
    /// An instance of what an annotation names.
    pub fn annotated(&mut self, annotation: &'a Expr, scope: ScopeId) -> Option<Entity> {
        if self.steps >= MAX_STEPS {
            return None;
        }
        self.steps += 1;
        let entity = self.annotated_uncounted(annotation, scope);
        self.steps -= 1;
        entity
    }

    fn annotated_uncounted(&mut self, annotation: &'a Expr, scope: ScopeId) -> Option<Entity> {
        match annotation {
            Expr::Name(_) | Expr::Attribute(_) => instance_of(self.entity(annotation, scope)?),
            Expr::StringLiteral(text) => {
                let text: &'a str = without_none(text.value.to_str());
                let mut parts = text.split('.');
                let mut entity = self.name(parts.next()?.trim(), scope)?;
                for part in parts.take(MAX_STEPS) {
                    entity = self.attribute(entity, part.trim())?;
                }
                instance_of(entity)
            }
            Expr::Subscript(node) => {
                let outer = match &*node.value {
                    Expr::Name(name) => name.id.as_str(),
                    Expr::Attribute(attribute) => attribute.attr.as_str(),
                    _ => return None,
                };
                match outer {
                    "Optional" | "ClassVar" | "Final" | "Required" | "NotRequired" => {
                        self.annotated(&node.slice, scope)
                    }
                    "Annotated" => match &*node.slice {
                        Expr::Tuple(tuple) => self.annotated(tuple.elts.first()?, scope),
                        _ => None,
                    },
                    "type" | "Type" | "Union" | "Literal" => None,
                    _ => self.annotated(&node.value, scope),
                }
            }
            Expr::BinOp(node) if node.op == ast::Operator::BitOr => match (&*node.left, &*node.right) {
                (side, Expr::NoneLiteral(_)) | (Expr::NoneLiteral(_), side) => self.annotated(side, scope),
                _ => None,
            },
            _ => None,
        }
    }
}

/// What an annotation in quotes names beside `None`: the `Client` of `Client | None` and of `Optional[Client]`.
fn without_none(text: &str) -> &str {
    let text = text.trim();
    let inner = ["Optional[", "typing.Optional["].iter().find_map(|start| text.strip_prefix(start)?.strip_suffix(']'));
    let text = inner.unwrap_or(text);
    let mut named = text.split('|').map(str::trim).filter(|name| *name != "None");
    match (named.next(), named.next()) {
        (Some(only), None) => only,
        _ => text,
    }
}

fn instance_of(class: Entity) -> Option<Entity> {
    match class {
        Entity::Qualified(name) => match name.as_str() {
            "builtins.object" => None,
            "typing.Dict" | "typing.Mapping" | "typing.MutableMapping" => {
                Some(Entity::Instance(QualifiedName::new("builtins.dict")))
            }
            "typing.List" => Some(Entity::Instance(QualifiedName::new("builtins.list"))),
            "typing.Set" => Some(Entity::Instance(QualifiedName::new("builtins.set"))),
            // What is left of `typing` says how something behaves, not what it is.
            text if text.starts_with("typing.") || text.starts_with("typing_extensions.") => None,
            text => Some(Entity::Instance(same_class(text).map_or_else(|| name.clone(), QualifiedName::new))),
        },
        Entity::Class(class) => Some(Entity::LocalInstance(class)),
        _ => None,
    }
}
