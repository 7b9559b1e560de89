//! The way from an event loop down to a function: the calls in between, hop by hop, as a traceback would show them.

use std::collections::VecDeque;

use crate::diagnostic::{Label, Location, RepoPath};
use crate::formats::python::{BlockId, Decorator, FunctionId, Runner, Usage};

use super::{CallGraph, Edge, EdgeKind, FunctionAt};

/// Calls in a chain at most.
const MAX_HOPS: usize = 8;
/// Functions looked at for one question.
const MAX_FUNCTIONS: usize = 300;

/// What runs on the loop at the top of a chain.
#[derive(Debug, Clone, Copy)]
pub enum Root<'d> {
    /// A coroutine.
    Coroutine(FunctionAt<'d>),
    /// A plain function that the loop calls: `loop.call_soon(f)`.
    Callback(FunctionAt<'d>),
    /// The top level of a file that a server imports while its loop runs.
    Import(&'d RepoPath),
}

/// One call of a chain.
#[derive(Debug, Clone, Copy)]
pub struct Hop<'d> {
    /// The place that calls, or hands over to the loop.
    pub edge: Edge<'d>,
    /// The function that is called.
    pub callee: FunctionAt<'d>,
}

/// A way from the loop down to a function, without a thread between.
#[derive(Debug, Clone)]
pub struct Chain<'d> {
    /// What runs on the loop.
    pub root: Root<'d>,
    /// The calls, from the root down.
    pub hops: Vec<Hop<'d>>,
}

impl Chain<'_> {
    /// Whether a hop is inferred from a name, rather than followed.
    #[must_use]
    pub fn is_inferred(&self) -> bool {
        self.hops.iter().any(|hop| hop.edge.inferred)
    }

    /// The name of what runs on the loop.
    #[must_use]
    pub fn root_name(&self) -> &str {
        match &self.root {
            Root::Coroutine(function) | Root::Callback(function) => &function.row().qualified,
            Root::Import(path) => path.as_str(),
        }
    }

    /// Whether a handler on the way catches everything, and so hides what is raised below.
    #[must_use]
    pub fn is_hidden(&self, exception: &str) -> bool {
        self.hops.iter().any(|hop| hop.edge.module.is_caught(hop.edge.block, exception))
    }

    /// A label for each hop, from the root down.
    pub fn labels(&self) -> impl Iterator<Item = Label> {
        let count = self.hops.len();
        self.hops.iter().enumerate().map(move |(position, hop)| {
            let callee = &hop.callee.row().qualified;
            let number = if count > 1 { format!("{}: ", position + 1) } else { String::new() };
            let how = if hop.edge.inferred { ", inferred from the name" } else { "" };
            let calls = if hop.callee.row().decorators.iter().any(|row| row.text.ends_with("property")) {
                "reads"
            } else if hop.edge.call.is_none() {
                "enters"
            } else {
                "calls"
            };
            let message = match (hop.edge.kind, hop.edge.function()) {
                (EdgeKind::HandOff(_), _) => format!("{number}the event loop is told to call `{callee}`"),
                (EdgeKind::Call, Some(caller)) if caller.row().is_async => {
                    format!("{number}the coroutine `{}` {calls} `{callee}`{how}", caller.row().qualified)
                }
                (EdgeKind::Call, Some(caller)) => {
                    format!("{number}`{}` {calls} `{callee}`{how}", caller.row().qualified)
                }
                (EdgeKind::Call, None) => format!("{number}{calls} `{callee}`{how}"),
            };
            Label { location: Location::new(hop.edge.path, hop.edge.span), message }
        })
    }
}

impl<'d> CallGraph<'d> {
    /// The shortest way from a coroutine or a callback of the loop down to a place in the plain function `start`, without a
    /// thread, a process or an unknown runner between, and without a call whose literals lead elsewhere. `is_cut` tells
    /// functions that make sure themselves that no loop runs below
    /// them; no way leads through these. Generators, but for those that a `with` enters, and functions with decorators of
    /// unknown effect are not followed either; nor places that `is_harmless` tells. `is_served` tells files that a server imports while its loop runs. Ways
    /// without inferred hops come first.
    #[must_use]
    pub fn loop_above(
        &self,
        start: FunctionAt<'d>,
        place: BlockId,
        is_cut: &dyn Fn(FunctionAt<'d>) -> bool,
        is_served: &dyn Fn(&RepoPath) -> bool,
        is_harmless: &dyn Fn(&Edge<'d>) -> bool,
    ) -> Option<Chain<'d>> {
        let mut seen: Vec<(FunctionAt<'d>, Option<(usize, Edge<'d>)>)> = vec![(start, None)];
        let mut queue = VecDeque::from([(0_usize, 0_usize)]);
        let mut inferred: Option<Chain<'d>> = None;
        while let Some((at, depth)) = queue.pop_front() {
            let Some((function, below)) = seen.get(at).copied() else { break };
            let below = below.map_or(place, |(_, edge)| edge.block);
            let entered = self.runs_when_entered(function);
            if !(entered || self.runs_when_called(function)) || is_cut(function) {
                continue;
            }
            for edge in self.callers(function) {
                if entered && edge.call.is_none_or(|call| call.usage != Usage::ContextManager) {
                    continue;
                }
                let root = match edge.kind {
                    EdgeKind::HandOff(Runner::Loop) => Some(Root::Callback(function)),
                    EdgeKind::HandOff(_) => continue,
                    EdgeKind::Call => match edge.function() {
                        None if is_served(edge.path) && edge.module.runs_at_import(edge.block) => {
                            Some(Root::Import(edge.path))
                        }
                        None => continue,
                        Some(caller) if caller.row().is_async => Some(Root::Coroutine(caller)),
                        Some(_) => None,
                    },
                };
                let calls = edge.call.filter(|_| edge.kind == EdgeKind::Call);
                if edge.module.is_caught_by_name(edge.block, "RuntimeError")
                    || is_lazy(edge)
                    || is_harmless(&edge)
                    || calls.is_some_and(|call| self.is_switched_off(call, function, below))
                {
                    continue;
                }
                if let Some(root) = root {
                    let chain = Chain { root, hops: hops(&seen, at, edge) };
                    if !chain.is_inferred() {
                        return Some(chain);
                    }
                    inferred.get_or_insert(chain);
                    continue;
                }
                let Some(caller) = edge.function() else { continue };
                if depth + 1 < MAX_HOPS && seen.len() < MAX_FUNCTIONS && !seen.iter().any(|(known, _)| *known == caller)
                {
                    seen.push((caller, Some((at, edge))));
                    queue.push_back((seen.len() - 1, depth + 1));
                }
            }
        }
        inferred
    }
}

impl<'d> CallGraph<'d> {
    /// Whether calling the function runs its body there and then.
    fn runs_when_called(&self, function: FunctionAt<'d>) -> bool {
        !function.row().is_generator && self.is_followed(function)
    }

    /// Whether a plain `with` runs the body: a generator under `contextlib.contextmanager`.
    fn runs_when_entered(&self, function: FunctionAt<'d>) -> bool {
        let row = function.row();
        let (enters, others): (Vec<_>, Vec<_>) = row
            .decorators
            .iter()
            .partition(|decorator| decorator.name.as_ref().is_some_and(|name| *name == "contextlib.contextmanager"));
        row.is_generator && !enters.is_empty() && others.into_iter().all(keeps_nature)
    }

    /// Whether its decorators leave it what it is: a function that runs in the caller's thread.
    pub(super) fn is_followed(&self, function: FunctionAt<'d>) -> bool {
        let mut decorators = function.row().decorators.iter();
        decorators.all(|decorator| keeps_nature(decorator) || self.calls_through(function, decorator))
    }
}

/// The hops from the root at `edge`, which leads to `seen[at]`, down to where the search began.
fn hops<'d>(seen: &[(FunctionAt<'d>, Option<(usize, Edge<'d>)>)], at: usize, edge: Edge<'d>) -> Vec<Hop<'d>> {
    let mut hops = Vec::new();
    let mut next = Some((at, edge));
    while let Some((at, edge)) = next {
        let Some((function, below)) = seen.get(at) else { break };
        hops.push(Hop { edge, callee: *function });
        next = *below;
    }
    hops
}

/// Whether the call is one by which a property loads what is not there yet: whoever reads it late may never come there.
fn is_lazy(edge: Edge<'_>) -> bool {
    edge.function().is_some_and(|function| function.row().decorators.iter().any(|row| row.text.ends_with("property")))
        && edge.module.conditions(edge.block).next().is_some()
}

/// Whether a decorator leaves it to the caller's thread to run the function.
#[must_use]
pub fn keeps_nature(decorator: &Decorator) -> bool {
    let last = decorator.text.rsplit('.').next().unwrap_or("");
    matches!(
        last,
        "staticmethod"
            | "classmethod"
            | "property"
            | "cached_property"
            | "abstractmethod"
            | "override"
            | "final"
            | "wraps"
            | "cache"
            | "lru_cache"
            | "no_type_check"
            | "torch.no_grad"
    )
}

impl FunctionAt<'_> {
    /// Whether every decorator leaves it what it is written as.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.row().decorators.iter().all(keeps_nature)
    }

    /// The functions around it, from the inside out, itself first.
    pub fn with_parents(&self) -> impl Iterator<Item = FunctionId> {
        let module = self.module;
        std::iter::successors(Some(self.id), move |id| module.function(*id).parent)
    }
}
