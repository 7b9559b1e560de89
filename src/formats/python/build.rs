//! From the walked tree to the finished tables: every name resolved, every argument evaluated.

mod arguments;
mod properties;

use std::sync::Arc;

use ruff_python_ast::{self as ast, Decorator as DecoratorNode, Expr, Parameters};
use ruff_text_size::Ranged;

use crate::diagnostic::Span;

use super::entity::Entity;
use super::evaluate::{Evaluator, string};
use super::scope::ScopeId;
use super::spans::SpanMap;
use super::walk::{Candidate, Definition, Walked};
use super::{
    Attribute, Base, BlockKind, Call, Callee, ClassId, Decorator, Elements, EnvironmentAccess, EnvironmentAccessKind,
    FunctionId, HandedItem, Module, Parameter, ParameterKind, QualifiedName, Reference, Value, ValueKind,
};

/// Resolves everything that the walk left open.
pub(super) fn finish(walked: Walked<'_>, text: &str, spans: &SpanMap) -> Module {
    let mut builder = Builder { evaluator: Evaluator::new(&walked, spans), walked: &walked, text, indirect: 0 };
    let (calls, deferred) = builder.calls();
    let functions = builder.functions();
    let classes = builder.classes();
    let attributes = builder.attributes();
    let assignments: Vec<Option<Value>> = walked
        .assignments
        .iter()
        .map(|pending| pending.value.map(|value| builder.evaluator.value(value, pending.scope)))
        .collect();
    let references = builder.references();
    let property_reads = builder.property_reads();
    let environment = builder.environment(&calls);
    let contexts = builder.contexts();
    let caught = builder.caught();
    let instances = builder.instances();

    let mut module = walked.module;
    for (row, value) in module.assignments.iter_mut().zip(assignments) {
        if let Some(value) = value {
            row.value = value;
        }
    }
    module.calls = calls;
    module.calls.extend(deferred);
    for (row, parts) in module.functions.iter_mut().zip(functions) {
        (row.decorators, row.parameters) = (parts.decorators, parts.parameters);
        (row.returns, row.returned_call) = (parts.returns, parts.returned_call);
    }
    for (row, (bases, decorators)) in module.classes.iter_mut().zip(classes) {
        (row.bases, row.decorators) = (bases, decorators);
    }
    for (class, attribute) in attributes {
        module.classes[class.index()].attributes.push(attribute);
    }
    module.references = references;
    module.property_reads = property_reads;
    module.instances = instances;
    module.environment = environment;
    for (block, found) in contexts {
        if let BlockKind::With { contexts, .. } = &mut module.blocks[block.index()].kind {
            *contexts = found;
        }
    }
    set_caught(&mut module, caught);
    drop_other_lists(&mut module);
    mark_imports(&mut module);
    shrink(&mut module);
    module
}

/// Forgets what functions hand back where no list of pairs is among it.
fn drop_other_lists(module: &mut Module) {
    let is_pairs = |(item, _): &(HandedItem, Span)| *item == HandedItem::List(Elements::Pairs);
    let built = module.list_changes.iter().any(|change| change.elements == Elements::Pairs);
    if !built && !module.handed_back.iter().any(|row| row.items.iter().any(is_pairs)) {
        (module.list_changes, module.handed_back) = (Vec::new(), Vec::new());
    }
}

/// Gives back what the tables reserved while they grew: they are kept until the run ends.
fn shrink(module: &mut Module) {
    module.functions.shrink_to_fit();
    module.assignments.shrink_to_fit();
    module.calls.shrink_to_fit();
    module.references.shrink_to_fit();
    module.strings.shrink_to_fit();
    module.blocks.shrink_to_fit();
    module.comments.shrink_to_fit();
}

/// Writes what handlers catch into the block of their `try` and their own.
fn set_caught(module: &mut Module, caught: Vec<(super::BlockId, usize, Vec<QualifiedName>)>) {
    for (block, position, types) in caught {
        let BlockKind::Try { handlers } = &mut module.blocks[block.index()].kind else { continue };
        let Some(handler) = handlers.get_mut(position) else { continue };
        handler.types.clone_from(&types);
        let body = handler.body;
        if let BlockKind::Handler(handler) = &mut module.blocks[body.index()].kind {
            handler.types = types;
        }
    }
}

/// Tells each import under which conditions it runs.
fn mark_imports(module: &mut Module) {
    let mut imports = std::mem::take(&mut module.imports);
    for import in &mut imports {
        import.type_checking = module.in_type_checking(import.block);
        import.main_guard = module.in_main_guard(import.block);
        import.guarded = module.enclosing_in_function(import.block).any(|(_, block)| match &block.kind {
            BlockKind::Try { handlers } => handlers.iter().any(|handler| handler.catches("ModuleNotFoundError")),
            BlockKind::Handler(handler) => handler.catches("ModuleNotFoundError"),
            _ => false,
        });
    }
    module.imports = imports;
}

pub(super) struct FunctionParts {
    decorators: Vec<Decorator>,
    parameters: Vec<Parameter>,
    returns: Option<QualifiedName>,
    returned_call: Option<QualifiedName>,
}

pub(super) struct Builder<'a, 'w> {
    evaluator: Evaluator<'a, 'w>,
    walked: &'w Walked<'a>,
    text: &'w str,
    /// Arguments added so far that are not written in their call.
    indirect: usize,
}

impl<'a, 'w> Builder<'a, 'w> {
    /// The names of the top level that stand for an instance of something from outside, sorted.
    fn instances(&mut self) -> Vec<(Arc<str>, QualifiedName)> {
        let resolver = &mut self.evaluator.resolver;
        let Some(top) = self.walked.scopes.scopes.first() else { return vec![] };
        let mut found = Vec::new();
        for (name, symbol) in &top.names {
            let (name, entity) = match resolver.symbol(*symbol) {
                Some(Entity::Function(function)) => (format!("{name}()"), resolver.result_of(function)),
                entity => ((*name).to_owned(), entity),
            };
            match entity {
                Some(Entity::Instance(class)) => found.push((Arc::from(name), class)),
                Some(Entity::LocalInstance(class)) => {
                    found.extend(resolver.outside_base(class, &mut vec![]).map(|base| (Arc::from(name), base)));
                }
                _ => {}
            }
        }
        found.sort();
        found
    }

    fn functions(&mut self) -> Vec<FunctionParts> {
        let walked = self.walked;
        walked
            .functions
            .iter()
            .enumerate()
            .map(|(index, node)| match node.definition {
                Definition::Def(def) => FunctionParts {
                    decorators: self.decorators(&def.decorator_list, node.outer),
                    parameters: self.parameters(&def.parameters, node.outer),
                    returns: match def.returns.as_deref() {
                        Some(annotation) => self.annotation(annotation, node.outer),
                        None => self.returned_class(FunctionId::new(index)),
                    },
                    returned_call: self.returned_call(&node.returned, node.inner),
                },
                Definition::Lambda(lambda) => FunctionParts {
                    decorators: vec![],
                    parameters: lambda
                        .parameters
                        .as_deref()
                        .map_or_else(Vec::new, |parameters| self.parameters(parameters, node.outer)),
                    returns: None,
                    returned_call: None,
                },
            })
            .collect()
    }

    /// The class of which every value that a function returns is an instance.
    fn returned_class(&mut self, function: FunctionId) -> Option<QualifiedName> {
        let entity = self.evaluator.resolver.result_of(function);
        self.evaluator
            .type_name(entity.filter(|entity| matches!(entity, Entity::Instance(_) | Entity::LocalInstance(_))))
            .filter(|name| !name.ends_with("()") && !name.is_within("builtins"))
    }

    /// What all the values that a function returns are calls of, where that is one thing from outside.
    fn returned_call(&mut self, returned: &[&'a Expr], scope: ScopeId) -> Option<QualifiedName> {
        let mut calls = returned.iter().filter(|value| !value.is_none_literal_expr()).map(|value| match value {
            Expr::Call(call) => match self.evaluator.resolver.callee_entity(call, scope) {
                Some(Entity::Qualified(name)) => Some(name),
                _ => None,
            },
            _ => None,
        });
        let first = calls.next()??;
        calls.all(|other| other.as_ref() == Some(&first)).then_some(first)
    }

    fn parameters(&mut self, parameters: &'a Parameters, scope: ScopeId) -> Vec<Parameter> {
        let variadic = |side: &Option<Box<ast::Parameter>>, name: &ast::Identifier| {
            side.as_ref().is_some_and(|parameter| parameter.name.range == name.range)
        };
        let mut rows = vec![];
        for parameter in parameters {
            let name = parameter.name();
            let kind = if variadic(&parameters.vararg, name) {
                ParameterKind::Positional
            } else if variadic(&parameters.kwarg, name) {
                ParameterKind::Keyword
            } else if parameters.posonlyargs.iter().any(|other| other.parameter.name.range == name.range) {
                ParameterKind::PositionalOnly
            } else if parameters.kwonlyargs.iter().any(|other| other.parameter.name.range == name.range) {
                ParameterKind::KeywordOnly
            } else {
                ParameterKind::Plain
            };
            rows.push(Parameter {
                name: Arc::from(name.as_str()),
                kind,
                annotation: parameter.annotation().and_then(|annotation| self.annotation(annotation, scope)),
                default: parameter.default().map(|default| self.evaluator.value(default, scope)),
                span: self.evaluator.spans.span(&parameter),
            });
        }
        rows
    }

    fn annotation(&mut self, annotation: &'a Expr, scope: ScopeId) -> Option<QualifiedName> {
        let entity = self.evaluator.resolver.annotated(annotation, scope);
        self.evaluator.type_name(entity)
    }

    fn decorators(&mut self, decorators: &'a [DecoratorNode], scope: ScopeId) -> Vec<Decorator> {
        decorators
            .iter()
            .map(|decorator| {
                let (callee, call) = match &decorator.expression {
                    Expr::Call(call) => (&*call.func, self.evaluator.resolver.call_id(call)),
                    other => (other, None),
                };
                let entity = self.evaluator.resolver.entity(callee, scope);
                let name = match entity {
                    Some(Entity::Method { inherited, .. }) => inherited,
                    Some(Entity::Function(id)) => {
                        Some(QualifiedName::new(&self.walked.module.functions[id.index()].qualified))
                    }
                    entity => self.evaluator.type_name(entity),
                };
                let text = self.text_of(callee).split_whitespace().collect::<String>();
                Decorator { name, text: text.into(), span: self.evaluator.spans.span(&decorator.expression), call }
            })
            .collect()
    }

    fn classes(&mut self) -> Vec<(Vec<Base>, Vec<Decorator>)> {
        let walked = self.walked;
        let mut rows = vec![];
        for (index, node) in walked.classes.iter().enumerate() {
            let entities = self.evaluator.resolver.bases(ClassId::new(index));
            let bases = node.bases.iter().zip(entities.iter()).map(|(base, entity)| Base {
                name: match entity {
                    Some(Entity::Qualified(name)) => Some(name.clone()),
                    _ => None,
                },
                class: match entity {
                    Some(Entity::Class(class)) => Some(*class),
                    _ => None,
                },
                span: self.evaluator.spans.span(*base),
            });
            let bases = bases.collect();
            rows.push((bases, self.decorators(node.decorators, node.outer)));
        }
        rows
    }

    fn attributes(&mut self) -> Vec<(ClassId, Attribute)> {
        let walked = self.walked;
        let mut rows = vec![];
        for (class, row, pending) in &walked.attributes {
            let mut row = row.clone();
            if let Some(value) = pending.value {
                row.value = self.evaluator.value(value, pending.scope);
            }
            row.annotation = pending.annotation.and_then(|annotation| self.annotation(annotation, pending.scope));
            rows.push((*class, row));
        }
        rows
    }

    fn references(&mut self) -> Vec<Reference> {
        let walked = self.walked;
        let mut rows = vec![];
        for candidate in &walked.references {
            let name = match self.evaluator.resolver.entity(candidate.node, candidate.scope) {
                Some(Entity::Qualified(name)) if !name.is_within("builtins") => name,
                Some(Entity::Member(name)) if !name.is_within("builtins") => name,
                Some(Entity::Method { function: None, inherited: Some(name), .. }) => name,
                _ => continue,
            };
            let span = self.evaluator.spans.span(candidate.node);
            rows.push(Reference { name, span, block: candidate.block, function: candidate.function });
        }
        rows.sort_by_key(|row| (row.span.start, std::cmp::Reverse(row.span.end)));
        rows
    }

    fn environment(&mut self, calls: &[Call]) -> Vec<EnvironmentAccess> {
        let mut rows = vec![];
        for call in calls {
            let Callee::Qualified(callee) = &call.callee else { continue };
            let kind = match callee.as_str() {
                "os.getenv" | "os.environ.get" => EnvironmentAccessKind::Optional,
                "os.environ.setdefault" | "os.putenv" => EnvironmentAccessKind::Write,
                "os.environ.pop" if call.positional(1).is_some() => EnvironmentAccessKind::Optional,
                "os.environ.pop" => EnvironmentAccessKind::Required,
                _ => continue,
            };
            let Some(variable) = call.argument("key", 0).and_then(|argument| argument.value.as_str()) else { continue };
            let default = call.argument("default", 1).map(|argument| argument.value.clone());
            rows.push(EnvironmentAccess {
                variable: Arc::from(variable),
                kind,
                default: default.filter(|default| !default.is_none()),
                span: call.span,
                block: call.block,
                function: call.function,
            });
        }
        let walked = self.walked;
        for (candidate, write) in &walked.environment {
            let Some((variable, kind)) = self.environment_use(candidate, *write) else { continue };
            rows.push(EnvironmentAccess {
                variable,
                kind,
                default: None,
                span: self.evaluator.spans.span(candidate.node),
                block: candidate.block,
                function: candidate.function,
            });
        }
        rows.sort_by_key(|row| row.span.start);
        rows
    }

    fn environment_use(&mut self, candidate: &Candidate<'a>, write: bool) -> Option<(Arc<str>, EnvironmentAccessKind)> {
        let (environment, key, kind) = match candidate.node {
            Expr::Subscript(node) if write => (&*node.value, &*node.slice, EnvironmentAccessKind::Write),
            Expr::Subscript(node) => (&*node.value, &*node.slice, EnvironmentAccessKind::Required),
            Expr::Compare(node) => (node.comparators.first()?, &*node.left, EnvironmentAccessKind::Test),
            _ => return None,
        };
        let kind = match kind {
            _ if self.evaluator.is_environment(environment, candidate.scope) => kind,
            _ if !self.evaluator.is_streamlit_secrets(environment, candidate.scope) => return None,
            EnvironmentAccessKind::Required => EnvironmentAccessKind::Secret,
            kind => kind,
        };
        let key = match string(key) {
            Some(key) => Arc::from(key),
            None => match self.evaluator.value(key, candidate.scope).kind {
                ValueKind::Str(key) => key,
                _ => return None,
            },
        };
        Some((key, kind))
    }

    fn contexts(&mut self) -> Vec<(super::BlockId, Vec<Option<QualifiedName>>)> {
        let walked = self.walked;
        let mut rows = vec![];
        for (block, entered, scope) in &walked.entered {
            let found = entered.iter().map(|value| {
                let entity = self.evaluator.resolver.entity(value, *scope);
                self.evaluator.type_name(entity)
            });
            let found = found.collect();
            rows.push((*block, found));
        }
        rows
    }

    fn caught(&mut self) -> Vec<(super::BlockId, usize, Vec<QualifiedName>)> {
        let walked = self.walked;
        let mut rows = vec![];
        for (block, position, caught, scope) in &walked.caught {
            let types: Vec<&'a Expr> = match caught {
                Expr::Tuple(tuple) => tuple.elts.iter().collect(),
                other => vec![*other],
            };
            let types = types.into_iter().map(|caught| {
                let entity = self.evaluator.resolver.entity(caught, *scope);
                // What is not known still has a spelling, and a handler of something is not a bare one.
                self.evaluator.type_name(entity).unwrap_or_else(|| QualifiedName::new(self.text_of(caught)))
            });
            let types = types.collect();
            rows.push((*block, *position, types));
        }
        rows
    }

    fn text_of(&self, item: &impl Ranged) -> &'w str {
        let range = item.range();
        self.text.get(range.start().to_usize()..range.end().to_usize()).unwrap_or("")
    }
}
