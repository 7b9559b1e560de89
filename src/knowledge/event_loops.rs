//! What drives event loops, what runs functions in threads, and which calls block: `rules/platforms/event_loops.toml` and
//! `rules/platforms/blocking_calls.toml`.

use std::sync::LazyLock;

use serde::Deserialize;

/// Calls that run an event loop until something is done.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoopRunner {
    /// Qualified names.
    pub calls: Vec<String>,
    /// Methods that mean it whatever the receiver.
    #[serde(default)]
    pub methods: Vec<String>,
    /// The module that a file must import for `methods` to mean it.
    #[serde(default)]
    pub module: Option<String>,
    /// Whether nest_asyncio makes it work under a running loop.
    #[serde(default)]
    pub nestable: bool,
    /// The library whose coroutines it can't run under, where it is not asyncio.
    #[serde(default)]
    pub library: Option<String>,
    /// What it raises under a running loop.
    pub raises: String,
    /// Where this is from.
    pub evidence: String,
}

/// A program that imports an application and serves it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// Its names as commands.
    pub commands: Vec<String>,
    /// The package that it is from, where `under_loop` asks for its version.
    #[serde(default)]
    pub package: Option<String>,
    /// The versions whose own process imports the application while its loop runs.
    #[serde(default)]
    pub under_loop: Option<String>,
    /// Options with which child processes import it under their loops, whatever the version.
    #[serde(default)]
    pub children: Vec<String>,
    /// Variables of the environment that stand for such an option.
    #[serde(default)]
    pub variables: Vec<String>,
    /// Where this is from.
    pub evidence: String,
}

/// A framework that runs plain functions in worker threads.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ThreadHandler {
    /// The framework, as people call it.
    pub framework: String,
    /// Decorators that give it functions.
    #[serde(default)]
    pub decorators: Vec<String>,
    /// Calls that give it functions as arguments.
    #[serde(default)]
    pub takers: Vec<String>,
    /// The classes from which its handlers are derived, and the methods of theirs that it calls.
    #[serde(default)]
    pub bases: Vec<String>,
    /// See `bases`.
    #[serde(default)]
    pub methods: Vec<String>,
    /// What its handlers are called, where it runs them in whatever thread its server or worker has: "view".
    #[serde(default)]
    pub requests: Option<String>,
    /// The call that makes it use threads for requests.
    #[serde(default)]
    pub threads_with: Option<String>,
    /// Where this is from.
    pub evidence: String,
}

/// Calls that take functions and call them in a thread of the library's own.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallbackTaker {
    /// Who calls them, as a subject: "the audio player".
    pub caller: String,
    /// Qualified names.
    #[serde(default)]
    pub calls: Vec<String>,
    /// Methods that mean it whatever the receiver.
    #[serde(default)]
    pub methods: Vec<String>,
    /// The modules one of which a file must import for `methods` to mean it.
    #[serde(default)]
    pub modules: Vec<String>,
    /// The parameters that take the functions: `after`, or `callback:1` where it may stand by position.
    arguments: Vec<String>,
    /// Where this is from.
    pub evidence: String,
}

impl CallbackTaker {
    /// The parameters that take functions, each with its position where it may stand without its name.
    pub fn arguments(&self) -> impl Iterator<Item = (&str, Option<usize>)> {
        self.arguments.iter().map(|argument| match argument.split_once(':') {
            Some((name, position)) => (name, position.parse().ok()),
            None => (argument.as_str(), None),
        })
    }
}

/// Calls after which threads are greenlets that share one thread.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GreenletPatch {
    /// The library.
    pub library: String,
    /// Qualified names.
    pub calls: Vec<String>,
    /// Where this is from.
    pub evidence: String,
}

/// A toolkit for windows, which calls functions from a loop that is not asyncio's.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Toolkit {
    /// Its modules.
    pub modules: Vec<String>,
    /// The methods that are handed functions.
    pub methods: Vec<String>,
    /// What makes its loop one of asyncio.
    pub unless: Vec<String>,
    /// Where this is from.
    pub evidence: String,
}

/// Packages that set an event loop for the thread that imports them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoopPackage {
    /// Their modules.
    pub modules: Vec<String>,
    /// Where this is from.
    pub evidence: String,
}

/// The table of event loops.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventLoops {
    /// What runs a loop.
    #[serde(rename = "runner")]
    pub runners: Vec<LoopRunner>,
    /// What imports applications.
    #[serde(rename = "server")]
    pub servers: Vec<Server>,
    /// What calls functions from windows.
    #[serde(rename = "toolkit")]
    pub toolkits: Vec<Toolkit>,
    /// What sets a loop as it is imported.
    #[serde(rename = "package")]
    pub packages: Vec<LoopPackage>,
    /// What runs functions in threads.
    #[serde(rename = "handler")]
    pub handlers: Vec<ThreadHandler>,
    /// What calls functions in a thread of its own.
    #[serde(rename = "callback")]
    pub callbacks: Vec<CallbackTaker>,
    /// What patches threads away.
    #[serde(rename = "patch")]
    pub patches: Vec<GreenletPatch>,
}

/// Calls that hold the thread until something outside answers.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlockingCall {
    /// Qualified names.
    pub calls: Vec<String>,
    /// What the call does meanwhile.
    pub what: String,
    /// What to do in a coroutine.
    pub instead: String,
    /// Whether it can be wrapped in `asyncio.to_thread`.
    #[serde(default)]
    pub thread: bool,
    /// The callable that is awaited in its place with the same arguments.
    #[serde(default)]
    pub awaitable: Option<String>,
    /// Where this is from.
    pub evidence: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct BlockingCalls {
    blocking: Vec<BlockingCall>,
}

/// The table of event loops.
///
/// # Panics
/// Never in a built binary: a test of this module reads the same text.
#[must_use]
#[allow(clippy::expect_used, reason = "the table is compiled in, and a test reads it")]
pub fn event_loops() -> &'static EventLoops {
    static TABLE: LazyLock<EventLoops> = LazyLock::new(|| {
        toml::from_str(super::table_text("platforms/event_loops.toml")).expect("event_loops.toml fits its types")
    });
    &TABLE
}

/// The calls that block.
///
/// # Panics
/// Never in a built binary: a test of this module reads the same text.
#[must_use]
#[allow(clippy::expect_used, reason = "the table is compiled in, and a test reads it")]
pub fn blocking_calls() -> &'static [BlockingCall] {
    static TABLE: LazyLock<BlockingCalls> = LazyLock::new(|| {
        toml::from_str(super::table_text("platforms/blocking_calls.toml")).expect("blocking_calls.toml fits its types")
    });
    &TABLE.blocking
}

/// Whether a qualified name fits one of `patterns`, in which a last part `*` stands for one or more parts.
#[must_use]
pub fn fits_any(name: &str, patterns: &[String]) -> bool {
    patterns.iter().any(|pattern| match pattern.strip_suffix('*') {
        Some(prefix) => name.starts_with(prefix) && name.len() > prefix.len(),
        None => name == pattern,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_can_be_read_and_has_evidence() {
        let table = event_loops();
        assert!(table.runners.iter().all(|row| !row.calls.is_empty() && !row.raises.is_empty()));
        let evidence = table.runners.iter().map(|row| &row.evidence);
        let evidence = evidence.chain(table.handlers.iter().map(|row| &row.evidence));
        let evidence = evidence.chain(table.callbacks.iter().map(|row| &row.evidence));
        let evidence = evidence.chain(table.toolkits.iter().map(|row| &row.evidence));
        let evidence = evidence.chain(table.packages.iter().map(|row| &row.evidence));
        let evidence = evidence.chain(table.servers.iter().map(|row| &row.evidence));
        let mut evidence = evidence.chain(table.patches.iter().map(|row| &row.evidence));
        assert!(evidence.all(|text| !text.is_empty()));
        assert!(blocking_calls().iter().all(|row| !row.evidence.is_empty() && !row.instead.is_empty()));
        assert!(table.handlers.iter().all(|row| row.bases.is_empty() == row.methods.is_empty()));
        let versions = table.servers.iter().filter_map(|row| row.under_loop.as_deref());
        assert!(versions.into_iter().all(|versions| crate::knowledge::VersionSet::parse(versions).is_ok()));
        assert!(table.callbacks.iter().all(|row| row.methods.is_empty() == row.modules.is_empty()));
        let positions = table.callbacks.iter().flat_map(CallbackTaker::arguments).map(|(_, position)| position);
        assert!(positions.flatten().all(|position| position < 5));
        assert!(fits_any("gradio.Button.click", &["gradio.*".to_owned()]));
        assert!(!fits_any("gradio_client.Client", &["gradio.*".to_owned()]));
    }
}
