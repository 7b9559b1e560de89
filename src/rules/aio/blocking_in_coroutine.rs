//! AIO008 blocking-in-coroutine: calls that hold the event loop until something outside answers.

mod made_once;

use std::collections::{BTreeMap, BTreeSet};

use crate::deployment::call_graph::{CallGraph, Chain, EdgeKind, FunctionAt};
use crate::deployment::{Documents, Project};
use crate::diagnostic::{Fix, Label, Location, RepoPath, RuleId, Span};
use crate::formats::python::{Call, Function, FunctionId, Module, ValueKind};
use crate::knowledge::{BlockingCall, blocking_calls, fits_any};
use crate::rules::program::{has_program, program_modules_where};
use crate::rules::{Reporter, Rule};

use super::context::asks_for_a_loop;
use super::decided::is_decided;
use super::edits::{can_be_awaited, import_asyncio, in_thread, parentheses};
use made_once::is_made_once;

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
    "os.wait",
    "urllib3",
    "openai",
    "groq",
    "anthropic",
    "snapshot_download",
    "hf_hub_download",
    ASYNC,
];

/// Without it a file has no coroutine.
const ASYNC: &str = "async def";

/// So many coroutines of one file that hold their loop alike are reported one by one; more are one finding.
const MAX_SINGLE: usize = 3;
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
            for call in module.live_calls() {
                let (Some(id), Some(row)) = (call.function, blocking(module, call)) else { continue };
                let source = project.documents().repository().source(path);
                if is_at_startup(project.documents(), FunctionAt { path, module, id }, call.span)
                    || source.is_some_and(|source| is_decided(source, module, call, &["ASYNC2"]))
                {
                    continue;
                }
                match functions.iter_mut().find(|(known, _)| *known == id) {
                    Some((_, calls)) => calls.push((call, row)),
                    None => functions.push((id, vec![(call, row)])),
                }
            }
            let (coroutines, plain): (Vec<_>, Vec<_>) =
                functions.into_iter().partition(|(id, _)| module.function(*id).is_async);
            let mut alike: BTreeMap<(bool, &str), Vec<Blocked<'_>>> = BTreeMap::new();
            for (id, calls) in coroutines {
                let Some((_, row)) = calls.first() else { continue };
                let function = FunctionAt { path, module, id };
                alike.entry((serves(function.row()), &row.what)).or_default().push(Blocked { function, calls });
            }
            for blocked in alike.values() {
                // The same habit all over a file is one cause.
                let size = if blocked.len() > MAX_SINGLE { blocked.len() } else { 1 };
                blocked.chunks(size).for_each(|blocked| report_direct(project.documents(), blocked, report));
            }
            for (id, calls) in plain {
                if helpers < MAX_HELPERS {
                    helpers += 1;
                    report_helper(&graph, FunctionAt { path, module, id }, &calls, report);
                }
            }
        }
    }
}

/// The row of a call that blocks for a time that matters.
fn blocking(module: &Module, call: &Call) -> Option<&'static BlockingCall> {
    let name = call.qualified()?;
    if name.parent() == "subprocess.Popen" && !waits_for_own_program(module, call) {
        return None;
    }
    let row = blocking_calls().iter().find(|row| fits_any(name, &row.calls))?;
    let short = call.positional(0).is_some_and(|argument| match argument.value.kind {
        ValueKind::Float(seconds) => seconds <= SHORT_SLEEP,
        ValueKind::Int(seconds) => seconds == 0,
        _ => false,
    });
    (!(name.as_str() == "time.sleep" && short)).then_some(row)
}

/// Whether a method of `Popen` waits for a program that the same function has started, and has not ended meanwhile.
fn waits_for_own_program(module: &Module, call: &Call) -> bool {
    let Some(start) = call.receiver.map(|maker| module.call(maker)) else { return false };
    let is_short = call.keyword("timeout").is_some_and(|timeout| match timeout.value.kind {
        ValueKind::Float(seconds) => seconds <= SHORT_SLEEP,
        _ => false,
    });
    let between = module.calls.iter().filter(|other| {
        other.function == call.function && start.span.end <= other.span.start && other.span.start < call.span.start
    });
    let mut ends = between.filter_map(|other| other.callee.last_name());
    start.function == call.function && !is_short && !ends.any(|name| matches!(name, "terminate" | "kill" | "poll"))
}

/// A coroutine with the calls that hold its loop.
struct Blocked<'d> {
    function: FunctionAt<'d>,
    calls: Vec<(&'d Call, &'static BlockingCall)>,
}

/// Reports coroutines of one file that hold their loop in the same way, at the first call of the first.
fn report_direct(documents: &Documents, blocked: &[Blocked<'_>], report: &mut Reporter) {
    let Some((Blocked { function, calls }, more)) = blocked.split_first() else { return };
    let Some(((call, row), others)) = calls.split_first() else { return };
    let path = function.path;
    let name = &function.row().qualified;
    let location = Location::new(path, call.span);
    let too = match more.len() {
        0 => String::new(),
        count => format!(", and so do {count} more coroutines of this file"),
    };
    let finding = if serves(function.row()) {
        report.warning(location, format!("every other request waits while `{name}` {}{too}", row.what))
    } else {
        report.advice(location, format!("everything else on the event loop waits while `{name}` {}{too}", row.what))
    };
    for (other, row) in others {
        finding.label(Location::new(path, other.span), format!("and here, while it {}", row.what));
    }
    for Blocked { function, calls } in more {
        let name = &function.row().qualified;
        finding.labels(calls.iter().map(|(call, row)| Label {
            location: Location::new(path, call.span),
            message: format!("and here, while `{name}` {}", row.what),
        }));
    }
    let calls: Vec<_> = blocked.iter().flat_map(|one| one.calls.iter().copied()).collect();
    finding.help(format!("use {}", row.instead)).fix(fix(documents, path, function.module, &calls));
}

/// Whether a place runs before the program answers anybody: in a hook of the start, or in a lifespan before its `yield`.
fn is_at_startup(documents: &Documents, function: FunctionAt<'_>, place: Span) -> bool {
    let row = function.row();
    let hook = row.decorators.iter().any(|decorator| {
        let event = decorator.call.and_then(|call| function.module.call(call).positional(0));
        decorator.text.ends_with(".before_serving")
            || (decorator.text.ends_with(".on_event")
                && event.is_some_and(|event| event.value.as_str() == Some("startup")))
    });
    if !row.is_async || hook || &*row.name == "setup_hook" {
        return row.is_async;
    }
    let before = Span::new(row.body_span.start, place.start.max(row.body_span.start));
    let text = documents.repository().source(function.path).map_or("", |source| before.of(source.text()));
    row.name.contains("lifespan") && row.is_generator && !text.contains("yield")
}

fn report_helper(
    graph: &CallGraph<'_>,
    function: FunctionAt<'_>,
    calls: &[(&Call, &BlockingCall)],
    report: &mut Reporter,
) {
    let Some((call, row)) = calls.first() else { return };
    // What asks whether a loop runs knows why it goes this way.
    let cut = |found: FunctionAt<'_>| asks_for_a_loop(graph, found);
    let chain = graph.loop_above(function, call.block, &cut, &|_| false, &|edge| {
        edge.function().is_some_and(|caller| is_at_startup(graph.documents(), caller, edge.span))
    });
    let Some(chain) = chain.filter(|chain| !chain.is_inferred()) else { return };
    let once = waits_once(graph.documents(), &chain, call);
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
        .help(if once {
            format!("make it once, before the loop serves anybody; or make it a coroutine and use {}", row.instead)
        } else if function.row().is_generator {
            format!("make it an asynchronous context manager, and use {} in it", row.instead)
        } else {
            format!(
                "call the plain function with `await asyncio.to_thread(…)`, or make it a coroutine and use {}",
                row.instead
            )
        })
        .fix(if once { None } else { fix_above(graph.documents(), &chain) });
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

/// The calls awaited in a thread, or their counterparts awaited; those that can't be are left as they are.
fn fix(documents: &Documents, path: &RepoPath, module: &Module, calls: &[(&Call, &BlockingCall)]) -> Option<Fix> {
    let source = documents.repository().source(path)?;
    let mut mended: Vec<(&Call, &BlockingCall)> = Vec::new();
    for (call, row) in calls {
        let inside = mended.iter().any(|(other, _)| other.span.covers(call.span));
        let known = row.awaitable.is_some() || row.thread;
        if known && !inside && can_be_awaited(call) && !has_unknown_arguments(call) {
            mended.push((call, row));
        }
    }
    let (_, first) = mended.first()?;
    let alike = mended.iter().all(|(_, row)| row.awaitable == first.awaitable);
    let mut fix = Fix::unsafe_(match &first.awaitable {
        Some(awaitable) if alike => format!("Await {awaitable} instead"),
        None if alike && mended.len() == 1 => "Call it in a thread and await the result".to_owned(),
        None if alike => "Call them in threads and await the results".to_owned(),
        _ => "Await what holds the event loop".to_owned(),
    });
    for (call, row) in mended {
        fix = match &row.awaitable {
            Some(awaitable) => {
                let (open, close) = parentheses(call);
                let fix = fix.replace(path, call.callee_span, format!("{open}await {awaitable}"));
                if close.is_empty() { fix } else { fix.insert(path, call.span.end, close) }
            }
            None => in_thread(fix, source, call),
        };
    }
    import_asyncio(fix, source, module)
}

/// Whether what the coroutine calls waits only when it is called for the first time.
fn waits_once(documents: &Documents, chain: &Chain<'_>, call: &Call) -> bool {
    let Some(first) = chain.hops.first() else { return false };
    let below = chain.hops.get(1).map(|hop| (hop.edge.span, hop.edge.block));
    let (place, block) = below.unwrap_or((call.span, call.block));
    let source = documents.repository().source(first.callee.path);
    source.is_some_and(|source| is_made_once(source, first.callee, place, block))
}

/// The coroutine's call of the plain helper, awaited in a thread.
fn fix_above(documents: &Documents, chain: &Chain<'_>) -> Option<Fix> {
    let first = chain.hops.first().filter(|hop| hop.edge.kind == EdgeKind::Call)?;
    let call = first.edge.call.filter(|call| can_be_awaited(call) && !has_unknown_arguments(call))?;
    let source = documents.repository().source(first.edge.path)?;
    let callee = &first.callee.row();
    // What stands for an object that is made or read is no plain call of a function.
    if callee.name.starts_with("__") || first.edge.module.notebook {
        return None;
    }
    let fix = Fix::unsafe_(format!("Call `{}` in a thread and await the result", callee.name));
    import_asyncio(in_thread(fix, source, call), source, first.edge.module)
}

fn has_unknown_arguments(call: &Call) -> bool {
    call.arguments.iter().any(|argument| argument.name.is_none() && argument.position.is_none())
}
