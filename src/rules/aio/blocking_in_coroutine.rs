//! AIO008 blocking-in-coroutine: calls that hold the event loop until something outside answers.

use std::collections::BTreeSet;

use crate::deployment::Project;
use crate::deployment::call_graph::{CallGraph, FunctionAt};
use crate::diagnostic::{Fix, Location, RepoPath, RuleId, Span};
use crate::formats::python::{Call, Function, FunctionId, Module, Usage, ValueKind};
use crate::knowledge::{BlockingCall, blocking_calls, fits_any};
use crate::rules::program::{has_program, program_modules_where};
use crate::rules::{Reporter, Rule};

/// AIO008 blocking-in-coroutine.
pub struct BlockingInCoroutine;

const LITERALS: &[&str] = &[
    "sleep",
    "requests",
    "httpx",
    "urlopen",
    "urlretrieve",
    "subprocess",
    "os.system",
    "openai",
    "groq",
    "anthropic",
    "snapshot_download",
    "hf_hub_download",
    ASYNC,
];

/// Without it a file has no coroutine.
const ASYNC: &str = "async def";

/// Sleeps up to this many seconds hold nothing up.
const SHORT_SLEEP: f64 = 0.05;
/// Plain functions whose callers are looked up in one repository.
const MAX_HELPERS: usize = 200;

impl Rule for BlockingInCoroutine {
    fn id(&self) -> RuleId {
        RuleId { code: "AIO008", name: "blocking-in-coroutine" }
    }

    fn literals(&self) -> &'static [&'static str] {
        LITERALS
    }

    fn concerns(&self, project: &Project<'_>) -> bool {
        has_program(project)
    }

    fn check(&self, project: &Project<'_>, report: &mut Reporter) {
        let graph = CallGraph::new(project.documents());
        let mut helpers = 0;
        let coroutines: BTreeSet<&RepoPath> = project.documents().files_mentioning(&[ASYNC]).collect();
        // A plain helper matters where it runs beside coroutines: in what is deployed, if there are any at all.
        let is_deployed = |path: &RepoPath| project.deployments().iter().any(|one| one.reach().contains(path));
        let wanted = |path: &RepoPath| coroutines.contains(path) || (!coroutines.is_empty() && is_deployed(path));
        for (path, module) in program_modules_where(project.documents(), &LITERALS[..LITERALS.len() - 1], wanted) {
            // One function is one finding: its first call, with the others as labels.
            let mut functions: Vec<(FunctionId, Vec<(&Call, &BlockingCall)>)> = Vec::new();
            for call in module.calls.iter().filter(|call| !call.deferred) {
                let (Some(id), Some(row)) = (call.function, blocking(call)) else { continue };
                match functions.iter_mut().find(|(known, _)| *known == id) {
                    Some((_, calls)) => calls.push((call, row)),
                    None => functions.push((id, vec![(call, row)])),
                }
            }
            for (id, calls) in functions {
                let function = FunctionAt { path, module, id };
                if module.function(id).is_async {
                    report_direct(function, &calls, report);
                } else if helpers < MAX_HELPERS {
                    helpers += 1;
                    report_helper(&graph, function, &calls, report);
                }
            }
        }
    }
}

/// The row of a call that blocks for a time that matters.
fn blocking(call: &Call) -> Option<&'static BlockingCall> {
    let name = call.qualified()?;
    let row = blocking_calls().iter().find(|row| fits_any(name, &row.calls))?;
    let short = call.positional(0).is_some_and(|argument| match argument.value.kind {
        ValueKind::Float(seconds) => seconds <= SHORT_SLEEP,
        ValueKind::Int(seconds) => seconds == 0,
        _ => false,
    });
    (!(name.as_str() == "time.sleep" && short)).then_some(row)
}

fn report_direct(function: FunctionAt<'_>, calls: &[(&Call, &BlockingCall)], report: &mut Reporter) {
    let Some(((call, row), others)) = calls.split_first() else { return };
    let path = function.path;
    let name = &function.row().qualified;
    let location = Location::new(path, call.span);
    let finding = if serves(function.row()) {
        report.warning(location, format!("every other request waits while `{name}` {}", row.what))
    } else {
        report.advice(location, format!("everything else on the event loop waits while `{name}` {}", row.what))
    };
    for (other, row) in others {
        finding.label(Location::new(path, other.span), format!("and here, while it {}", row.what));
    }
    finding.help(format!("use {}", row.instead)).fix(fix(path, function.module, call, row));
}

fn report_helper(
    graph: &CallGraph<'_>,
    function: FunctionAt<'_>,
    calls: &[(&Call, &BlockingCall)],
    report: &mut Reporter,
) {
    let Some((call, row)) = calls.first() else { return };
    let Some(chain) = graph.loop_above(function, &|_| false, &|_| false).filter(|chain| !chain.is_inferred()) else {
        return;
    };
    report
        .advice(
            Location::new(function.path, call.span),
            format!(
                "everything else on the event loop that runs `{}` waits while `{}` {}",
                chain.root_name(),
                function.row().qualified,
                row.what
            ),
        )
        .labels(chain.labels())
        .help(format!(
            "call the plain function with `await asyncio.to_thread(…)`, or make it a coroutine and use {}",
            row.instead
        ));
}

/// Whether a decorator makes the coroutine answer requests.
fn serves(function: &Function) -> bool {
    function.decorators.iter().any(|decorator| {
        decorator.call.is_some()
            && decorator.text.rsplit_once('.').is_some_and(|(_, method)| {
                matches!(
                    method,
                    "get" | "post" | "put" | "delete" | "patch" | "api_route" | "route" | "websocket" | "middleware"
                )
            })
    })
}

/// The call awaited in a thread, or its counterpart awaited.
fn fix(path: &RepoPath, module: &Module, call: &Call, row: &BlockingCall) -> Option<Fix> {
    let imports_asyncio = module
        .imports
        .iter()
        .any(|import| &*import.module == "asyncio" && import.name.is_none() && import.alias.is_none());
    let plain = !matches!(call.usage, Usage::ContextManager | Usage::Decorator);
    if !imports_asyncio
        || !plain
        || call.arguments.iter().any(|argument| argument.name.is_none() && argument.position.is_none())
    {
        return None;
    }
    let (open, close) = if call.usage == Usage::Receiver { ("(", ")") } else { ("", "") };
    let fix = Fix::unsafe_(match &row.awaitable {
        Some(awaitable) => format!("Await {awaitable} instead"),
        None => "Call it in a thread and await the result".to_owned(),
    });
    let fix = if let Some(awaitable) = &row.awaitable {
        fix.replace(path, call.callee_span, format!("{open}await {awaitable}"))
    } else if row.thread {
        let inside = Span::new(call.arguments_span.start, call.arguments_span.start + 1);
        let separator = if call.arguments_span.len() > 2 { ", " } else { "" };
        fix.insert(path, call.span.start, format!("{open}await asyncio.to_thread(")).replace(path, inside, separator)
    } else {
        return None;
    };
    Some(if close.is_empty() { fix } else { fix.insert(path, call.span.end, close) })
}
