//! Servers that Python code starts: `demo.launch()`, `uvicorn.run(app)`, `app.run()`.

use crate::diagnostic::{Fix, Location, RepoPath};
use crate::formats::python::{Argument, ArgumentOrigin, Call, Module, Value, ValueKind};
use crate::knowledge::{ServerCall, Setting, servers as table};

use super::super::{Deployment, Fact};
use super::{Host, OPEN_MESSAGE, Server, Set, Source, Starter};

/// The servers that code reached by the deployment starts.
pub(super) fn servers(deployment: &Deployment<'_>) -> Vec<Server> {
    let mut found = Vec::new();
    for (path, reached) in deployment.reach().files() {
        let Some(module) = deployment.documents().python(path) else { continue };
        for call in module.calls.iter().filter(|call| !call.deferred) {
            let Some(entry) = entry(module, call) else { continue };
            if deployment.runs(path, module, call, reached.role) {
                found.push(Asked { deployment, path, call, entry }.server());
            }
        }
    }
    found
}

/// The table's entry for a call that starts a server.
fn entry(module: &Module, call: &Call) -> Option<&'static ServerCall> {
    let name = call.qualified()?;
    let entry = table().calls.iter().find(|entry| entry.calls.iter().any(|known| *name == known.as_str()))?;
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
        }
    }

    fn address(&self) -> (Set<Host>, Option<Set<u16>>) {
        if let Some(argument) = self.entry.listen.as_ref().and_then(|listen| self.call.keyword(listen)) {
            let bind = self
                .deployment
                .evaluate_text(&argument.value)
                .map_or((Host::Unknown, None), |text| Host::parse_bind(&text));
            let source = self.written(&argument.value);
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
        let value = self.deployment.evaluate_text(host).map_or(Host::Unknown, |text| Host::parse(&text));
        let port = self.deployment.evaluate_int(port).and_then(|number| u16::try_from(number).ok());
        let port = port.map(|value| Set { value, source: self.written(&items[1]) });
        (Set { value, source: self.written(host) }, port)
    }

    fn host(&self, setting: &Setting<String>) -> Set<Host> {
        if let Some(argument) = self.argument(setting)
            && !self.is_absent(&argument.value)
        {
            let value = self.deployment.evaluate_text(&argument.value).map_or(Host::Unknown, |text| Host::parse(&text));
            return Set { value, source: self.source_of(&argument.value) };
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
            let value = u16::try_from(self.deployment.evaluate_int(&argument.value)?).ok()?;
            return Some(Set { value, source: self.source_of(&argument.value) });
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

    fn source_of(&self, value: &Value) -> Source {
        match &value.kind {
            ValueKind::Env { variable, .. } => match self.deployment.environment().get(variable) {
                Some(fact) => Source::Variable { name: variable.to_string(), location: fact.location().cloned() },
                None => self.written(value),
            },
            _ => self.written(value),
        }
    }

    fn written(&self, value: &Value) -> Source {
        Source::Written(Location::new(self.path, value.origin()))
    }

    fn open_fix(&self, host: &Set<Host>) -> Option<Fix> {
        let fix = Fix::unsafe_(format!("Make {} {OPEN_MESSAGE}", self.entry.framework));
        let source = self.deployment.documents().repository().source(self.path)?;
        if let Source::Written(location) = &host.source {
            let text = location.span.of(source.text());
            let changed = text.replacen(&host.value.to_string(), "0.0.0.0", 1);
            return (changed != text).then(|| fix.replace(&location.path, location.span, changed));
        }
        if host.source != Source::Default {
            return None;
        }
        let parameter = self.entry.host.as_ref()?.parameter.as_ref()?;
        let direct: Vec<_> =
            self.call.arguments.iter().filter(|argument| argument.origin == ArgumentOrigin::Direct).collect();
        if let Some(absent) = direct.iter().find(|argument| argument.name.as_deref() == Some(parameter)) {
            return Some(fix.replace(self.path, absent.value.span, "\"0.0.0.0\""));
        }
        // Behind the last argument, so that a trailing comma and the layout of the call stay as they are.
        let at = direct.iter().map(|argument| argument.span.end).max();
        Some(match at {
            Some(end) => fix.insert(self.path, end, format!(", {parameter}=\"0.0.0.0\"")),
            None => fix.insert(self.path, self.call.arguments_span.start + 1, format!("{parameter}=\"0.0.0.0\"")),
        })
    }
}
