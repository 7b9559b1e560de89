//! Whether a deployment's own code imports a package.

use crate::deployment::Deployment;
use crate::diagnostic::Location;

/// The first import, in a file that runs there, of one of `modules` or of what is in them. One that is guarded against
/// failing, or never runs, does not count.
pub fn import_of(deployment: &Deployment<'_>, modules: &[String]) -> Option<Location> {
    deployment.reach().files().find_map(|(path, _)| {
        let module = deployment.documents().python(path)?;
        let import = module.imports.iter().find(|import| {
            import.level == 0
                && !import.type_checking
                && !import.guarded
                && modules.iter().any(|wanted| is_in(&import.module, wanted))
        })?;
        Some(Location::new(path, import.span))
    })
}

/// Whether `module` is `package` or inside it.
fn is_in(module: &str, package: &str) -> bool {
    module.strip_prefix(package).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Whether some Python file of the repository names one of `modules`, wherever it is.
pub fn is_named(deployment: &Deployment<'_>, modules: &[String]) -> bool {
    let mut names = modules.iter().filter_map(|module| module.split('.').next());
    names.any(|name| !deployment.documents().python_naming(name).is_empty())
}
