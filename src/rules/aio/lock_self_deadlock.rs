//! AIO010 lock-self-deadlock: a lock that its holder asks for again.

use crate::deployment::Project;
use crate::deployment::call_graph::FunctionAt;
use crate::diagnostic::{Label, Location, RuleId, Span};
use crate::formats::python::{Block, BlockId, BlockKind, Call, Callee, FunctionId, Module, Usage};
use crate::rules::program::program_modules;
use crate::rules::{Reporter, Rule};

/// AIO010 lock-self-deadlock.
pub struct LockSelfDeadlock;

const LITERALS: &[&str] = &["Lock("];

/// Calls between the two places.
const MAX_HOPS: usize = 4;

impl Rule for LockSelfDeadlock {
    fn id(&self) -> RuleId {
        RuleId { code: "AIO010", name: "lock-self-deadlock" }
    }

    fn literals(&self) -> &'static [&'static str] {
        LITERALS
    }

    fn check(&self, project: &Project<'_>, report: &mut Reporter) {
        for (path, module) in program_modules(project.documents(), LITERALS) {
            for (block, lock) in held(module) {
                let Some(holder) = module.block(block).function else { continue };
                let release = format!("{lock}.release");
                let text = project.documents().repository().source(path).map_or("", |source| source.text());
                if module.calls.iter().any(|call| call.function == Some(holder) && call.callee_span.of(text) == release)
                {
                    continue;
                }
                let function = FunctionAt { path, module, id: holder };
                let file = File { module, text };
                let Some(found) = again(file, block, holder, &lock, &mut vec![holder]) else { continue };
                report
                    .error(
                        Location::new(path, found.place),
                        format!(
                            "`{lock}` is asked for while `{}` holds it, which then waits for itself for ever",
                            function.row().qualified
                        ),
                    )
                    .label(Location::new(path, header(module.block(block))), format!("`{lock}` is held from here"))
                    .labels(found.hops.into_iter().rev().map(|(span, message)| Label {
                        location: Location::new(path, span),
                        message,
                    }))
                    .help(
                        "split off a function that expects the lock to be held and call it from both, or release the lock \
                         first; asyncio has no re-entrant lock",
                    );
            }
        }
    }
}

/// A file with its text.
#[derive(Clone, Copy)]
struct File<'m> {
    module: &'m Module,
    text: &'m str,
}

/// Where the lock is asked for again, and the calls that lead there, from the last to the first.
struct Again {
    place: Span,
    hops: Vec<(Span, String)>,
}

/// The blocks that hold a lock which is not re-entrant, with the lock as written.
fn held(module: &Module) -> Vec<(BlockId, String)> {
    let mut found = Vec::new();
    for call_block in module.blocks.iter().enumerate().filter_map(|(index, block)| Some((index, lock_of(block)?))) {
        let (index, lock) = call_block;
        // An identity of a block is had from something that stands in it.
        let id = module.blocks.iter().skip(index + 1).find_map(|inner| {
            let parent = inner.parent?;
            (parent.index() == index).then_some(parent)
        });
        let id = id.or_else(|| module.calls.iter().map(|call| call.block).find(|block| block.index() == index));
        found.extend(id.map(|id| (id, lock)));
    }
    found
}

/// The lock that a `with` takes.
fn lock_of(block: &Block) -> Option<String> {
    let BlockKind::With { contexts, items, .. } = &block.kind else { return None };
    contexts.iter().zip(items).find_map(|(context, item)| {
        let is_lock = context.as_ref().is_some_and(|name| {
            matches!(name.as_str(), "asyncio.Lock" | "threading.Lock" | "anyio.Lock" | "trio.Lock")
        });
        // A lock made or looked up on the spot may be another one each time.
        (is_lock && item.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.'))).then(|| item.to_string())
    })
}

/// The line of a `with`.
fn header(block: &Block) -> Span {
    match &block.kind {
        BlockKind::With { header, .. } => *header,
        _ => block.span,
    }
}

/// A place below `block` that asks for `lock` again, in the function itself or in one that it calls.
fn again(file: File<'_>, block: BlockId, holder: FunctionId, lock: &str, seen: &mut Vec<FunctionId>) -> Option<Again> {
    let module = file.module;
    let nested = module.blocks.iter().find(|inner| {
        inner.function == Some(holder)
            && inner.parent.is_some_and(|parent| within(module, parent, block))
            && lock_of(inner).as_deref() == Some(lock)
    });
    if let Some(nested) = nested {
        return Some(Again { place: header(nested), hops: vec![] });
    }
    let calls = module.calls.iter().filter(|call| call.function == Some(holder) && within(module, call.block, block));
    calls.filter(|call| !call.deferred).find_map(|call| through(file, call, lock, seen))
}

/// The place where the function that `call` runs asks for `lock`, whatever its conditions.
fn through(file: File<'_>, call: &Call, lock: &str, seen: &mut Vec<FunctionId>) -> Option<Again> {
    let module = file.module;
    let id = call.local_function()?;
    let function = module.function(id);
    if lock.starts_with("self.") {
        let Callee::LocalMethod { .. } = call.callee else { return None };
        // The same lock only where it is the same object: an element of a list may be of the same class and is another.
        let written = call.callee_span.of(file.text);
        let name = written.strip_prefix("self.").or_else(|| written.strip_prefix("super()."))?;
        (!name.contains('.')).then_some(())?;
    }
    if function.is_generator
        || !function.decorators.is_empty()
        || (function.is_async && call.usage != Usage::Awaited)
        || seen.contains(&id)
        || seen.len() > MAX_HOPS
    {
        return None;
    }
    seen.push(id);
    let hop = (call.span, format!("calls `{}` while it is held", function.qualified));
    let body = module.block(function.body);
    let direct = module.blocks.iter().find(|inner| {
        inner.function == Some(id)
            && inner.parent.is_some_and(|parent| is_unconditional(module, parent))
            && lock_of(inner).as_deref() == Some(lock)
    });
    if let Some(direct) = direct {
        return Some(Again { place: header(direct), hops: vec![hop] });
    }
    let calls = module.calls.iter().filter(|inner| {
        inner.function == Some(id) && body.span.covers(inner.span) && is_unconditional(module, inner.block)
    });
    let mut found = calls.filter(|inner| !inner.deferred).find_map(|inner| through(file, inner, lock, seen))?;
    found.hops.push(hop);
    Some(found)
}

fn within(module: &Module, block: BlockId, outer: BlockId) -> bool {
    module.enclosing_in_function(block).any(|(id, _)| id == outer)
}

/// Whether a block runs whenever its function does.
fn is_unconditional(module: &Module, block: BlockId) -> bool {
    module
        .enclosing_in_function(block)
        .all(|(_, block)| matches!(block.kind, BlockKind::With { .. } | BlockKind::Try { .. } | BlockKind::TryElse))
}
