//! Servers that a command line starts: `uvicorn app:app`, `gunicorn`, `streamlit run`.

use crate::diagnostic::{Fix, Location, RepoPath};
use crate::formats::shell::{Invocation, Part, Word};
use crate::formats::streamlit_config::StreamlitConfig;
use crate::knowledge::{ServerCommand, Setting, servers as table};
use crate::repo::FileKind;

use super::super::{Deployment, Start};
use super::{Host, OPEN_MESSAGE, Server, Set, Source, Starter, append};

/// The servers that the deployment's commands start.
pub(super) fn servers(deployment: &Deployment<'_>) -> Vec<Server> {
    deployment.starts().iter().filter_map(|start| server(deployment, start)).collect()
}

/// Whether the program is one whose server is listed.
pub(super) fn is_known(invocation: &Invocation) -> bool {
    table().commands.iter().any(|command| runs(command, invocation))
}

fn server(deployment: &Deployment<'_>, start: &Start) -> Option<Server> {
    let invocation = start.invocation.as_ref()?;
    let command = table().commands.iter().find(|command| runs(command, invocation))?;
    let bypass: Vec<_> = command.bypass.iter().map(String::as_str).collect();
    if !bypass.is_empty() && invocation.has_flag(&bypass) {
        return None;
    }
    if let Some(condition) = &command.only_with_flag {
        let flags: Vec<_> = condition.flags.iter().map(String::as_str).collect();
        let given = invocation.flag(&flags)?;
        condition.values.iter().find(|value| **value == given.text)?;
    }
    let asked = Asked { deployment, start, invocation, command };
    let (host, port) = asked.address();
    let open_fix = host.value.is_loopback().then(|| asked.open_fix(&host)).flatten();
    let port_fix = port.as_ref().and_then(|port| asked.port_fix(port));
    Some(Server {
        framework: &command.framework,
        location: start.location.clone(),
        starter: Starter::Command,
        host,
        port,
        host_variable: first_variable(command.host.as_ref()),
        port_variable: command.port.as_ref().and_then(|port| port.variables.first()).map(String::as_str),
        open_fix,
        port_fix,
    })
}

fn first_variable<T>(setting: Option<&'static Setting<T>>) -> Option<&'static str> {
    setting.and_then(|setting| setting.variables.first()).map(String::as_str)
}

/// Whether the invocation runs this program, with the subcommand that makes it serve.
fn runs(command: &ServerCommand, invocation: &Invocation) -> bool {
    let name = invocation.name();
    let script = invocation.python_script().map(|(script, _)| script.text.rsplit('/').next().unwrap_or_default());
    if !command.programs.iter().any(|program| program == name || script == Some(program)) {
        return false;
    }
    let Some(subcommand) = &command.subcommand else { return true };
    let arguments = match invocation.python_script() {
        Some((_, rest)) if name != "manage.py" => rest,
        _ => invocation.arguments.as_slice(),
    };
    arguments.iter().any(|word| word.text == *subcommand)
}

/// What a configuration file says.
enum Configured<'a> {
    /// There is none.
    Nothing,
    /// There is one, which can't be read here.
    Hidden,
    /// What it says.
    Read(RepoPath, &'a StreamlitConfig),
}

/// A server command with what it is asked about.
struct Asked<'a, 'd> {
    deployment: &'a Deployment<'d>,
    start: &'a Start,
    invocation: &'a Invocation,
    command: &'static ServerCommand,
}

impl Asked<'_, '_> {
    fn address(&self) -> (Set<Host>, Option<Set<u16>>) {
        if let Some(bind) = &self.command.bind {
            return self.bind(bind);
        }
        if let Some(address) = &self.command.address {
            let word = self.invocation.arguments.iter().rev().find(|word| {
                !word.text.starts_with('-')
                    && Some(word.text.as_str()) != self.command.subcommand.as_deref()
                    && word.text.contains(|c: char| c.is_ascii_digit())
            });
            return match word {
                Some(word) => self.written_bind(word),
                None => split(Host::parse_bind(address.default.as_deref().unwrap_or_default()), &Source::Default),
            };
        }
        if let Some(listen) = self.flag(&self.command.listen) {
            return self.written_bind(&listen);
        }
        let host = self
            .command
            .host
            .as_ref()
            .map_or(Set { value: Host::Unknown, source: Source::Default }, |host| self.host(host));
        (host, self.command.port.as_ref().and_then(|port| self.port(port)))
    }

    fn host(&self, setting: &'static Setting<String>) -> Set<Host> {
        if let Some(word) = self.flag(&setting.flags) {
            let value = self.expand(&word).map_or(Host::Unknown, |text| Host::parse(&text));
            return Set { value, source: self.written(&word) };
        }
        if let Some((value, source)) = self.variable(setting) {
            return Set { value: value.map_or(Host::Unknown, |text| Host::parse(&text)), source };
        }
        match self.streamlit_config() {
            Configured::Hidden => return Set { value: Host::Unknown, source: Source::Default },
            Configured::Read(path, config) => {
                if let Some(address) = &config.address {
                    let source = Source::Written(Location::new(&path, address.span));
                    return Set { value: Host::parse(&address.value), source };
                }
            }
            Configured::Nothing => {}
        }
        let default = setting.default.as_deref();
        Set { value: default.map_or(Host::Unknown, Host::parse), source: Source::Default }
    }

    fn port(&self, setting: &'static Setting<u16>) -> Option<Set<u16>> {
        if let Some(word) = self.flag(&setting.flags) {
            return Some(Set { value: self.expand(&word)?.parse().ok()?, source: self.written(&word) });
        }
        if let Some(word) = setting.position.and_then(|position| self.positional(position)) {
            return Some(Set { value: self.expand(word)?.parse().ok()?, source: self.written(word) });
        }
        if let Some((value, source)) = self.variable(setting) {
            return Some(Set { value: value?.parse().ok()?, source });
        }
        match self.streamlit_config() {
            Configured::Hidden => return None,
            Configured::Read(path, config) => {
                if let Some(port) = &config.port {
                    return Some(Set { value: port.value, source: Source::Written(Location::new(&path, port.span)) });
                }
            }
            Configured::Nothing => {}
        }
        Some(Set { value: setting.default?, source: Source::Default })
    }

    /// The argument at `position` among those that are neither flags nor values of flags.
    fn positional(&self, position: usize) -> Option<&Word> {
        let host = self.command.host.iter().flat_map(|setting| &setting.flags);
        let valued: Vec<&String> = host.chain(&self.command.valued).collect();
        let mut follows_flag = false;
        let mut words = self.invocation.arguments.iter().filter(|word| {
            let is_value = std::mem::replace(&mut follows_flag, valued.iter().any(|flag| **flag == word.text));
            !is_value && !word.text.starts_with('-')
        });
        words.nth(position)
    }

    /// What `.streamlit/config.toml` says, in the folder that the program runs in.
    fn streamlit_config(&self) -> Configured<'_> {
        if !self.command.reads_streamlit_config {
            return Configured::Nothing;
        }
        let documents = self.deployment.documents();
        let path = self.deployment.locate(".streamlit/config.toml");
        if let Some(path) = path
            && let Some(config) = documents.streamlit_config(&path)
        {
            return Configured::Read(path, config);
        }
        // An image may write the file as it is built, or copy it to the home folder, and so may a script before the start.
        let repository = documents.repository();
        let scripts = repository.within(self.deployment.root()).filter(|entry| entry.kind() == FileKind::Shell);
        let dockerfile = self.deployment.dockerfile().map(|(path, _)| path);
        let mut writers = scripts.map(|entry| entry.path()).chain(dockerfile).chain([&self.start.location.path]);
        if writers.any(|path| repository.source(path).is_some_and(|source| source.text().contains(".streamlit"))) {
            return Configured::Hidden;
        }
        Configured::Nothing
    }

    /// gunicorn and hypercorn: the flag, the configuration file, the environment, then the default.
    fn bind(&self, setting: &'static Setting<String>) -> (Set<Host>, Option<Set<u16>>) {
        // Several binds are several listeners: one that is open counts.
        let names: Vec<_> = setting.flags.iter().map(String::as_str).collect();
        let given = self.invocation.flags(&names);
        if !given.is_empty() {
            let mut binds: Vec<_> = given.iter().map(|word| self.written_bind(word)).collect();
            let open = binds.iter().position(|(host, _)| !host.value.is_loopback()).unwrap_or(binds.len() - 1);
            return binds.swap_remove(open);
        }
        if let Some(found) = self.configured_bind() {
            return found;
        }
        let arguments = self.command.arguments_variable.as_deref();
        if arguments.is_some_and(|name| self.deployment.environment().get(name).is_some()) {
            return (Set { value: Host::Unknown, source: Source::Default }, None);
        }
        if let Some((value, source)) = self.variable(setting) {
            return split(value.map_or((Host::Unknown, None), |text| Host::parse_bind(&text)), &source);
        }
        let sets_port =
            self.deployment.platform().value.sets_port() || self.deployment.environment().get("PORT").is_some();
        if self.command.reads_port_when_set && sets_port {
            return (
                Set { value: Host::All, source: Source::Variable { name: "PORT".to_owned(), location: None } },
                None,
            );
        }
        split(Host::parse_bind(setting.default.as_deref().unwrap_or_default()), &Source::Default)
    }

    /// `bind` in the configuration file that gunicorn reads.
    fn configured_bind(&self) -> Option<(Set<Host>, Option<Set<u16>>)> {
        let config = self.command.config.as_ref()?;
        let named = self
            .flag(&config.flags)
            .map(|word| word.text.trim_start_matches("file:").trim_start_matches("python:").to_owned());
        let unknown = || Some((Set { value: Host::Unknown, source: Source::Default }, None));
        let explicit = named.is_some();
        let Some(path) = named.or_else(|| config.default.clone()).and_then(|name| self.deployment.locate(&name)) else {
            return if explicit { unknown() } else { None };
        };
        let Some(module) = self.deployment.documents().python(&path) else { return unknown() };
        let bind = module.assignments.iter().rev().find(|assignment| &*assignment.target == "bind")?;
        let source = Source::Written(Location::new(&path, bind.value.origin()));
        let value = self.deployment.evaluate_text(&bind.value);
        Some(split(value.map_or((Host::Unknown, None), |text| Host::parse_bind(&text)), &source))
    }

    fn written_bind(&self, word: &Word) -> (Set<Host>, Option<Set<u16>>) {
        let source = self.written(word);
        // A port that only the platform knows says nothing about the host beside it.
        match self.expand(word) {
            Some(text) => split(Host::parse_bind(&text), &source),
            None => split(Host::parse_bind(&word.text), &source),
        }
    }

    fn flag(&self, names: &[String]) -> Option<Word> {
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        if names.is_empty() { None } else { self.invocation.flag(&names) }
    }

    fn variable<T>(&self, setting: &Setting<T>) -> Option<(Option<String>, Source)> {
        let own = |name: &str| self.invocation.assignments.iter().find(|assignment| assignment.name.value == name);
        setting.variables.iter().find_map(|name| {
            if let Some(assignment) = own(name) {
                let location = Some(Location::new(&self.start.location.path, assignment.value.span));
                return Some((self.expand(&assignment.value), Source::Variable { name: name.clone(), location }));
            }
            let fact = self.deployment.environment().get(name)?;
            Some((fact.value.clone(), Source::Variable { name: name.clone(), location: fact.location().cloned() }))
        })
    }

    fn expand(&self, word: &Word) -> Option<String> {
        // A variable that is set to what nobody here knows does not come to the default beside its name.
        let is_hidden = |part: &Part| {
            matches!(part, Part::Variable { name, .. }
                if self.deployment.environment().get(name).is_some_and(|fact| fact.value.is_none()))
        };
        if word.parts.iter().any(is_hidden) {
            return None;
        }
        word.expand(|name| self.deployment.environment().value(name).map(str::to_owned))
    }

    fn written(&self, word: &Word) -> Source {
        Source::Written(Location::new(&self.start.location.path, word.span))
    }

    /// Writes `$PORT` where the port is written, or adds the flag; only where a shell reads the line.
    fn port_fix(&self, port: &Set<u16>) -> Option<Fix> {
        let path = &self.start.location.path;
        let source = self.deployment.documents().repository().source(path)?;
        let fix = Fix::safe("Listen on the port that PORT names");
        if self.start.exec_form {
            return None;
        }
        if let Source::Written(location) = &port.source {
            let text = location.span.of(source.text());
            let changed = text.replacen(&port.value.to_string(), "$PORT", 1);
            let shell = location.path == *path && !text.contains('\'') && changed != text;
            return shell.then(|| fix.replace(path, location.span, changed));
        }
        let flag = self.command.port.as_ref()?.flags.iter().find(|flag| flag.starts_with("--"))?;
        let addition = append::words(source.text(), self.invocation, &[flag.as_str(), "$PORT"]);
        (port.source == Source::Default).then(|| fix.insert(path, self.invocation.span.end, addition))
    }

    /// Replaces the address where it is written on the command line, or adds the flag.
    fn open_fix(&self, host: &Set<Host>) -> Option<Fix> {
        let path = &self.start.location.path;
        let fix = Fix::unsafe_(format!("Make {} {OPEN_MESSAGE}", self.command.framework));
        if let Source::Written(location) = &host.source {
            let source = self.deployment.documents().repository().source(&location.path)?;
            let text = location.span.of(source.text());
            let changed = text.replacen(&host.value.to_string(), "0.0.0.0", 1);
            return (changed != text).then(|| fix.replace(&location.path, location.span, changed));
        }
        let flag = self.command.host.as_ref()?.flags.iter().find(|flag| flag.starts_with("--"))?;
        if host.source != Source::Default {
            return None;
        }
        let source = self.deployment.documents().repository().source(path)?;
        let addition = append::words(source.text(), self.invocation, &[flag.as_str(), "0.0.0.0"]);
        Some(fix.insert(path, self.invocation.span.end, addition))
    }
}

fn split(address: (Host, Option<u16>), source: &Source) -> (Set<Host>, Option<Set<u16>>) {
    let (host, port) = address;
    (Set { value: host, source: source.clone() }, port.map(|value| Set { value, source: source.clone() }))
}
