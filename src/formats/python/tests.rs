//! Tests of the model as rules see it: tricky code in, table rows out.

mod calls;
mod flow;
mod robustness;
mod values;

use crate::diagnostic::RepoPath;
use crate::repo::Source;

use super::{Call, Callee, Module};

fn parse(text: &str) -> Module {
    Module::parse(&Source::new(RepoPath::new("app.py"), text))
}

/// A callee in one line: what it is and its name.
fn describe(module: &Module, call: &Call) -> String {
    match &call.callee {
        Callee::Qualified(name) => name.to_string(),
        Callee::Method(name) => format!("method {name}"),
        Callee::Function(id) => format!("def {}", module.function(*id).qualified),
        Callee::Class(id) => format!("class {}", module.class(*id).qualified),
        Callee::LocalMethod { class, method, function, inherited, through_super } => {
            let target = match (function, inherited) {
                (Some(function), _) => module.function(*function).qualified.to_string(),
                (None, Some(inherited)) => inherited.to_string(),
                (None, None) => "?".to_owned(),
            };
            let via = if *through_super { "super" } else { "on" };
            format!("{via} {}.{method} -> {target}", module.class(*class).qualified)
        }
        Callee::UnknownMethod { receiver, method } => format!("? {receiver} . {method}"),
        Callee::UnknownName(name) => format!("? {name}"),
        Callee::Unknown => "?".to_owned(),
    }
}

/// What the last call of the text calls.
fn last_callee(text: &str) -> String {
    let module = parse(text);
    let call = module.calls.iter().filter(|call| !call.deferred).max_by_key(|call| (call.span.start, call.span.end));
    call.map_or_else(|| "no call".to_owned(), |call| describe(&module, call))
}
