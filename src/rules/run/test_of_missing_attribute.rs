//! RUN006 test-of-missing-attribute: a test that calls a method which the class never had.

use crate::deployment::Project;
use crate::deployment::call_graph::{CallGraph, ClassAt, Definition};
use crate::diagnostic::{Label, Location, RepoPath, RuleId};
use crate::formats::python::{Call, Callee, Module, ParameterKind, QualifiedName, Usage, ValueKind};
use crate::repo::FileKind;
use crate::rules::{Reporter, Rule};

/// RUN006 test-of-missing-attribute.
pub struct TestOfMissingAttribute;

const LITERALS: &[&str] = &["def test_"];

impl Rule for TestOfMissingAttribute {
    fn id(&self) -> RuleId {
        RuleId { code: "RUN006", name: "test-of-missing-attribute" }
    }

    fn literals(&self) -> &'static [&'static str] {
        LITERALS
    }

    fn check(&self, project: &Project<'_>, report: &mut Reporter) {
        let graph = CallGraph::new(project.documents());
        let documents = project.documents();
        for path in documents.files_mentioning(LITERALS).filter(|path| is_test(path)) {
            let Some(module) = documents.python(path) else { continue };
            // Such a test fails while it is collected.
            if module.imports.iter().any(|import| graph.misses(import, path)) {
                continue;
            }
            // What a file misses of one class is one finding, however many methods these are and however often it calls them.
            let mut missing: Vec<(ClassAt<'_>, Vec<&Call>)> = Vec::new();
            for call in module.calls.iter().filter(|call| !call.deferred) {
                // The instance is made in the test itself, so its class is known for sure.
                let Some(maker) = call.receiver.map(|id| module.call(id)) else { continue };
                // What `with` gives is known to the class alone.
                if maker.usage == Usage::ContextManager || is_expected_to_fail(module, call) {
                    continue;
                }
                // A class of the test's own may have the method from any of its bases.
                let Callee::Method(name) = &call.callee else { continue };
                if name.contains("()") {
                    continue;
                }
                let Some(Definition::Class(class)) = graph.definition(&QualifiedName::new(name.parent()), path) else {
                    continue;
                };
                let method = unmangled(&graph, class, name.last());
                if !can_be_made(&graph, class, maker) {
                    continue;
                }
                if (method.starts_with("__") && method == name.last())
                    || has(&graph, class, method)
                    || !is_whole(&graph, class)
                    || is_set(&graph, method)
                {
                    continue;
                }
                match missing.iter_mut().find(|(known, _)| *known == class) {
                    Some((_, calls)) if calls.iter().any(|known| known.callee.last_name() == Some(method)) => {}
                    Some((_, calls)) => calls.push(call),
                    None => missing.push((class, vec![call])),
                }
            }
            for (class, calls) in missing {
                report_class(path, class, &calls, report);
            }
        }
    }
}

/// Reports the methods that a test file calls and a class does not have, at the first of the calls.
fn report_class(path: &RepoPath, class: ClassAt<'_>, calls: &[&Call], report: &mut Reporter) {
    let Some((first, others)) = calls.split_first() else { return };
    let method = |call: &Call| call.callee.last_name().unwrap_or_default().to_owned();
    let more = if others.is_empty() { String::new() } else { format!(" and {} more", others.len()) };
    let name = &class.row().name;
    report
        .warning(
            Location::new(path, first.span),
            format!(
                "the test calls `{}`{more}, which `{name}` does not have: it fails with AttributeError",
                method(first)
            ),
        )
        .labels(others.iter().map(|call| Label {
            location: Location::new(path, call.span),
            message: format!("nor does it have `{}`", method(call)),
        }))
        .label(
            Location::new(class.path, class.row().name_span),
            format!("no `{}` is defined or assigned in this class", method(first)),
        )
        .help("test what the class offers, or give it the method");
}

/// The name as the class's own text spells it: `_Client__send` stands for the `__send` of a class `Client` or `_Client`.
fn unmangled<'n>(graph: &CallGraph<'_>, class: ClassAt<'_>, name: &'n str) -> &'n str {
    let own = graph.lineage(class).into_iter().find_map(|class| {
        let rest = name.strip_prefix('_')?.strip_prefix(class.row().name.trim_start_matches('_'))?;
        rest.starts_with("__").then_some(rest)
    });
    own.unwrap_or(name)
}

/// Whether the call that makes the instance gives what the constructor takes; where it does not, the test fails there.
fn can_be_made(graph: &CallGraph<'_>, class: ClassAt<'_>, maker: &Call) -> bool {
    let Some(constructor) = graph.method(class, "__init__") else { return true };
    if !matches!(&maker.callee, Callee::Qualified(_) | Callee::Class(_)) || maker.unknown_positional {
        return true;
    }
    let parameters: Vec<_> = constructor.row().parameters.iter().skip(1).collect();
    let takes = |kind: ParameterKind| parameters.iter().any(|parameter| parameter.kind == kind);
    let by_position = |kind: ParameterKind| matches!(kind, ParameterKind::PositionalOnly | ParameterKind::Plain);
    let positions = parameters.iter().filter(|parameter| by_position(parameter.kind)).count();
    let given = maker.arguments.iter().filter_map(|argument| argument.position).map(|at| at + 1).max().unwrap_or(0);
    let named = |name: &str| maker.keyword(name).is_some();
    let known = |name: &str| parameters.iter().any(|parameter| &*parameter.name == name);
    let fits_names = takes(ParameterKind::Keyword)
        || maker.arguments.iter().filter_map(|argument| argument.name.as_deref()).all(known);
    let has_all = maker.unknown_keywords
        || parameters.iter().enumerate().all(|(at, parameter)| {
            matches!(parameter.kind, ParameterKind::Positional | ParameterKind::Keyword)
                || parameter.default.is_some()
                || named(&parameter.name)
                || (by_position(parameter.kind) && at < given)
        });
    (takes(ParameterKind::Positional) || given <= positions) && fits_names && has_all
}

fn is_test(path: &RepoPath) -> bool {
    FileKind::of(path) == FileKind::Python
        && (path.file_name().starts_with("test_") || path.file_name().ends_with("_test.py"))
}

fn is_expected_to_fail(module: &Module, call: &Call) -> bool {
    use crate::formats::python::BlockKind;
    module.is_caught(call.block, "AttributeError")
        || module.enclosing_in_function(call.block).any(|(_, block)| match &block.kind {
            BlockKind::With { items, .. } => items.iter().any(|item| item.contains("raises") || item.contains("patch")),
            BlockKind::Branch { .. } => true,
            _ => false,
        })
}

/// Whether all that the class has stands in files of the repository.
fn is_whole(graph: &CallGraph<'_>, class: ClassAt<'_>) -> bool {
    graph.lineage(class).into_iter().all(|class| {
        let row = class.row();
        let plain_bases = row.bases.iter().filter(|base| {
            base.name.as_ref().is_some_and(|name| matches!(name.as_str(), "builtins.object" | "abc.ABC"))
        });
        row.decorators.is_empty()
            && row.parent.is_none()
            && !is_bound_again(class)
            && !sets_computed_names(class.module)
            && graph.bases(class).len() + plain_bases.count() == row.bases.len()
            && ["__getattr__", "__getattribute__", "__slots__", "__new__"].iter().all(|name| !has(graph, class, name))
            && !row.attributes.iter().any(|attribute| attribute.name.starts_with("__"))
    })
}

/// Whether its file gives the name to something else, too: a stand-in for an import that may fail.
fn is_bound_again(class: ClassAt<'_>) -> bool {
    let row = class.row();
    let namesakes = class.module.class_ids().filter(|(_, other)| other.qualified == row.qualified).count();
    let imported = class.module.imports.iter().any(|import| {
        let bound = import.alias.as_ref().or(import.name.as_ref());
        bound.is_some_and(|bound| *bound == row.name)
    });
    namesakes > 1 || imported
}

/// Whether a file makes attributes whose names it computes: `setattr(self, f"{name}_async", …)`.
fn sets_computed_names(module: &Module) -> bool {
    module.calls.iter().any(|call| {
        call.is("builtins.setattr")
            && call.positional(1).is_none_or(|name| !matches!(name.value.kind, ValueKind::Str(_)))
    })
}

fn has(graph: &CallGraph<'_>, class: ClassAt<'_>, name: &str) -> bool {
    graph.method(class, name).is_some()
        || graph.lineage(class).iter().any(|class| {
            class.row().attributes.iter().any(|attribute| &*attribute.name == name)
                || class
                    .module
                    .class_ids()
                    .any(|(_, inner)| *inner.qualified == *format!("{}.{name}", class.row().qualified))
        })
}

/// Whether any file sets an attribute of that name, or spells it in a string, for `setattr` or a patch.
fn is_set(graph: &CallGraph<'_>, name: &str) -> bool {
    let dotted = format!(".{name}");
    let documents = graph.documents();
    documents.python_naming(name).iter().filter_map(|file| documents.python(file)).any(|module| {
        module.assignments.iter().any(|row| row.target.ends_with(&dotted))
            || module.strings.iter().any(|text| !text.documentation && text.value.contains(name))
    })
}
