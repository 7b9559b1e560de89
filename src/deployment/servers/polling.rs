//! Bots that ask their service for messages and open no port.

use crate::diagnostic::Location;
use crate::formats::python::{Callee, Module};
use crate::knowledge::{PollingBot, servers as table};

use super::super::{Deployment, Role};

/// A bot that polls, where nothing in the program listens.
#[derive(Debug, Clone)]
pub struct Polling {
    /// The command that starts it.
    pub location: Location,
    /// The library that polls.
    pub library: &'static str,
    /// The call that does.
    pub call: Location,
}

/// The only start, where it runs a Python program that polls, and no file of it imports or starts anything that could
/// listen.
pub(in super::super) fn polling(deployment: &Deployment<'_>) -> Option<Polling> {
    let [start] = deployment.starts() else { return None };
    let (_, role) = start.file.as_ref()?;
    if *role != Role::Script || !deployment.servers().is_empty() || !deployment.reach().is_certain() {
        return None;
    }
    let documents = deployment.documents();
    let files = deployment.reach().files().map(|(path, _)| Some((path, documents.python(path)?)));
    let modules = files.collect::<Option<Vec<_>>>()?;
    if modules.iter().any(|(_, module)| !module.syntax_errors.is_empty() || may_listen(module)) {
        return None;
    }
    modules.iter().find_map(|(path, module)| {
        let bots = table().bots.iter();
        let known = bots.filter(|bot| module.imports.iter().any(|import| import.qualified().is_within(&bot.module)));
        known.into_iter().find_map(|bot| {
            let call = module.calls.iter().find(|call| polls(bot, &call.callee))?;
            let call = Location::new(path, call.callee_span);
            Some(Polling { location: start.location.clone(), library: &bot.library, call })
        })
    })
}

/// A method of that name of whatever object but one of another library.
fn polls(bot: &PollingBot, callee: &Callee) -> bool {
    let Some(name) = callee.last_name() else { return false };
    let other = match callee {
        Callee::Qualified(qualified) | Callee::Method(qualified) => {
            let text = qualified.as_str();
            text.contains('.') && !text.starts_with('.') && !qualified.is_within(&bot.module)
        }
        _ => false,
    };
    bot.calls.iter().any(|call| call == name) && !other
}

/// Whether a module imports what may open a port, or starts a program or a webhook that may.
fn may_listen(module: &Module) -> bool {
    let listens = &table().listening_modules;
    let imports = module.imports.iter().any(|import| {
        let name = import.qualified();
        listens.iter().any(|listening| name.is_within(listening))
    });
    let calls = module.calls.iter().any(|call| {
        call.callee.last_name().is_some_and(|name| {
            name.contains("webhook")
                || name.contains("server")
                || name.contains("alive")
                || name.contains("health")
                || matches!(name, "system" | "Popen" | "create_subprocess_exec" | "create_subprocess_shell")
        })
    });
    imports || calls
}
