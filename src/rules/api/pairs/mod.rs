//! Whether an event hands a chat a list of pairs, where it takes messages only.

use crate::deployment::Deployment;
use crate::deployment::call_graph::{CallGraph, FunctionAt};
use crate::diagnostic::{Label, Location, RepoPath, Span};
use crate::formats::python::{Call, Elements, HandedItem, Module, Value, ValueKind};

use super::changed_behaviour::Reason;

/// Which pairs the chat that `chat` makes is handed, by a function of the repository that an event of its file calls; `None`
/// where none are seen.
pub(super) fn pairs_for(deployment: &Deployment<'_>, path: &RepoPath, module: &Module, chat: &Call) -> Option<Reason> {
    // An argument that these versions do not take is a finding of its own.
    if chat.keyword("type").is_some() {
        return None;
    }
    let documents = deployment.documents();
    let graph = CallGraph::new(documents);
    let path = documents.repository().entry(path)?.path();
    let module = documents.python(path).unwrap_or(module);
    let text = documents.repository().source(path)?.text();
    let chat_name = name_of(module, chat)?;
    for event in &module.calls {
        // `click(fn, inputs, outputs)`, and so for `submit`, `then`, `Interface` and the others.
        let (Some(shown), Some(handler)) = (event.argument("outputs", 2), event.argument("fn", 0)) else { continue };
        let outputs = match &shown.value.kind {
            ValueKind::List(items) | ValueKind::Tuple(items) => items.as_slice(),
            _ => std::slice::from_ref(&shown.value),
        };
        let is_chat =
            |output: &Value| text.get(output.span.start..output.span.end).is_some_and(|name| name == chat_name);
        let Some(position) = outputs.iter().position(is_chat) else { continue };
        let Some(function) = graph.function_of(path, module, &handler.value) else { continue };
        let Some(span) = handed_pairs(function, position, outputs.len()) else { continue };
        let name = match &*function.row().name {
            "<lambda>" => "a lambda".to_owned(),
            name => format!("{name}()"),
        };
        let label =
            |span: Span, message: &str| Label { location: Location::new(path, span), message: message.to_owned() };
        return Some(Reason {
            why: format!("{name} hands the chat pairs in place of messages"),
            at: Some(Location::new(function.path, span)),
            labels: vec![label(chat.span, "this chat takes messages"), label(shown.span, "shown here")],
        });
    }
    None
}

/// The name that holds what a call made, where it holds nothing else in the file: `chat`, `self.chat`.
fn name_of<'m>(module: &'m Module, call: &Call) -> Option<&'m str> {
    let is_it = |value: &Value| matches!(value.kind, ValueKind::Call(id) if module.call(id).span == call.span);
    let target = &module.assignments.iter().find(|one| is_it(&one.value))?.target;
    let is_alone = module.assignments.iter().filter(|one| one.target == *target).count() == 1;
    is_alone.then_some(&**target)
}

/// Where a function makes the pairs that it hands back as the value at `position` of `count`.
fn handed_pairs(function: FunctionAt<'_>, position: usize, count: usize) -> Option<Span> {
    let module = function.module;
    let rows = module.handed_back.iter().filter(|row| row.function == function.id && row.items.len() == count);
    rows.filter_map(|row| row.items.get(position)).find_map(|(item, span)| match item {
        HandedItem::List(Elements::Pairs) => Some(*span),
        HandedItem::Name(name) => {
            let changes = || module.list_changes.iter().filter(|one| one.function == function.id && one.name == *name);
            // Who also adds messages knows both kinds.
            let mixed = changes().any(|change| change.elements == Elements::Messages);
            let pairs = changes().find(|change| change.elements == Elements::Pairs).filter(|_| !mixed)?;
            let is_replaced = module.assignments.iter().any(|one| {
                one.function == Some(function.id)
                    && one.target == *name
                    && one.span.start > pairs.span.end
                    && !changes().any(|change| one.span.start <= change.span.start && change.span.end <= one.span.end)
            });
            (!is_replaced && span.start > pairs.span.end).then_some(pairs.span)
        }
        _ => None,
    })
}
