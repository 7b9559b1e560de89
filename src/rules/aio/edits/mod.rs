//! Edits that fixes of this family share: a call moved into a thread, and the import that it needs.

use crate::diagnostic::{Fix, Span};
use crate::formats::python::{Call, Module, Usage};
use crate::repo::Source;

/// Whether the result of a call can be replaced by that of an `await` of it.
pub(super) fn can_be_awaited(call: &Call) -> bool {
    !matches!(call.usage, Usage::ContextManager | Usage::Decorator | Usage::Awaited | Usage::Element)
}

/// `f(x)` as `await asyncio.to_thread(f, x)`.
pub(super) fn in_thread(fix: Fix, source: &Source, call: &Call) -> Fix {
    let path = source.path();
    let inside = Span::new(call.arguments_span.start, call.arguments_span.start + 1);
    let on_new_line = source.text().get(inside.end..).is_some_and(|rest| rest.starts_with(char::is_whitespace));
    let separator = match call.arguments.is_empty() {
        true => "",
        false if on_new_line => ",",
        false => ", ",
    };
    let (open, close) = parentheses(call);
    let fix =
        fix.insert(path, call.span.start, format!("{open}await asyncio.to_thread(")).replace(path, inside, separator);
    if close.is_empty() { fix } else { fix.insert(path, call.span.end, close) }
}

/// What an `await` needs around it where something is taken from the result: `(await f()).x`.
pub(super) fn parentheses(call: &Call) -> (&'static str, &'static str) {
    if call.usage == Usage::Receiver { ("(", ")") } else { ("", "") }
}

/// Adds `import asyncio` before the file's first import, where the name is not there yet; `None` where no place is known
/// or the name means something else.
pub(super) fn import_asyncio(fix: Fix, source: &Source, module: &Module) -> Option<Fix> {
    let top = |block| module.block(block).parent.is_none();
    let bound = |import: &&crate::formats::python::Import| import.bound_name() == Some("asyncio") && top(import.block);
    if let Some(known) = module.imports.iter().find(bound) {
        return (&*known.module == "asyncio" && known.name.is_none()).then_some(fix);
    }
    if module.notebook || module.assignments.iter().any(|row| &*row.target == "asyncio") {
        return None;
    }
    let first = module.imports.iter().find(|import| top(import.block) && &*import.module != "__future__")?;
    let line = source.line_at(first.statement.start).start;
    let newline = source.newline();
    (line == first.statement.start).then(|| fix.insert(source.path(), line, format!("import asyncio{newline}")))
}
