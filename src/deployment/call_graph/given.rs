//! What callers give for a parameter, and so what a call of a parameter or of an attribute may run.

use crate::diagnostic::RepoPath;
use crate::formats::python::{
    Argument, Call, Callee, ClassId, Decorator, FunctionId, Module, QualifiedName, Value, ValueKind,
};

use super::{CallGraph, ClassAt, Definition, EdgeKind, FunctionAt};

/// Functions that pass on what they were given, followed for one question.
const MAX_PASSED_ON: usize = 3;
/// Files looked through for the classes derived from one.
const MOST_FILES: usize = 60;

/// A value, and the file that holds it.
#[derive(Debug, Clone, Copy)]
pub struct Given<'d> {
    /// The file.
    pub path: &'d RepoPath,
    /// That file's tables.
    pub module: &'d Module,
    /// The value.
    pub value: &'d Value,
}

impl<'d> CallGraph<'d> {
    /// What the callers of a function give for a parameter, as far as they can be seen; through callers that pass on what
    /// they were given themselves.
    #[must_use]
    pub fn given(&self, function: FunctionAt<'d>, parameter: &str) -> Vec<Given<'d>> {
        let mut found = Vec::new();
        self.given_within(function, parameter, MAX_PASSED_ON, &mut found);
        found
    }

    fn given_within(&self, function: FunctionAt<'d>, parameter: &str, steps: usize, found: &mut Vec<Given<'d>>) {
        let row = function.row();
        let Some(steps) = steps.checked_sub(1) else { return };
        let Some(index) = row.parameters.iter().position(|known| &*known.name == parameter) else { return };
        let bound = row.class.is_some() && !row.decorators.iter().any(|decorator| &*decorator.text == "staticmethod");
        let position = if bound { index.checked_sub(1) } else { Some(index) };
        for edge in self.callers(function) {
            let Some(call) = edge.call.filter(|_| edge.kind == EdgeKind::Call) else { continue };
            let positional = position.filter(|_| !call.unknown_positional).and_then(|at| call.positional(at));
            let Some(argument) = call.keyword(parameter).or(positional) else { continue };
            found.push(Given { path: edge.path, module: edge.module, value: &argument.value });
            if let ValueKind::Parameter { function, name, .. } = &argument.value.kind {
                let function = FunctionAt { path: edge.path, module: edge.module, id: *function };
                self.given_within(function, name, steps, found);
            }
        }
    }

    /// What an attribute of a class's instances holds: what its methods assign, and what its constructor is given for it.
    #[must_use]
    pub fn held(&self, class: ClassAt<'d>, attribute: &str) -> Vec<Given<'d>> {
        let mut found = Vec::new();
        for class in self.lineage(class) {
            for row in class.row().attributes.iter().filter(|row| &*row.name == attribute) {
                match &row.value.kind {
                    ValueKind::Parameter { function, name, .. } => {
                        found.extend(
                            self.given(FunctionAt { path: class.path, module: class.module, id: *function }, name),
                        );
                    }
                    ValueKind::None | ValueKind::Unknown => {}
                    _ => found.push(Given { path: class.path, module: class.module, value: &row.value }),
                }
            }
        }
        found
    }

    /// The class from outside of which the receiver of a method call is an instance, where that shows only in what callers
    /// or constructors give: `self.queue` of a handler that is made with an `asyncio.Queue`.
    #[must_use]
    pub fn class_given(&self, path: &'d RepoPath, module: &'d Module, call: &Call) -> Option<QualifiedName> {
        let Callee::UnknownMethod { receiver, .. } = &call.callee else { return None };
        let function = FunctionAt { path, module, id: call.function? };
        let given = match receiver.split_once('.') {
            Some(("self", attribute)) => self.held(own_class(function)?, attribute),
            Some(_) => return None,
            None => self.given(with_parameter(function, receiver)?, receiver),
        };
        let mut classes = given.iter().filter_map(|given| self.class_of(*given));
        let first = classes.next()?;
        classes.all(|other| other == first).then_some(first)
    }

    /// The class from outside of which a value is an instance.
    fn class_of(&self, given: Given<'d>) -> Option<QualifiedName> {
        match &given.value.kind {
            ValueKind::Call(call) => {
                given.module.call(*call).qualified().filter(|name| name.looks_like_class()).cloned()
            }
            ValueKind::Parameter { function, name, .. } => {
                given.module.function(*function).parameter(name)?.annotation.clone()
            }
            _ => None,
        }
    }

    /// The functions of the repository that a call runs: the one that it names, those that override it in derived classes
    /// where the receiver is `self`, and what was given for the parameter or attribute that it calls.
    #[must_use]
    pub fn callees(&self, path: &'d RepoPath, module: &'d Module, call: &Call) -> Vec<FunctionAt<'d>> {
        match (self.callee(path, module, call), &call.callee) {
            (Some(Definition::Function(found)), Callee::LocalMethod { class, method, through_super: false, .. })
                if call.receiver.is_none() =>
            {
                let class = ClassAt { path, module, id: *class };
                let derived = self.derived(class).into_iter().filter_map(|class| self.method(class, method));
                let mut all = vec![found];
                derived.for_each(|function| {
                    if !all.contains(&function) {
                        all.push(function);
                    }
                });
                all
            }
            (Some(Definition::Function(found)), _) => vec![found],
            (Some(Definition::Class(class)), _) => self.method(class, "__init__").into_iter().collect(),
            (None, Callee::LocalMethod { class, method, function: None, inherited: None, .. }) => {
                self.functions(self.held(ClassAt { path, module, id: *class }, method))
            }
            (None, Callee::UnknownName(name)) => {
                let function = call.function.map(|id| FunctionAt { path, module, id });
                let owner = function.and_then(|function| with_parameter(function, name));
                owner.map_or_else(Vec::new, |owner| self.functions(self.given(owner, name)))
            }
            _ => vec![],
        }
    }

    /// Whether the function of the repository that takes an argument calls it itself, there and then: `retry(work)`.
    pub(super) fn runs_argument(
        &self,
        path: &'d RepoPath,
        module: &'d Module,
        call: &Call,
        argument: &Argument,
    ) -> bool {
        let Some(Definition::Function(taker)) = self.callee(path, module, call) else { return false };
        let row = taker.row();
        let bound = usize::from(row.class.is_some() && !row.decorators.iter().any(|row| &*row.text == "staticmethod"));
        let parameter = match (&argument.name, argument.position) {
            (Some(name), _) => row.parameter(name),
            (None, Some(position)) => row.parameters.get(position + bound),
            (None, None) => None,
        };
        !row.is_generator
            && self.is_followed(taker)
            && parameter.is_some_and(|parameter| calls_parameter(taker, taker.id, &parameter.name))
    }

    /// Whether what a decorator of the repository makes of a function is a plain function that calls it.
    pub(super) fn calls_through(&self, function: FunctionAt<'d>, decorator: &Decorator) -> bool {
        let Some(name) = &decorator.name else { return false };
        let module = function.module;
        let local = module.function_ids().find(|(_, row)| *row.qualified == **name && !row.is_nested());
        let maker = match local {
            Some((id, _)) => FunctionAt { id, ..function },
            None => match self.definition(name, function.path) {
                Some(Definition::Function(maker)) => maker,
                _ => return false,
            },
        };
        // `@logged`, or `@retry(3)` with one more function between.
        let taker = if decorator.call.is_none() {
            Some(maker)
        } else {
            let mut inner = maker.module.function_ids().filter(|(_, row)| row.parent == Some(maker.id));
            inner.next().map(|(id, _)| FunctionAt { id, ..maker })
        };
        let Some(taker) = taker else { return false };
        let Some(parameter) = taker.row().parameters.first() else { return false };
        let mut wrappers = taker.module.function_ids().filter(|(_, row)| row.parent == Some(taker.id) && !row.is_async);
        wrappers.any(|(id, row)| !row.is_generator && calls_parameter(taker, id, &parameter.name))
    }

    fn functions(&self, given: Vec<Given<'d>>) -> Vec<FunctionAt<'d>> {
        given.into_iter().filter_map(|given| self.function_of(given.path, given.module, given.value)).collect()
    }

    /// The function of the repository that a value is.
    #[must_use]
    pub fn function_of(&self, path: &'d RepoPath, module: &'d Module, value: &Value) -> Option<FunctionAt<'d>> {
        match &value.kind {
            ValueKind::Function(id) | ValueKind::Method(_, id) => Some(FunctionAt { path, module, id: *id }),
            ValueKind::Name(name) => match self.definition(name, path)? {
                Definition::Function(function) => Some(function),
                Definition::Class(_) => None,
            },
            _ => None,
        }
    }

    /// The classes of the repository that are derived from a class.
    pub(super) fn derived(&self, class: ClassAt<'d>) -> Vec<ClassAt<'d>> {
        let files = self.documents.python_naming(&class.row().name);
        let files = files.iter().take(MOST_FILES).filter_map(|file| self.file(file));
        let classes =
            files.flat_map(|(path, module)| module.class_ids().map(move |(id, _)| ClassAt { path, module, id }));
        classes.filter(|other| *other != class && self.lineage(*other).contains(&class)).collect()
    }
}

/// Whether a function calls a parameter of its own, or of one around it, by its name.
fn calls_parameter(owner: FunctionAt<'_>, caller: FunctionId, parameter: &str) -> bool {
    owner.module.calls.iter().any(|call| {
        call.function == Some(caller)
            && !call.deferred
            && matches!(&call.callee, Callee::UnknownName(name) if **name == *parameter)
    })
}

/// The class whose method a function is, or is nested in.
fn own_class(function: FunctionAt<'_>) -> Option<ClassAt<'_>> {
    let id: ClassId = function.module.method_class(function.id)?;
    Some(ClassAt { path: function.path, module: function.module, id })
}

/// The function, or the nearest around it, that has a parameter of that name.
fn with_parameter<'d>(function: FunctionAt<'d>, name: &str) -> Option<FunctionAt<'d>> {
    let mut around = function.with_parents();
    let id: FunctionId = around.find(|id| function.module.function(*id).parameter(name).is_some())?;
    Some(FunctionAt { id, ..function })
}
