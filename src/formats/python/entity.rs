//! What an expression stands for: something from outside, something defined in the file, or an instance of either.

use std::sync::Arc;

use ruff_python_ast::{self as ast, Expr, ExprCall};
use ruff_text_size::{Ranged, TextRange};
use rustc_hash::FxHashMap;

use super::elements::Part;
use super::known::{is_builtin, returned_class, returns_receiver_class, same_class};
use super::scope::{Binding, BindingKind, ScopeId, SymbolId};
use super::walk::{Definition, Walked};
use super::{BlockKind, CallId, Callee, ClassId, FunctionId, QualifiedName};

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

    fn class_attribute(&mut self, class: ClassId, name: &str) -> Entity {
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
    fn called(&mut self, node: &'a ExprCall, scope: ScopeId) -> Option<Entity> {
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

/// Whether a binding stands in for what could not be imported: `Handler = object`, or a class or function of that name.
fn is_stand_in(binding: &Binding<'_>) -> bool {
    match binding.kind {
        BindingKind::Class(_) | BindingKind::Function(_) => true,
        BindingKind::Value { value: Some(Expr::Name(name)), .. } => name.id.as_str() == "object",
        _ => false,
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

/// What all stand for, where all stand for the same.
pub(super) fn agreed(mut entities: impl Iterator<Item = Option<Entity>>) -> Option<Entity> {
    let first = entities.next()??;
    entities.all(|entity| entity.as_ref() == Some(&first)).then_some(first)
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
