//! What a call's own arguments say about the branches below: `load(folder, "read")` never comes to what stands under
//! `if mode == "write":`.

use crate::formats::python::{BlockId, Call, Value, ValueKind};

use super::{CallGraph, FunctionAt};

impl<'d> CallGraph<'d> {
    /// Whether a call gives the function literals under which it never comes to a block of its body.
    pub(super) fn is_switched_off(&self, call: &Call, callee: FunctionAt<'d>, place: BlockId) -> bool {
        let Some(source) = self.documents.repository().source(callee.path) else { return false };
        let conditions = callee.module.conditions(place);
        conditions.into_iter().any(|(test, _, negated)| {
            let test = test.of(source.text()).trim();
            holds(test, |name| given(call, callee, name)) == Some(negated)
        })
    }
}

/// What a call gives for a parameter that the function does not assign anew.
fn given<'c>(call: &'c Call, callee: FunctionAt<'c>, name: &str) -> Option<&'c Value> {
    let row = callee.row();
    let index = row.parameters.iter().position(|parameter| &*parameter.name == name)?;
    let assigned = callee.module.assignments.iter().any(|row| row.function == Some(callee.id) && &*row.target == name);
    if assigned || call.unknown_positional || call.unknown_keywords {
        return None;
    }
    let bound = row.class.is_some() && !row.decorators.iter().any(|decorator| &*decorator.text == "staticmethod");
    let position = index.checked_sub(usize::from(bound))?;
    match call.argument(name, position) {
        Some(argument) => Some(&argument.value),
        None => row.parameters.get(index)?.default.as_ref(),
    }
}

/// Whether a test of one name holds for the value that the name has; `None` for what is no literal, and for other tests.
fn holds<'v>(test: &str, value: impl Fn(&str) -> Option<&'v Value>) -> Option<bool> {
    if let Some(inner) = test.strip_prefix("not ") {
        return holds(inner.trim(), value).map(|holds| !holds);
    }
    for (operator, equal) in [(" == ", true), (" != ", false), (" is not ", false), (" is ", true)] {
        let Some((name, literal)) = test.split_once(operator) else { continue };
        return Some(is_literal(value(name.trim())?, literal.trim())? == equal);
    }
    match &value(test)?.kind {
        ValueKind::Bool(truth) => Some(*truth),
        ValueKind::None => Some(false),
        _ => None,
    }
}

/// Whether a value is the literal of that text; `None` where one of them is not known.
fn is_literal(value: &Value, literal: &str) -> Option<bool> {
    let text =
        |quote: char| literal.strip_prefix(quote)?.strip_suffix(quote).filter(|text| !text.contains([quote, '\\']));
    let is_text = text('"').or_else(|| text('\''));
    match (&value.kind, literal) {
        (ValueKind::None, "None") => Some(true),
        (ValueKind::Bool(truth), "True" | "False") => Some(*truth == (literal == "True")),
        (ValueKind::Str(given), _) if is_text.is_some() => is_text.map(|text| text == &**given),
        (ValueKind::None, _) if is_text.is_some() => Some(false),
        (ValueKind::Str(_) | ValueKind::Int(_) | ValueKind::Bool(_), "None") => Some(false),
        _ => None,
    }
}
