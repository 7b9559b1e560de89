//! Whether a deployment's own code imports a package.

use crate::deployment::Deployment;
use crate::diagnostic::{Location, Span};
use crate::formats::python::{Call, Import, Module, Value, ValueKind};
use crate::knowledge::package_breaks::Used;

/// The first import, in a file that runs there, of one of `modules` or of what is in them. One that is guarded against
/// failing, or never runs, does not count.
pub fn import_of(deployment: &Deployment<'_>, modules: &[String]) -> Option<Location> {
    deployment.reach().files().find_map(|(path, _)| {
        let module = deployment.documents().python(path)?;
        Some(Location::new(path, imported(module, modules)?.span))
    })
}

/// The first use, in a file that runs there, of one of the names, or of a method where the file imports one of `modules`.
pub fn use_of(deployment: &Deployment<'_>, uses: &[Used], modules: &[String]) -> Option<Location> {
    deployment.reach().files().find_map(|(path, _)| {
        let module = deployment.documents().python(path)?;
        let beside = imported(module, modules).is_some();
        let span = uses.iter().find_map(|used| used_at(module, used, beside))?;
        Some(Location::new(path, span))
    })
}

fn used_at(module: &Module, used: &Used, beside: bool) -> Option<Span> {
    match used {
        Used::Name(pattern) => {
            let import = module.imports.iter().find(|import| counts(import) && pattern.matches(&import.qualified()));
            let named = || module.references.iter().find(|reference| pattern.matches(&reference.name));
            let is_called = |call: &&Call| call.qualified().is_some_and(|name| pattern.matches(name));
            let called = || module.calls.iter().find(is_called).map(|call| call.callee_span);
            called().or_else(|| named().map(|reference| reference.span)).or_else(|| import.map(|import| import.span))
        }
        Used::Call(pattern, text) => {
            let is_meant = |call: &&Call| {
                call.qualified().is_some_and(|name| pattern.matches(name))
                    && call.arguments.iter().any(|argument| has_text(&argument.value, text))
            };
            module.calls.iter().find(is_meant).map(|call| call.callee_span)
        }
        Used::Method(method) => {
            let is_called = |call: &&Call| call.callee.last_name() == Some(method) && call.arguments.is_empty();
            module.calls.iter().find(is_called).filter(|_| beside).map(|call| call.callee_span)
        }
    }
}

/// Whether a value is a text, or a list of texts with it.
fn has_text(value: &Value, text: &str) -> bool {
    match &value.kind {
        ValueKind::List(parts) | ValueKind::Tuple(parts) => parts.iter().any(|part| part.as_str() == Some(text)),
        _ => value.as_str() == Some(text),
    }
}

/// The first import of one of `modules` or of what is in them.
fn imported<'m>(module: &'m Module, modules: &[String]) -> Option<&'m Import> {
    let is_meant = |import: &&Import| modules.iter().any(|wanted| is_in(&import.module, wanted));
    module.imports.iter().filter(|import| counts(import)).find(is_meant)
}

/// Whether an import runs, and its failure is not cared for.
fn counts(import: &Import) -> bool {
    import.level == 0 && !import.type_checking && !import.guarded
}

/// Whether `module` is `package` or inside it.
fn is_in(module: &str, package: &str) -> bool {
    module.strip_prefix(package).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Whether some Python file of the repository names one of `modules`, wherever it is, and may run: where it is not known for
/// sure what does, or what runs starts other programs.
pub fn is_named(deployment: &Deployment<'_>, modules: &[String]) -> bool {
    if deployment.reach().is_certain() && !starts_others(deployment) {
        return false;
    }
    let mut names = modules.iter().filter_map(|module| module.split('.').next());
    names.any(|name| !deployment.documents().python_naming(name).is_empty())
}

/// Whether a file that runs there starts programs, or imports modules by names that are made there.
fn starts_others(deployment: &Deployment<'_>) -> bool {
    const NAMES: &[&str] = &["os.system", "os.popen", "importlib.import_module", "runpy.run_path", "runpy.run_module"];
    let starts = |call: &Call| {
        call.qualified().is_some_and(|name| {
            let name = name.as_str();
            NAMES.contains(&name)
                || ["subprocess.", "os.exec", "os.spawn", "asyncio.create_subprocess"]
                    .iter()
                    .any(|start| name.starts_with(start))
        })
    };
    let modules = deployment.reach().files().filter_map(|(path, _)| deployment.documents().python(path));
    modules.flat_map(|module| &module.calls).any(starts)
}
