//! RUN004 unguarded-model-json: JSON read from a model's answer that a token limit may cut off, with nothing to catch it.

use crate::deployment::Project;
use crate::deployment::call_graph::{CallGraph, FunctionAt};
use crate::diagnostic::{Location, RepoPath, RuleId};
use crate::formats::python::{Argument, Call, Module, Value, ValueKind};
use crate::rules::program::{has_program, program_modules};
use crate::rules::{Reporter, Rule};

/// RUN004 unguarded-model-json.
pub struct UnguardedModelJson;

const LITERALS: &[&str] = &["max_tokens", "max_new_tokens", "max_completion_tokens", "max_output_tokens"];

/// Tokens up to which an answer is likely to be cut off in the middle of its JSON.
const SMALL_LIMIT: i64 = 2048;
/// Names followed from the text back to the model.
const MAX_STEPS: usize = 5;

impl Rule for UnguardedModelJson {
    fn id(&self) -> RuleId {
        RuleId { code: "RUN004", name: "unguarded-model-json" }
    }

    fn literals(&self) -> &'static [&'static str] {
        LITERALS
    }

    fn concerns(&self, project: &Project<'_>) -> bool {
        has_program(project)
    }

    fn check(&self, project: &Project<'_>, report: &mut Reporter) {
        let documents = project.documents();
        let graph = CallGraph::new(documents);
        for (path, module) in program_modules(documents, LITERALS) {
            let Some(source) = documents.repository().source(path) else { continue };
            for load in module.calls.iter().filter(|call| call.is("json.loads") && !call.deferred) {
                if module.is_caught(load.block, "JSONDecodeError") {
                    continue;
                }
                let Some((answer, limit)) = model_answer(module, source.text(), load) else { continue };
                if callers_catch(&graph, path, load) || is_retried(&graph, path, module, load) {
                    continue;
                }
                // Whoever looks at why the model stopped knows of the cut.
                let between = source.text().get(answer.span.end..load.span.start).unwrap_or_default();
                if ["finish_reason", "stop_reason"].iter().any(|word| between.contains(word)) {
                    continue;
                }
                let tokens = limit.value.as_int().unwrap_or(SMALL_LIMIT);
                report
                    .warning(
                        Location::new(path, load.span),
                        format!("json.loads() raises where the model's answer was cut off at {tokens} tokens, and nothing catches it"),
                    )
                    .label(Location::new(path, answer.callee_span), "the text is this model's answer")
                    .label(Location::new(path, limit.span), "which ends here, whole or not")
                    .help("catch json.JSONDecodeError and ask again or fall back; and allow enough tokens for the whole object");
            }
        }
    }
}

/// The call of a model whose answer `load` reads, and its small token limit.
fn model_answer<'m>(module: &'m Module, text: &'m str, load: &Call) -> Option<(&'m Call, &'m Argument)> {
    let mut value = &load.positional(0)?.value;
    let mut before = load.span.start;
    for _ in 0..MAX_STEPS {
        if let ValueKind::Call(call) = value.kind
            && let Some(limit) = small_limit(module.call(call))
        {
            return Some((module.call(call), limit));
        }
        let name = source_name(module, text, value)?;
        let assigned = module
            .assignments
            .iter()
            .rfind(|row| row.function == load.function && row.span.start < before && *row.target == *name)?;
        before = assigned.span.start;
        value = &assigned.value;
    }
    None
}

/// The name whose value an expression is made from: `response` of `response.choices[0].text`, `output` of
/// `tokenizer.decode(output[0])`.
fn source_name<'t>(module: &Module, text: &'t str, value: &Value) -> Option<&'t str> {
    let ends_here = |call: &&Call| call.span.end == value.span.end && value.span.covers(call.span) && !call.deferred;
    let decoded = module
        .calls
        .iter()
        .filter(ends_here)
        .find(|call| matches!(call.callee.last_name(), Some("decode" | "batch_decode")))
        .and_then(|call| call.positional(0));
    let made_from = decoded.map_or(value.span, |tokens| tokens.value.span).of(text);
    leading_name(made_from.trim_start_matches("await "))
}

/// The limit of a call that asks a model.
fn small_limit(call: &Call) -> Option<&Argument> {
    let asks = matches!(
        call.callee.last_name(),
        Some(
            "create"
                | "generate"
                | "generate_content"
                | "chat_completion"
                | "text_generation"
                | "complete"
                | "completion"
        )
    );
    // Only models have the second.
    let limits = ["max_tokens", "max_new_tokens", "max_completion_tokens", "max_output_tokens"];
    let limit = limits.iter().find_map(|name| call.keyword(name))?;
    let asks = asks || limit.name.as_deref() == Some("max_new_tokens");
    (asks && limit.value.as_int().is_some_and(|tokens| tokens <= SMALL_LIMIT)).then_some(limit)
}

/// The name that an expression begins with: `response` of `response.choices[0].text`.
fn leading_name(text: &str) -> Option<&str> {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    let name = &text[..end];
    name.starts_with(|c: char| c.is_alphabetic() || c == '_').then_some(name)
}

/// Whether a decorator of the function around tries again or handles what is raised, by its name or as the repository's own.
fn is_retried(graph: &CallGraph<'_>, path: &RepoPath, module: &Module, load: &Call) -> bool {
    let decorators = load.function.into_iter().flat_map(|id| &module.function(id).decorators);
    decorators.into_iter().any(|decorator| {
        let own = decorator.name.as_ref().is_some_and(|name| {
            graph.definition(name, path).is_some() || module.functions.iter().any(|row| *row.qualified == **name)
        });
        own || ["retry", "backoff", "catch"].iter().any(|word| decorator.text.contains(word))
    })
}

/// Whether somebody who calls the function around is ready for what it raises.
fn callers_catch(graph: &CallGraph<'_>, path: &RepoPath, load: &Call) -> bool {
    let Some(entry) = graph.documents().repository().entry(path) else { return true };
    let (Some(id), Some(module)) = (load.function, graph.documents().python(entry.path())) else { return false };
    let function = FunctionAt { path: entry.path(), module, id };
    graph.callers(function).iter().any(|edge| edge.module.is_caught(edge.block, "JSONDecodeError"))
}
