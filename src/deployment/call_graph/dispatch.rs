//! Functions that are looked up in a table and called: `HANDLERS[name](event)`, `HANDLERS.get(name)`.

use crate::diagnostic::RepoPath;
use crate::formats::python::{Call, Callee, Module, Value, ValueKind};

use super::CallGraph;

/// A table that a call looks its function up in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct LookUp<'t> {
    /// The table as written: `HANDLERS`, `self.handlers`.
    table: &'t str,
    /// What stands for the key.
    key: &'t str,
}

impl CallGraph<'_> {
    /// Whether a call runs what `is_it` tells, as the value of a dictionary of the file that is bound once; under a key that
    /// is a literal that one alone.
    pub(super) fn is_dispatched(
        &self,
        path: &RepoPath,
        module: &Module,
        call: &Call,
        is_it: impl Fn(&Value) -> bool,
    ) -> bool {
        let Some(source) = self.documents.repository().source(path) else { return false };
        let text = source.text();
        if matches!(call.callee, Callee::Function(_) | Callee::Class(_) | Callee::LocalMethod { .. }) {
            return false;
        }
        let called = call.callee_span.of(text);
        let found = look_up(called).or_else(|| {
            let mut bound =
                module.assignments.iter().filter(|row| row.function == call.function && &*row.target == called);
            let only = bound.next().filter(|_| bound.next().is_none())?;
            let value = only.value.definition.unwrap_or(only.value.span);
            look_up(value.of(text))
        });
        let Some(LookUp { table, key }) = found else { return false };
        let mut tables = module.assignments.iter().filter(|row| &*row.target == table);
        let (Some(only), None) = (tables.next(), tables.next()) else { return false };
        let ValueKind::Dict(rows) = &only.value.kind else { return false };
        let is_key = |value: &Value| {
            let literal = key.starts_with(['"', '\'']);
            !literal || value.as_str().is_none_or(|text| key.trim_matches(['"', '\'']) == text)
        };
        rows.iter().any(|(row_key, value)| is_key(row_key) && is_it(value))
    }
}

/// What an expression looks up: `TABLE[key]`, or `TABLE.get(key)` without another default.
fn look_up(text: &str) -> Option<LookUp<'_>> {
    let (table, key) = match text.strip_suffix(']') {
        Some(inner) => inner.split_once('[')?,
        None => text.strip_suffix(')')?.split_once(".get(")?,
    };
    let is_name = |name: &str| name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.'));
    (is_name(table) && !table.is_empty()).then_some(LookUp { table, key: key.trim() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_and_keys_are_told_from_other_subscripts() {
        let found = |text| look_up(text).map(|found| (found.table, found.key));
        assert_eq!(found("HANDLERS[name]"), Some(("HANDLERS", "name")));
        assert_eq!(found("self.handlers[ event.kind ]"), Some(("self.handlers", "event.kind")));
        assert_eq!(found("HANDLERS.get('a')"), Some(("HANDLERS", "'a'")));
        for other in ["make()[0]", "work(x)", "[a, b]", "🎉", ""] {
            assert_eq!(found(other), None, "{other} is no table");
        }
    }
}
