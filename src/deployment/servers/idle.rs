//! Programs that define a web application and end without serving it.

use crate::diagnostic::{Location, RepoPath};
use crate::formats::python::Module;
use crate::formats::shell::Invocation;

use super::super::{Deployment, Role};
use super::append::joined;

/// Calls of whatever object that may start a server or keep a program alive.
const KEEPS_RUNNING: &[&str] = &[
    "run",
    "run_server",
    "run_app",
    "run_forever",
    "run_until_complete",
    "run_polling",
    "serve",
    "serve_forever",
    "launch",
    "listen",
    "start",
    "start_server",
    "main",
    "mount",
    "Popen",
    "call",
    "check_call",
    "system",
    "execvp",
    "bind",
    "cli",
];

/// A start that serves nothing.
#[derive(Debug, Clone)]
pub struct IdleStart {
    /// The command.
    pub location: Location,
    /// The file that python runs.
    pub file: RepoPath,
    /// What the file is, as a clause: "is a Streamlit script".
    pub what: &'static str,
    /// What shows it.
    pub evidence: Location,
    /// A remark for that place.
    pub remark: &'static str,
    /// The program that would serve it.
    pub program: &'static str,
    /// What that program is given to serve: a script, or a module with its application.
    served: String,
    invocation: Invocation,
}

impl IdleStart {
    /// The command that would serve it at `port`.
    #[must_use]
    pub fn command(&self, port: u16) -> String {
        self.words(port).join(" ")
    }

    /// The command's place and what to write there, in the form in which it is written.
    #[must_use]
    pub fn replacement(&self, deployment: &Deployment<'_>, port: u16) -> Option<(Location, String)> {
        let source = deployment.documents().repository().source(&self.location.path)?;
        let words = self.words(port);
        let text = joined(source.text(), &self.invocation, &words)?;
        Some((Location::new(&self.location.path, self.invocation.span), text))
    }

    fn words(&self, port: u16) -> Vec<String> {
        let port = port.to_string();
        let words: &[&str] = match self.program {
            "streamlit" => &["streamlit", "run", &self.served, "--server.address", "0.0.0.0", "--server.port", &port],
            "gunicorn" => &["gunicorn", &self.served, "--bind", &format!("0.0.0.0:{port}")],
            _ => &["uvicorn", &self.served, "--host", "0.0.0.0", "--port", &port],
        };
        words.iter().map(|word| (*word).to_owned()).collect()
    }
}

/// The only start, where it runs a Python file that defines something to serve and nothing serves it.
pub(in super::super) fn idle_start(deployment: &Deployment<'_>) -> Option<IdleStart> {
    let [start] = deployment.starts() else { return None };
    let invocation = start.invocation.as_ref()?;
    let (file, role) = start.file.as_ref()?;
    let (script, rest) = invocation.python_script()?;
    if *role != Role::Script || !rest.is_empty() || !deployment.servers().is_empty() || !deployment.reach().is_certain()
    {
        return None;
    }
    let module = deployment.documents().python(file)?;
    if !module.syntax_errors.is_empty() || keeps_running(deployment) {
        return None;
    }
    let stem = file.file_name().trim_end_matches(".py");
    let idle = |what, evidence, remark, program, served: String| IdleStart {
        location: start.location.clone(),
        file: file.clone(),
        what,
        evidence: Location::new(file, evidence),
        remark,
        program,
        served,
        invocation: invocation.clone(),
    };
    if let Some(evidence) = streamlit_page(module) {
        let remark = "Streamlit draws this only under `streamlit run`";
        let what = "is a Streamlit script that `streamlit run` has to start";
        return Some(idle(what, evidence, remark, "streamlit", script.plain()?.to_owned()));
    }
    let (name, class) = module.instances.iter().find(|(_, class)| {
        matches!(class.as_str(), "fastapi.FastAPI" | "starlette.applications.Starlette" | "flask.Flask" | "quart.Quart")
    })?;
    let assigned = module.assignments.iter().find(|one| one.function.is_none() && one.target == *name)?;
    let program = if *class == "flask.Flask" { "gunicorn" } else { "uvicorn" };
    let remark = "the application is defined here, and nothing serves it";
    let what = "defines an application and ends";
    Some(idle(what, assigned.target_span, remark, program, format!("{stem}:{name}")))
}

/// The first thing that a script draws with Streamlit as it runs; `None` where it is no Streamlit script, or starts
/// Streamlit by itself.
fn streamlit_page(module: &Module) -> Option<crate::diagnostic::Span> {
    let own_start = module.imports.iter().any(|import| {
        import.qualified().is_within("streamlit.web") || import.qualified().is_within("streamlit.runtime")
    });
    if own_start {
        return None;
    }
    let mut drawn = module.calls.iter().filter(|call| {
        call.qualified().is_some_and(|name| {
            matches!(
                name.as_str(),
                "streamlit.title"
                    | "streamlit.header"
                    | "streamlit.write"
                    | "streamlit.set_page_config"
                    | "streamlit.markdown"
                    | "streamlit.text_input"
                    | "streamlit.text_area"
                    | "streamlit.button"
                    | "streamlit.file_uploader"
                    | "streamlit.chat_input"
            )
        })
    });
    drawn.next().map(|call| call.callee_span)
}

fn keeps_running(deployment: &Deployment<'_>) -> bool {
    deployment.reach().files().filter_map(|(path, _)| deployment.documents().python(path)).any(|module| {
        module.calls.iter().any(|call| {
            call.callee.last_name().is_some_and(|name| {
                KEEPS_RUNNING.contains(&name)
                    // A program that runs its own `main()` of this file is judged by what that calls.
                    && call.local_function().is_none()
            })
        })
    })
}
