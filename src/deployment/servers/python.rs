//! Servers that Python code starts: `demo.launch()`, `uvicorn.run(app)`, `app.run()`.

use crate::diagnostic::{Fix, Location, RepoPath};
use crate::formats::python::{Argument, ArgumentOrigin, Call, Import, Module, Value, ValueKind};
use crate::knowledge::{ServerCall, Setting, servers as table};

use super::super::{Deployment, Fact};
use super::{Host, OPEN_MESSAGE, Server, Set, Source, Starter};

/// The servers that code reached by the deployment starts.
pub(super) fn servers(deployment: &Deployment<'_>) -> Vec<Server> {
    let mut found = Vec::new();
    // Where nothing shows which file starts, a server in some file may be one for development.
    if !deployment.reach().is_certain() {
        return found;
    }
    for (path, reached) in deployment.reach().files() {
        let Some(module) = deployment.documents().python(path) else { continue };
        for call in module.calls.iter().filter(|call| !call.deferred) {
            let Some(entry) = entry(deployment, path, module, call) else { continue };
            if !deployment.runs(path, module, call, reached.role) {
                continue;
            }
            let server = Asked { deployment, path, call, entry }.server();
            // Port 0 is one that the system picks: a probe for a free port, or a server for the program's own use.
            if server.port.as_ref().is_none_or(|port| port.value != 0) {
                found.push(server);
            }
        }
    }
    found
}

/// The table's entry for a call that starts a server.
fn entry(deployment: &Deployment<'_>, path: &RepoPath, module: &Module, call: &Call) -> Option<&'static ServerCall> {
    let name = call.qualified()?;
    let entry = entry_of(name).or_else(|| {
        // An object of another file: only what could start a server is looked for.
        let starts = table().calls.iter().flat_map(|entry| &entry.calls);
        let is_start = starts.filter_map(|known| known.rsplit('.').next()).any(|last| last == name.last());
        let across = if is_start { deployment.called_across_files(path, name)? } else { return None };
        entry_of(&across)
    })?;
    if entry.listens_with.as_ref().is_some_and(|listen| !module.calls.iter().any(|other| other.is(listen))) {
        return None;
    }
    let bypassed = |argument: &String| module.calls.iter().any(|other| other.keyword(argument).is_some());
    if entry.bypass_arguments.iter().any(bypassed) {
        return None;
    }
    let Some(starting) = &entry.only_with_call else { return Some(entry) };
    let starts = module.calls.iter().any(|other| {
        other.is(starting)
            && entry.only_with_argument.as_ref().is_none_or(|condition| {
                let given = other.argument(&condition.parameter, 0).and_then(|argument| argument.value.as_str());
                given.is_some_and(|given| condition.values.iter().any(|value| value == given))
            })
    });
    starts.then_some(entry)
}

fn entry_of(name: &str) -> Option<&'static ServerCall> {
    table().calls.iter().find(|entry| entry.calls.iter().any(|known| known == name))
}

/// A call that starts a server, with what it is asked about.
struct Asked<'a, 'd> {
    deployment: &'a Deployment<'d>,
    path: &'a RepoPath,
    call: &'a Call,
    entry: &'static ServerCall,
}

impl Asked<'_, '_> {
    fn server(&self) -> Server {
        let (host, port) = self.address();
        let open_fix = host.value.is_loopback().then(|| self.open_fix(&host)).flatten();
        let port_fix = port.as_ref().and_then(|port| self.port_fix(port));
        let variable =
            |variables: Option<&'static Vec<String>>| variables.and_then(|names| names.first()).map(String::as_str);
        Server {
            framework: &self.entry.framework,
            location: Location::new(self.path, self.call.callee_span),
            starter: Starter::Call,
            host,
            port,
            host_variable: variable(self.entry.host.as_ref().map(|host| &host.variables)),
            port_variable: variable(self.entry.port.as_ref().map(|port| &port.variables)),
            open_fix,
            port_fix,
        }
    }

    fn address(&self) -> (Set<Host>, Option<Set<u16>>) {
        if let Some(argument) = self.entry.listen.as_ref().and_then(|listen| self.call.keyword(listen)) {
            let (file, value) = self.deployment.resolve(self.path, &argument.value);
            let bind =
                self.deployment.evaluate_text(&value).map_or((Host::Unknown, None), |text| Host::parse_bind(&text));
            let source = written(&file, &value);
            return (Set { value: bind.0, source: source.clone() }, bind.1.map(|value| Set { value, source }));
        }
        if let Some(address) = &self.entry.address {
            return self.pair(address);
        }
        let host = match &self.entry.host {
            Some(setting) => self.host(setting),
            None => Set { value: Host::Unknown, source: Source::Default },
        };
        (host, self.entry.port.as_ref().and_then(|setting| self.port(setting)))
    }

    /// `HTTPServer(("127.0.0.1", 8000), Handler)`.
    fn pair(&self, setting: &Setting<String>) -> (Set<Host>, Option<Set<u16>>) {
        let unknown = (Set { value: Host::Unknown, source: Source::Default }, None);
        let Some(argument) = setting.position.and_then(|position| self.call.positional(position)) else {
            return unknown;
        };
        let ValueKind::Tuple(items) = &argument.value.kind else { return unknown };
        let [host, port, ..] = items.as_slice() else { return unknown };
        let host = self.host_value(host);
        (host, self.port_value(port))
    }

    fn host_value(&self, value: &Value) -> Set<Host> {
        let (file, value) = self.deployment.resolve(self.path, value);
        // Where nothing says that a port is reached, an option that is not given may still be, when the image is run.
        let open_question = matches!(value.kind, ValueKind::Flag { .. }) && self.deployment.ports().is_empty();
        let text = self.deployment.evaluate_text(&value).filter(|_| !open_question);
        let host = text.map_or(Host::Unknown, |text| Host::parse(&text));
        Set { value: host, source: self.source_of(&file, &value) }
    }

    fn port_value(&self, value: &Value) -> Option<Set<u16>> {
        let (file, value) = self.deployment.resolve(self.path, value);
        let port = u16::try_from(self.deployment.evaluate_int(&value)?).ok()?;
        Some(Set { value: port, source: self.source_of(&file, &value) })
    }

    fn host(&self, setting: &Setting<String>) -> Set<Host> {
        if let Some(argument) = self.argument(setting)
            && !self.is_absent(&argument.value)
        {
            return self.host_value(&argument.value);
        }
        if self.hides_arguments() {
            return Set { value: Host::Unknown, source: Source::Default };
        }
        if let Some((name, fact)) = self.variable(setting) {
            let value = fact.value.as_deref().map_or(Host::Unknown, Host::parse);
            return Set { value, source: Source::Variable { name, location: fact.location().cloned() } };
        }
        Set { value: setting.default.as_deref().map_or(Host::Unknown, Host::parse), source: Source::Default }
    }

    fn port(&self, setting: &Setting<u16>) -> Option<Set<u16>> {
        if let Some(argument) = self.argument(setting)
            && !self.is_absent(&argument.value)
        {
            return self.port_value(&argument.value);
        }
        if self.hides_arguments() {
            return None;
        }
        if let Some((name, fact)) = self.variable(setting) {
            let value = fact.value.as_ref()?.parse().ok()?;
            return Some(Set { value, source: Source::Variable { name, location: fact.location().cloned() } });
        }
        Some(Set { value: setting.default?, source: Source::Default })
    }

    fn argument<T>(&self, setting: &Setting<T>) -> Option<&Argument> {
        let named = setting.parameter.as_ref().and_then(|parameter| self.call.keyword(parameter));
        named.or_else(|| setting.position.and_then(|position| self.call.positional(position)))
    }

    /// `None` given for an argument is the same as not giving it.
    fn is_absent(&self, value: &Value) -> bool {
        match &value.kind {
            ValueKind::None => true,
            ValueKind::Env { variable, default: None, required: false } => {
                self.deployment.environment().get(variable).is_none()
            }
            _ => false,
        }
    }

    /// Whether arguments arrive that the text does not show one by one.
    fn hides_arguments(&self) -> bool {
        self.call.unknown_keywords || self.call.unknown_positional
    }

    fn variable<T>(&self, setting: &Setting<T>) -> Option<(String, Fact<Option<String>>)> {
        setting
            .variables
            .iter()
            .find_map(|name| Some((name.clone(), self.deployment.variable_at_run(self.path, name)?)))
    }

    fn source_of(&self, file: &RepoPath, value: &Value) -> Source {
        match &value.kind {
            ValueKind::Env { variable, .. } => match self.deployment.environment().get(variable) {
                Some(fact) => Source::Variable { name: variable.to_string(), location: fact.location().cloned() },
                None => written(file, value),
            },
            _ => written(file, value),
        }
    }

    fn open_fix(&self, host: &Set<Host>) -> Option<Fix> {
        let fix = Fix::unsafe_(format!("Make {} {OPEN_MESSAGE}", self.entry.framework));
        if let Source::Written(location) = &host.source {
            let source = self.deployment.documents().repository().source(&location.path)?;
            let text = location.span.of(source.text());
            let changed = text.replacen(&host.value.to_string(), "0.0.0.0", 1);
            return (changed != text).then(|| fix.replace(&location.path, location.span, changed));
        }
        if host.source != Source::Default {
            return None;
        }
        let parameter = self.entry.host.as_ref()?.parameter.as_ref()?;
        // A notebook's text is JSON, in which double quotes would need escapes.
        let notebook = self.deployment.documents().python(self.path).is_some_and(|module| module.notebook);
        let address = if notebook { "'0.0.0.0'" } else { "\"0.0.0.0\"" };
        let direct: Vec<_> =
            self.call.arguments.iter().filter(|argument| argument.origin == ArgumentOrigin::Direct).collect();
        if let Some(absent) = direct.iter().find(|argument| argument.name.as_deref() == Some(parameter)) {
            return Some(fix.replace(self.path, absent.value.span, address));
        }
        // Behind the last argument, so that a trailing comma and the layout of the call stay as they are.
        let at = direct.iter().map(|argument| argument.span.end).max();
        Some(match at {
            Some(end) => fix.insert(self.path, end, format!(", {parameter}={address}")),
            None => fix.insert(self.path, self.call.arguments_span.start + 1, format!("{parameter}={address}")),
        })
    }
}

impl Asked<'_, '_> {
    /// Reads `PORT` where the port is written as a number, or gives the argument, and imports `os` where it is not yet.
    fn port_fix(&self, port: &Set<u16>) -> Option<Fix> {
        let documents = self.deployment.documents();
        let fix = Fix::unsafe_("Listen on the port that PORT names");
        let value = format!("int(os.environ.get(\"PORT\", \"{}\"))", port.value);
        let (path, fix) = match &port.source {
            Source::Written(location) => {
                let text = location.span.of(documents.repository().source(&location.path)?.text());
                let is_number = text.parse::<u16>().is_ok_and(|number| number == port.value);
                (&location.path, is_number.then(|| fix.replace(&location.path, location.span, value))?)
            }
            Source::Default => {
                let parameter = self.entry.port.as_ref()?.parameter.as_ref()?;
                let direct = self.call.arguments.iter().filter(|argument| argument.origin == ArgumentOrigin::Direct);
                let (at, separator) = match direct.map(|argument| argument.span.end).max() {
                    Some(end) => (end, ", "),
                    None => (self.call.arguments_span.start + 1, ""),
                };
                (self.path, fix.insert(self.path, at, format!("{separator}{parameter}={value}")))
            }
            Source::Variable { .. } => return None,
        };
        let module = documents.python(path).filter(|module| !module.notebook)?;
        let top =
            |import: &&Import| module.enclosing(import.block).count() <= 1 && !import.lazy && !import.type_checking;
        let has_os = |import: &Import| &*import.module == "os" && import.name.is_none() && import.alias.is_none();
        if module.imports.iter().filter(top).any(has_os) {
            return Some(fix);
        }
        let first = module.imports.iter().filter(top).find(|import| &*import.module != "__future__")?;
        let source = documents.repository().source(path)?;
        let line = source.line_at(first.statement.start);
        (line.start == first.statement.start)
            .then(|| fix.insert(path, line.start, format!("import os{}", source.newline())))
    }
}

fn written(file: &RepoPath, value: &Value) -> Source {
    Source::Written(Location::new(file, value.origin()))
}
