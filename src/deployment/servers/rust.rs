//! Servers that Rust code starts: a listener bound to an address.

use crate::diagnostic::{Fix, Location, RepoPath};
use crate::formats::rust::RustCall;
use crate::repo::FileKind;

use super::super::Deployment;
use super::{Host, OPEN_MESSAGE, Server, Set, Source, Starter};

/// Calls that bind an address, by the end of their path or the method's name, each with the framework's name.
const BINDING_PATHS: &[(&str, &str)] = &[
    ("TcpListener::bind", "TcpListener"),
    ("Server::bind", "hyper"),
    ("Server::try_bind", "hyper"),
    ("axum_server::bind", "axum"),
];

/// Methods that bind an address on a server under construction.
const BINDING_METHODS: &[(&str, &str)] = &[("bind", "actix-web"), ("bind_auto_h2c", "actix-web")];

/// The servers of the program that the deployment builds from its folder.
pub(super) fn servers(deployment: &Deployment<'_>) -> Vec<Server> {
    // Only an image that is built with cargo runs Rust code of the repository.
    if !deployment.builds_rust() {
        return Vec::new();
    }
    let documents = deployment.documents();
    let sources = documents.repository().within(deployment.root()).filter(|entry| entry.kind() == FileKind::Rust);
    let program = sources.map(|entry| entry.path()).filter(|path| is_program(path));
    program
        .filter_map(|path| Some((path, documents.rust(path)?)))
        .flat_map(|(path, file)| file.calls.iter().filter_map(move |call| server(deployment, path, call)))
        .collect()
}

/// Integration tests, examples and benches are programs of their own, which no image runs; modules of tests are most often
/// called so.
fn is_program(path: &RepoPath) -> bool {
    let name = path.file_name().trim_end_matches(".rs");
    !path.parts().any(|part| matches!(part, "tests" | "test" | "examples" | "benches" | "fuzz" | "testing"))
        && !matches!(name, "tests" | "test")
        && !name.ends_with("_test")
        && !name.ends_with("_tests")
}

fn server(deployment: &Deployment<'_>, path: &RepoPath, call: &RustCall) -> Option<Server> {
    if call.in_test {
        return None;
    }
    let framework = framework(call)?;
    let address = call.address(0)?;
    let written = address.host.as_ref()?;
    let host = address.variables.iter().find_map(|name| deployment.environment().value(name));
    let host = host.map_or_else(|| Host::parse(&written.value), |text| Host::parse_bind(text).0);
    let location = Location::new(path, written.span);
    let open_fix = host.is_loopback().then(|| {
        let text = deployment.documents().repository().source(path)?;
        let changed = written.span.of(text.text()).replacen(&written.value, "0.0.0.0", 1);
        let fix = Fix::unsafe_(format!("Make the listener {OPEN_MESSAGE}"));
        (changed != written.span.of(text.text())).then(|| fix.replace(path, written.span, changed))
    });
    let port =
        address.port.map(|port| Set { value: port.value, source: Source::Written(Location::new(path, port.span)) });
    Some(Server {
        framework,
        location: Location::new(path, call.name_span()),
        starter: Starter::Call,
        host: Set { value: host, source: Source::Written(location) },
        port,
        host_variable: None,
        port_variable: None,
        open_fix: open_fix.flatten(),
        port_fix: None,
    })
}

fn framework(call: &RustCall) -> Option<&'static str> {
    if let Some(path) = call.path() {
        let known = BINDING_PATHS.iter().find(|(end, _)| path == *end || path.ends_with(&format!("::{end}")));
        return known.map(|(_, framework)| *framework);
    }
    let method = call.method()?;
    BINDING_METHODS.iter().find(|(name, _)| *name == method).map(|(_, framework)| *framework)
}
