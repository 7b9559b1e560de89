//! The servers that a deployment starts and the address each listens on: argument, then environment, then the framework's
//! default.

mod address;
mod append;
mod command;
mod idle;
mod polling;
mod python;
mod rust;

use crate::diagnostic::{Fix, Label, Location};

use super::Deployment;

pub use address::Host;
pub use idle::IdleStart;
pub(super) use idle::idle_start;
pub use polling::Polling;
pub(super) use polling::polling;

/// Where a setting of a server comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Written at this place: an argument or a flag.
    Written(Location),
    /// An environment variable, with the place that sets it where one in the repository does.
    Variable {
        /// The variable.
        name: String,
        /// The place that sets it.
        location: Option<Location>,
    },
    /// The framework's default.
    Default,
}

/// A setting with its source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Set<T> {
    /// The value.
    pub value: T,
    /// Where it comes from.
    pub source: Source,
}

impl<T> Set<T> {
    /// Whether an argument or a flag says so, which wins over a variable.
    #[must_use]
    pub fn is_written(&self) -> bool {
        matches!(self.source, Source::Written(_))
    }

    /// A label that shows the place, where there is one.
    #[must_use]
    pub fn label(&self, message: &str) -> Option<Label> {
        let location = match &self.source {
            Source::Written(location) => Some(location),
            Source::Variable { location, .. } => location.as_ref(),
            Source::Default => None,
        };
        location.map(|location| Label { location: location.clone(), message: message.to_owned() })
    }
}

/// How a server is started, which decides how its address can be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Starter {
    /// A call in Python or Rust.
    Call,
    /// A program on a command line.
    Command,
}

/// A server that a deployment starts.
#[derive(Debug, Clone)]
pub struct Server {
    /// The framework, as people call it.
    pub framework: &'static str,
    /// The call or command that starts it.
    pub location: Location,
    /// How it is started.
    pub starter: Starter,
    /// The address it listens on.
    pub host: Set<Host>,
    /// The port, where it is known.
    pub port: Option<Set<u16>>,
    /// The environment variable that would set the address, where the framework asks one.
    pub host_variable: Option<&'static str>,
    /// The environment variable that would set the port.
    pub port_variable: Option<&'static str>,
    /// What would make it listen on all interfaces.
    pub open_fix: Option<Fix>,
    /// What would make it listen on the port that `PORT` names.
    pub port_fix: Option<Fix>,
}

/// Every server that starts in `deployment`, as far as the files say: commands first, then calls in the files they lead to.
#[must_use]
pub(super) fn servers(deployment: &Deployment<'_>) -> Vec<Server> {
    let mut found = command::servers(deployment);
    found.extend(python::servers(deployment));
    found.extend(rust::servers(deployment));
    // Port 0 is any that is free, which nobody is told: such a server is for the program itself.
    found.retain(|server| server.port.as_ref().is_none_or(|port| port.value != 0));
    found
}

/// Programs that a start script may run and that serve nothing.
const SERVES_NOTHING: &[&str] = &[
    "echo", "printf", "cd", "mkdir", "chmod", "chown", "cp", "mv", "rm", "ls", "cat", "sleep", "export", "set", "wait",
    "test", "[", "true", "false", ":", "exit", "trap", "source", "touch", "ln", "grep", "sed", "awk", "pip", "pip3",
    "alembic", "curl", "wget", "nc", "kill", "date", "env", "unset", "read", "pwd", "whoami", "id", "find", "return",
];

/// Whether every program that starts is known, so that no other can listen on a port.
#[must_use]
pub(super) fn knows_all(deployment: &Deployment<'_>) -> bool {
    let starts = deployment.starts();
    !starts.is_empty()
        && starts.iter().all(|start| {
            let Some(invocation) = &start.invocation else { return start.file.is_some() };
            start.file.is_some()
                || command::is_known(invocation)
                || (!invocation.is_python() && SERVES_NOTHING.contains(&invocation.name()))
        })
}

/// Whether a program starts that is neither Python nor known: a proxy or a frontend, perhaps, that others are reached by.
pub(super) fn starts_unknown_program(deployment: &Deployment<'_>) -> bool {
    deployment.starts().iter().filter(|start| start.file.is_none()).any(|start| {
        start.invocation.as_ref().is_some_and(|invocation| {
            !invocation.is_python() && !command::is_known(invocation) && !SERVES_NOTHING.contains(&invocation.name())
        })
    })
}

/// The help that goes with a fix which opens a server to all interfaces.
pub(super) const OPEN_MESSAGE: &str = "listen on all interfaces";
