//! RUN002 throttle-never-armed: a time that is compared to throttle something and never set.

use crate::deployment::Project;
use crate::diagnostic::{Location, RepoPath, RuleId, Span};
use crate::formats::python::{Attribute, BlockKind, Class, Module, ValueKind};
use crate::rules::program::{has_program, program_modules};
use crate::rules::{Reporter, Rule};

/// RUN002 throttle-never-armed.
pub struct ThrottleNeverArmed;

const LITERALS: &[&str] = &["time.time(", "monotonic(", "perf_counter(", "now("];

impl Rule for ThrottleNeverArmed {
    fn id(&self) -> RuleId {
        RuleId { code: "RUN002", name: "throttle-never-armed" }
    }

    fn literals(&self) -> &'static [&'static str] {
        LITERALS
    }

    fn concerns(&self, project: &Project<'_>) -> bool {
        has_program(project)
    }

    fn check(&self, project: &Project<'_>, report: &mut Reporter) {
        let documents = project.documents();
        for (path, module) in program_modules(documents, LITERALS) {
            let Some(source) = documents.repository().source(path) else { continue };
            for class in &module.classes {
                for attribute in class.attributes.iter().filter(|row| is_start_value(row)) {
                    if !is_set_once(class, attribute) || is_set_elsewhere(project, module, path, attribute) {
                        continue;
                    }
                    let Some(test) = throttle(module, class, source.text(), &attribute.name) else { continue };
                    let name = &attribute.name;
                    report
                        .warning(
                            Location::new(path, test),
                            format!("`self.{name}` is compared and never set, so this holds every time once it holds"),
                        )
                        .label(Location::new(path, attribute.span), "this is the only value it ever gets")
                        .help(format!("set `self.{name}` to the current time inside the branch"));
                }
            }
        }
    }
}

/// Whether an attribute begins as "never".
fn is_start_value(attribute: &Attribute) -> bool {
    match attribute.value.kind {
        ValueKind::None | ValueKind::Int(0) => true,
        ValueKind::Float(value) => value == 0.0,
        _ => false,
    }
}

fn is_set_once(class: &Class, attribute: &Attribute) -> bool {
    class.attributes.iter().filter(|row| row.name == attribute.name).count() == 1 && class.bases.is_empty()
}

/// Whether anything but `self` sets the attribute, here or in another file, or may do so by its name.
fn is_set_elsewhere(project: &Project<'_>, module: &Module, path: &RepoPath, attribute: &Attribute) -> bool {
    let documents = project.documents();
    let dotted = format!(".{}", attribute.name);
    let sets = |module: &Module| {
        module.assignments.iter().filter(|row| row.target.ends_with(&dotted)).count()
            + module.strings.iter().filter(|text| *text.value == *attribute.name).count()
    };
    let own = usize::from(attribute.method.is_some());
    sets(module) > own
        || documents
            .python_naming(&attribute.name)
            .iter()
            .filter(|file| *file != path)
            .filter_map(|file| documents.python(file))
            .any(|module| sets(module) > 0)
}

/// The test that compares the time since the attribute with a limit.
fn throttle(module: &Module, class: &Class, text: &str, name: &str) -> Option<Span> {
    let since = format!("- self.{name}");
    module.blocks.iter().find_map(|block| {
        let BlockKind::Branch { test, negated: false, .. } = &block.kind else { return None };
        let written = test.of(text);
        let after = written.split_once(&since)?.1;
        let whole = !after.starts_with(|c: char| c.is_alphanumeric() || c == '_');
        let compares = after.contains('>');
        (class.span.covers(*test) && whole && compares && !after.contains("self._clock")).then_some(*test)
    })
}
