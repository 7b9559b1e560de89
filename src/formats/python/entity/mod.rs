//! What an expression stands for: something from outside, something defined in the file, or an instance of either.

mod annotation;
mod call;
mod class;

use std::sync::Arc;

use ruff_python_ast::{self as ast, Expr, ExprCall};
use ruff_text_size::{Ranged, TextRange};
use rustc_hash::FxHashMap;

use super::elements::Part;
use super::known::is_builtin;
use super::scope::{Binding, BindingKind, ScopeId, SymbolId};
use super::walk::Walked;
use super::{BlockKind, CallId, ClassId, FunctionId, QualifiedName};

/// Steps from name to definition beyond which nothing is known.
const MAX_STEPS: usize = 60;

/// What an expression stands for.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Entity {
    /// The module, class or function of that name.
    Qualified(QualifiedName),
    /// An instance of the class of that name, or what the function `name()` returned.
    Instance(QualifiedName),
    /// An attribute of an instance from outside.
    Member(QualifiedName),
    Function(FunctionId),
    Class(ClassId),
    LocalInstance(ClassId),
    /// `super()` in a method of the class.
    Super(ClassId),
    /// An attribute of an instance of a class of this file that is a method, inherited, or unknown.
    Method {
        class: ClassId,
        name: Arc<str>,
        function: Option<FunctionId>,
        inherited: Option<QualifiedName>,
        through_super: bool,
    },
    /// What `functools.partial` gave: the call.
    Partial(CallId),
}

/// What a slow question answered before.
#[derive(Debug, Clone)]
enum Memo {
    Asked,
    Answered(Option<Entity>),
}

/// Finds out what expressions stand for.
pub(super) struct Resolver<'a, 'w> {
    pub walked: &'w Walked<'a>,
    calls: FxHashMap<TextRange, CallId>,
    symbols: FxHashMap<SymbolId, Memo>,
    results: FxHashMap<FunctionId, Memo>,
    called: FxHashMap<CallId, Memo>,
    bases: FxHashMap<ClassId, Arc<[Option<Entity>]>>,
    /// The one module that `from module import *` takes everything from.
    star: Option<QualifiedName>,
    steps: usize,
}

impl<'a, 'w> Resolver<'a, 'w> {
    pub fn new(walked: &'w Walked<'a>) -> Self {
        let calls =
            walked.calls.iter().enumerate().map(|(index, (node, _))| (node.range(), CallId::new(index))).collect();
        let mut stars = walked.module.imports.iter().filter(|import| import.name.as_deref() == Some("*"));
        let star = match (stars.next(), stars.next()) {
            (Some(only), None) => {
                let name = QualifiedName::new(only.qualified().as_str().trim_end_matches('*'));
                // `from . import *` ends with the dot that it begins with.
                let whole = name.trim_end_matches('.');
                Some(if whole.is_empty() { name } else { QualifiedName::new(whole) })
            }
            _ => None,
        };
        Self {
            walked,
            calls,
            symbols: FxHashMap::default(),
            results: FxHashMap::default(),
            called: FxHashMap::default(),
            bases: FxHashMap::default(),
            star,
            steps: 0,
        }
    }

    /// The row of a call.
    pub fn call_id(&self, node: &ExprCall) -> Option<CallId> {
        self.calls.get(&node.range()).copied()
    }

    /// What `expr`, read in `scope`, stands for.
    pub fn entity(&mut self, expr: &'a Expr, scope: ScopeId) -> Option<Entity> {
        if self.steps >= MAX_STEPS {
            return None;
        }
        self.steps += 1;
        let entity = self.entity_uncounted(expr, scope);
        self.steps -= 1;
        entity
    }

    fn entity_uncounted(&mut self, expr: &'a Expr, scope: ScopeId) -> Option<Entity> {
        let instance = |name: &str| Some(Entity::Instance(QualifiedName::new(name)));
        match expr {
            Expr::Name(name) => self.name(name.id.as_str(), scope),
            Expr::Attribute(node) => {
                let receiver = self.entity(&node.value, scope)?;
                self.attribute(receiver, node.attr.as_str())
            }
            Expr::Call(node) => self.called(node, scope),
            Expr::Await(node) => self.entity(&node.value, scope),
            Expr::Named(node) => self.entity(&node.value, scope),
            Expr::If(node) => {
                let chosen = [&*node.body, &*node.orelse].map(|value| (value, self.entity(value, scope)));
                agreed(chosen.into_iter().filter(|(value, _)| !value.is_none_literal_expr()).map(|(_, entity)| entity))
            }
            // `client or Client()`: what is not known is hoped to be the same.
            Expr::BoolOp(node) if node.op == ast::BoolOp::Or && node.values.len() < 10 => {
                let known: Vec<_> = node.values.iter().filter_map(|value| self.entity(value, scope)).collect();
                agreed(known.into_iter().map(Some))
            }
            Expr::BinOp(node) if node.op == ast::Operator::Div => self
                .entity(&node.left, scope)
                .filter(|left| *left == Entity::Instance(QualifiedName::new("pathlib.Path"))),
            Expr::Lambda(node) => self.walked.lambdas.get(&node.range).map(|id| Entity::Function(*id)),
            Expr::Subscript(node) => self.part(&node.value, Part::Value, scope),
            Expr::Dict(_) | Expr::DictComp(_) => instance("builtins.dict"),
            Expr::List(_) | Expr::ListComp(_) => instance("builtins.list"),
            Expr::Set(_) | Expr::SetComp(_) => instance("builtins.set"),
            Expr::StringLiteral(_) | Expr::FString(_) => instance("builtins.str"),
            Expr::BytesLiteral(_) => instance("builtins.bytes"),
            _ => None,
        }
    }

    fn name(&mut self, name: &str, scope: ScopeId) -> Option<Entity> {
        if let Some(symbol) = self.walked.scopes.lookup(scope, name) {
            return self.symbol(symbol);
        }
        if is_builtin(name) {
            return Some(Entity::Qualified(QualifiedName::new("builtins").member(name)));
        }
        // What is bound nowhere in the file can only come through the star.
        self.star.as_ref().filter(|_| !name.starts_with('_')).map(|star| Entity::Qualified(star.member(name)))
    }

    /// What a name stands for, where all that binds it agree.
    pub fn symbol(&mut self, symbol: SymbolId) -> Option<Entity> {
        match self.symbols.get(&symbol) {
            Some(Memo::Answered(entity)) => return entity.clone(),
            Some(Memo::Asked) => return None,
            None => {}
        }
        self.symbols.insert(symbol, Memo::Asked);
        let walked = self.walked;
        let bindings = &walked.scopes.symbols[symbol.0].bindings;
        let entity = self.bound(bindings);
        self.symbols.insert(symbol, Memo::Answered(entity.clone()));
        entity
    }

    fn bound(&mut self, bindings: &[Binding<'a>]) -> Option<Entity> {
        // `try: import tomllib / except ImportError: import tomli as tomllib`: the first is the one that was wanted.
        let telling: Vec<&Binding<'a>> = bindings
            .iter()
            .filter(|binding| {
                !matches!(binding.kind, BindingKind::Value { value: Some(Expr::NoneLiteral(_)), annotation: None })
            })
            .collect();
        let first = telling.first()?;
        if telling.iter().all(|binding| matches!(binding.kind, BindingKind::Import(_))) {
            return self.binding(first);
        }
        if self.is_tried_import(first) && telling.iter().skip(1).all(|binding| is_stand_in(binding)) {
            return self.binding(first);
        }
        // The last definition of a function stands: overloads and property setters come in rows.
        if telling.iter().all(|binding| matches!(binding.kind, BindingKind::Function(_))) {
            return telling.last().and_then(|binding| self.binding(binding));
        }
        if telling.len() > 20 {
            return None;
        }
        let found: Vec<Option<Entity>> = telling.iter().map(|binding| self.binding(binding)).collect();
        agreed(found.into_iter())
    }

    /// Whether a binding is an import in a `try`.
    fn is_tried_import(&self, binding: &Binding<'a>) -> bool {
        let module = &self.walked.module;
        let BindingKind::Import(index) = binding.kind else { return false };
        module.imports.get(index).is_some_and(|import| {
            module.enclosing_in_function(import.block).any(|(_, block)| matches!(block.kind, BlockKind::Try { .. }))
        })
    }

    fn binding(&mut self, binding: &Binding<'a>) -> Option<Entity> {
        match binding.kind {
            BindingKind::Import(index) => {
                let import = self.walked.module.imports.get(index)?;
                match (&import.name, &import.alias) {
                    // `import a.b` binds `a`.
                    (None, None) => Some(Entity::Qualified(QualifiedName::new(import.bound_name()?))),
                    _ => Some(Entity::Qualified(import.qualified())),
                }
            }
            BindingKind::Function(id) => Some(Entity::Function(id)),
            BindingKind::Class(id) => Some(Entity::Class(id)),
            BindingKind::Value { value, annotation } => {
                let value = value.filter(|value| !value.is_none_literal_expr());
                let given = value.and_then(|value| self.entity(value, binding.scope));
                // Of `field(default_factory=…)` and other functions the annotation knows more.
                let is_vague = given.as_ref().is_none_or(|given| match given {
                    Entity::Instance(class) => class.ends_with("()"),
                    _ => false,
                });
                let annotated = annotation.filter(|_| is_vague);
                annotated.and_then(|annotation| self.annotated(annotation, binding.scope)).or(given)
            }
            BindingKind::Entered(value) => match self.entity(value, binding.scope)? {
                // What entering gives is known for classes only: most give themselves.
                entity @ (Entity::Instance(_) | Entity::LocalInstance(_)) => Some(entity),
                _ => None,
            },
            BindingKind::Element(value, position) => {
                let Expr::Call(call) = value else { return None };
                let callee = self.callee_entity(call, binding.scope)?;
                let known =
                    matches!(&callee, Entity::Member(name) if *name == "argparse.ArgumentParser.parse_known_args");
                (known && position == 0).then(|| Entity::Instance(QualifiedName::new("argparse.Namespace")))
            }
            BindingKind::Parameter { function, annotation, .. } => {
                let outer = self.walked.functions[function.index()].outer;
                annotation.and_then(|annotation| self.annotated(annotation, outer))
            }
            BindingKind::Iterated(iterated, position) => self.iterated(iterated, position, binding.scope),
            BindingKind::Instance(class) => Some(Entity::LocalInstance(class)),
            BindingKind::Itself(class) => Some(Entity::Class(class)),
            BindingKind::Other => None,
        }
    }
}

/// Whether a binding stands in for what could not be imported: `Handler = object`, or a class or function of that name.
fn is_stand_in(binding: &Binding<'_>) -> bool {
    match binding.kind {
        BindingKind::Class(_) | BindingKind::Function(_) => true,
        BindingKind::Value { value: Some(Expr::Name(name)), .. } => name.id.as_str() == "object",
        _ => false,
    }
}

/// What all stand for, where all stand for the same.
pub(super) fn agreed(mut entities: impl Iterator<Item = Option<Entity>>) -> Option<Entity> {
    let first = entities.next()??;
    entities.all(|entity| entity.as_ref() == Some(&first)).then_some(first)
}
