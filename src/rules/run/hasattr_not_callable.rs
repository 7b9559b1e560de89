//! RUN001 hasattr-not-callable: hasattr guards a call of an attribute that is there and may be None.

use crate::deployment::Project;
use crate::diagnostic::{Fix, Location, RuleId};
use crate::formats::python::{Call, Callee, Module};
use crate::rules::program::{has_program, program_modules};
use crate::rules::{Reporter, Rule};

/// RUN001 hasattr-not-callable.
pub struct HasattrNotCallable;

const LITERALS: &[&str] = &["hasattr(self,"];

impl Rule for HasattrNotCallable {
    fn id(&self) -> RuleId {
        RuleId { code: "RUN001", name: "hasattr-not-callable" }
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
            for guard in module.calls.iter().filter(|call| call.is("builtins.hasattr")) {
                let (Some(object), Some(name)) = (guard.positional(0), guard.positional(1)) else { continue };
                let Some(name) = name.value.as_str() else { continue };
                let spelled = format!("{}.{name}", object.span.of(source.text()));
                let Some((call, none)) = guarded(module, source.text(), guard, &spelled, name) else { continue };
                report
                    .warning(
                        Location::new(path, call.span),
                        format!("`{spelled}` is called though it may be None: hasattr() only tells that it is there"),
                    )
                    .label(Location::new(path, guard.span), "this holds even where the attribute is None")
                    .label(Location::new(path, none), "it is None from here")
                    .help(format!(
                        "ask for what is called: `callable(getattr({}, \"{name}\", None))`",
                        object.span.of(source.text())
                    ))
                    .fix(Fix::unsafe_("Ask whether it can be called").replace(
                        path,
                        guard.span,
                        format!("callable(getattr({}, \"{name}\", None))", object.span.of(source.text())),
                    ));
            }
        }
    }
}

/// The call that a `hasattr` guards, and where a class sets the attribute to None.
fn guarded<'m>(
    module: &'m Module,
    text: &str,
    guard: &Call,
    spelled: &str,
    name: &str,
) -> Option<(&'m Call, crate::diagnostic::Span)> {
    module.calls.iter().filter(|call| call.function == guard.function).find_map(|call| {
        let Callee::LocalMethod { class, method, function: None, .. } = &call.callee else { return None };
        if **method != *name || call.callee_span.of(text) != spelled {
            return None;
        }
        let conditions: Vec<_> = module.conditions(call.block).collect();
        let under = conditions.iter().any(|(test, _, negated)| test.covers(guard.span) && !negated);
        // A test that looks at the attribute itself, or at whether it can be called, is enough.
        let looked_at = conditions.iter().any(|(test, _, _)| {
            let test = test.of(text);
            test.contains(spelled) || test.contains("callable(") || test.contains("getattr(")
        });
        let none = module.class(*class).attributes.iter().find(|row| &*row.name == name && row.value.is_none())?;
        (under && !looked_at && !module.is_caught(call.block, "TypeError")).then_some((call, none.span))
    })
}
