//! The places that lead to a function: calls of it, and places that pass it on.

use std::sync::Arc;

use crate::deployment::reach::is_aside;
use crate::diagnostic::RepoPath;
use crate::formats::python::{BlockKind, Call, Callee, Function, Module, QualifiedName, Runner, Value, ValueKind};

use super::{CallGraph, ClassAt, Definition, Edge, EdgeKind, FunctionAt};

/// Files that spell a name, up to which all of them are parsed; beyond that only those that also spell the file or class
/// the name belongs to.
const FEW_FILES: usize = 60;
/// Files parsed for one function at most.
const MOST_FILES: usize = 400;
/// `functools.partial` of one another that are followed.
const MAX_PARTIALS: usize = 3;
/// Methods with fewer letters, or without an underscore, are named alike in many classes.
const DISTINCTIVE_LETTERS: usize = 10;

/// Methods that many classes have under the same name, however long it is.
const COMMON_METHODS: &[&str] = &[
    "from_config",
    "from_pretrained",
    "get_or_create",
    "process_message",
    "handle_message",
    "handle_event",
    "process_request",
    "handle_request",
    "send_message",
    "get_response",
    "generate_response",
    "run_forever",
    "execute_query",
    "generate_text",
    "create_task",
    "run_in_executor",
];

impl<'d> CallGraph<'d> {
    /// The places that lead to `target`, without those in tests, examples and other files aside from the program.
    #[must_use]
    pub fn callers(&self, target: FunctionAt<'d>) -> Vec<Edge<'d>> {
        let class = target.row().class.map(|id| ClassAt { path: target.path, module: target.module, id });
        let distinctive = class.is_some() && self.is_distinctive(target);
        let heirs = class.filter(|_| is_constructor(&target.row().name)).map_or_else(Vec::new, |class| {
            let derived = self.derived(class).into_iter();
            derived.filter(|heir| self.method(*heir, &target.row().name) == Some(target)).collect()
        });
        let mut files = self.files_that_may_lead_to(target, class);
        heirs.iter().for_each(|heir| self.add_files_naming(&heir.row().name, &mut files));
        let aliases = self.aliases(target, &files);
        aliases.iter().for_each(|alias| self.add_files_naming(alias, &mut files));
        let question = Question { graph: self, target, class, distinctive, heirs, aliases };
        let mut edges = Vec::new();
        for (path, module) in files {
            if !is_aside(path, &RepoPath::root()) || path == target.path {
                question.edges_in(path, module, &mut edges);
            }
        }
        edges
    }

    /// Adds the first few files that spell a name.
    fn add_files_naming(&self, name: &str, files: &mut Vec<(&'d RepoPath, &'d Module)>) {
        let spelling = self.documents.python_naming(name);
        for file in spelling.iter().take(FEW_FILES).filter_map(|file| self.file(file)) {
            if !files.iter().any(|(known, _)| *known == file.0) {
                files.push(file);
            }
        }
    }

    /// The names under which packages give a function of the top level to others: `from .core import work as run` in an
    /// `__init__.py`.
    fn aliases(&self, target: FunctionAt<'d>, files: &[(&'d RepoPath, &'d Module)]) -> Vec<Arc<str>> {
        let row = target.row();
        if row.class.is_some() || row.is_nested() || row.is_lambda() {
            return vec![];
        }
        let packages = files.iter().filter(|(path, _)| path.file_name() == "__init__.py");
        let renamed = packages.flat_map(|(path, module)| {
            let imports = module.imports.iter().filter(|import| import.name.as_ref() == Some(&row.name));
            imports.filter_map(|import| Some((*path, import, import.alias.clone().filter(|alias| *alias != row.name)?)))
        });
        renamed
            .filter(|(path, import, _)| {
                self.definition(&import.qualified(), path) == Some(Definition::Function(target))
            })
            .map(|(_, _, alias)| alias)
            .collect()
    }

    fn files_that_may_lead_to(
        &self,
        target: FunctionAt<'d>,
        class: Option<ClassAt<'d>>,
    ) -> Vec<(&'d RepoPath, &'d Module)> {
        let own = (target.path, target.module);
        let row = target.row();
        if row.is_nested() || row.is_lambda() {
            return vec![own];
        }
        let name = match class {
            // What runs it spells the class, if anything.
            Some(class) if row.name.starts_with("__") && row.name.ends_with("__") => &class.row().name,
            _ => &row.name,
        };
        let spelling = self.documents.python_naming(name);
        let mut files: Vec<RepoPath> = spelling.to_vec();
        if files.len() > FEW_FILES {
            let stem = target.path.file_name().trim_end_matches(".py");
            let owner = match (class, stem) {
                (Some(class), _) => class.row().name.to_string(),
                (None, "__init__") => target.path.parent().file_name().to_owned(),
                (None, stem) => stem.to_owned(),
            };
            let of_owner = self.documents.python_naming(&owner);
            files.retain(|file| of_owner.binary_search(file).is_ok());
        }
        if files.len() > MOST_FILES {
            files.clear();
        }
        let others = files.iter().filter(|file| *file != target.path).filter_map(|file| self.file(file));
        std::iter::once(own).chain(others).collect()
    }

    /// Whether the name of a method alone tells which one is called, whatever the receiver.
    fn is_distinctive(&self, target: FunctionAt<'d>) -> bool {
        let name = &*target.row().name;
        if name.len() < DISTINCTIVE_LETTERS
            || !name.trim_matches('_').contains('_')
            || name.starts_with("__")
            || COMMON_METHODS.contains(&name)
        {
            return false;
        }
        let files = self.documents.python_naming(name);
        files.len() <= FEW_FILES
            && files.iter().filter_map(|file| self.file(file)).all(|(path, module)| {
                let named = module.function_ids().filter(|(_, function)| &*function.name == name);
                named.map(|(id, _)| FunctionAt { path, module, id }).all(|found| found == target)
            })
    }
}

fn is_constructor(name: &str) -> bool {
    matches!(name, "__init__" | "__post_init__" | "__new__")
}

/// Whether reading the attribute of that name runs the function.
fn is_property(function: &Function) -> bool {
    let decorators = function.decorators.iter();
    decorators
        .map(|decorator| &*decorator.text)
        .any(|text| matches!(text, "property" | "cached_property" | "functools.cached_property"))
}

/// Whether `with` runs the method.
fn is_context_method(name: &str) -> bool {
    matches!(name, "__enter__" | "__exit__" | "__aenter__" | "__aexit__")
}

struct Question<'g, 'd> {
    graph: &'g CallGraph<'d>,
    target: FunctionAt<'d>,
    class: Option<ClassAt<'d>>,
    distinctive: bool,
    /// The classes whose constructor the target is, beside its own.
    heirs: Vec<ClassAt<'d>>,
    /// Other names of the target.
    aliases: Vec<Arc<str>>,
}

impl<'d> Question<'_, 'd> {
    fn edges_in(&self, path: &'d RepoPath, module: &'d Module, edges: &mut Vec<Edge<'d>>) {
        let is_it = |value: &Value| self.is_passed(path, module, value, 0);
        let in_table = module.assignments.iter().any(|row| match &row.value.kind {
            ValueKind::Dict(rows) => rows.iter().any(|(_, value)| is_it(value)),
            _ => false,
        });
        for call in module.live_calls() {
            let edge = |span, kind, inferred| Edge {
                path,
                module,
                caller: call.function,
                call: Some(call),
                span,
                block: call.block,
                kind,
                inferred,
            };
            if let Some(inferred) = self.calls(path, module, call) {
                edges.push(edge(call.span, EdgeKind::Call, inferred));
            } else if in_table && self.graph.is_dispatched(path, module, call, is_it) {
                edges.push(edge(call.span, EdgeKind::Call, false));
            }
            for argument in &call.arguments {
                if self.is_passed(path, module, &argument.value, MAX_PARTIALS) {
                    let runner = call.runner();
                    let kind = if runner == Runner::Unknown && self.graph.runs_argument(path, module, call, argument) {
                        EdgeKind::Call
                    } else {
                        EdgeKind::HandOff(runner)
                    };
                    edges.push(edge(argument.value.span, kind, false));
                }
            }
        }
        let row = self.target.row();
        if is_property(row) {
            self.reads_in(path, module, edges);
        } else if is_context_method(&row.name) {
            self.entries_in(path, module, edges);
        }
    }

    /// Whether a value is the target, or a `functools.partial` of it.
    fn is_passed(&self, path: &'d RepoPath, module: &'d Module, value: &Value, partials: usize) -> bool {
        match &value.kind {
            ValueKind::Function(id) | ValueKind::Method(_, id) => FunctionAt { path, module, id: *id } == self.target,
            ValueKind::Name(name) if name.last() == &*self.target.row().name => {
                self.graph.definition(name, path) == Some(Definition::Function(self.target))
            }
            ValueKind::Call(id) if partials > 0 => {
                let call = module.call(*id);
                call.is("functools.partial")
                    && call.positional(0).is_some_and(|made| self.is_passed(path, module, &made.value, partials - 1))
            }
            _ => false,
        }
    }

    /// The places that read the target, a property.
    fn reads_in(&self, path: &'d RepoPath, module: &'d Module, edges: &mut Vec<Edge<'d>>) {
        let edge = |span, block, caller| Edge {
            path,
            module,
            caller,
            call: None,
            span,
            block,
            kind: EdgeKind::Call,
            inferred: false,
        };
        let own = module.property_reads.iter().filter(|read| {
            FunctionAt { path, module, id: read.property } == self.target && read.function != Some(self.target.id)
        });
        edges.extend(own.map(|read| edge(read.span, read.block, read.function)));
        let part = format!(".{}", self.target.row().name);
        let leads_here = |name: &QualifiedName| {
            name.match_indices(&part).any(|(at, _)| {
                let end = at + part.len();
                let whole = name.get(end..).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
                let read = name.get(..end).filter(|_| whole).map(QualifiedName::new);
                read.is_some_and(|read| self.graph.definition(&read, path) == Some(Definition::Function(self.target)))
            })
        };
        let mentioned = module.references.iter().filter(|reference| leads_here(&reference.name));
        edges.extend(mentioned.map(|reference| edge(reference.span, reference.block, reference.function)));
        let through = module.calls.iter().filter(|call| {
            !call.deferred && call.qualified().is_some_and(|name| leads_here(&QualifiedName::new(name.parent())))
        });
        edges.extend(through.map(|call| edge(call.callee_span, call.block, call.function)));
    }

    /// The `with` statements that enter or leave an instance of the target's class.
    fn entries_in(&self, path: &'d RepoPath, module: &'d Module, edges: &mut Vec<Edge<'d>>) {
        let name = &self.target.row().name;
        for block in &module.blocks {
            let BlockKind::With { contexts, header, is_async, .. } = &block.kind else { continue };
            let Some(parent) = block.parent.filter(|_| *is_async == name.starts_with("__a")) else { continue };
            let enters = contexts.iter().flatten().any(|context| match self.graph.definition(context, path) {
                Some(Definition::Class(class)) => self.graph.method(class, name) == Some(self.target),
                _ => module
                    .class_ids()
                    .filter(|(_, class)| *context == *class.qualified)
                    .any(|(id, _)| self.graph.method(ClassAt { path, module, id }, name) == Some(self.target)),
            });
            if enters {
                edges.push(Edge {
                    path,
                    module,
                    caller: block.function,
                    call: None,
                    span: *header,
                    block: parent,
                    kind: EdgeKind::Call,
                    inferred: false,
                });
            }
        }
    }

    /// Whether the call runs the target; and whether that is inferred.
    fn calls(&self, path: &'d RepoPath, module: &'d Module, call: &Call) -> Option<bool> {
        let row = self.target.row();
        match &call.callee {
            Callee::Function(id) | Callee::LocalMethod { function: Some(id), .. }
                if FunctionAt { path, module, id: *id } == self.target =>
            {
                return Some(false);
            }
            Callee::UnknownMethod { method, .. } => {
                if *method != row.name {
                    return None;
                }
                return match self.graph.callee(path, module, call) {
                    Some(Definition::Function(found)) if found == self.target => Some(false),
                    Some(Definition::Function(found)) => self.may_be_overridden(found, call),
                    _ => self.distinctive.then_some(true),
                };
            }
            _ => {}
        }
        let constructs = is_constructor(&row.name);
        let wanted = if constructs { &self.class?.row().name } else { &row.name };
        let last = call.callee.last_name();
        let is_heir = self.heirs.iter().any(|heir| last == Some(&*heir.row().name));
        let is_alias = self.aliases.iter().any(|alias| last == Some(&**alias));
        if !matches!(call.callee, Callee::Class(_) | Callee::Function(_))
            && last != Some(wanted)
            && !is_heir
            && !is_alias
        {
            // An alias of the file's own import is resolved to the name it stands for, so the last name is the definition's.
            return None;
        }
        match self.graph.callee(path, module, call)? {
            Definition::Function(found) if found == self.target => Some(false),
            Definition::Function(found) if found.row().name == row.name => self.may_be_overridden(found, call),
            Definition::Class(class) if constructs => {
                (self.graph.method(class, &row.name) == Some(self.target)).then_some(false)
            }
            _ => None,
        }
    }

    /// The method found is that of a class from which the target's class is derived, and the receiver's own class is not
    /// known for sure.
    fn may_be_overridden(&self, found: FunctionAt<'d>, call: &Call) -> Option<bool> {
        let base = ClassAt { path: found.path, module: found.module, id: found.row().class? };
        let through_super = matches!(call.callee, Callee::LocalMethod { through_super: true, .. });
        if call.receiver.is_some() || through_super {
            return None;
        }
        self.graph.lineage(self.class?).contains(&base).then_some(true)
    }
}
