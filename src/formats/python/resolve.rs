//! Which files of the repository an import loads.

use crate::diagnostic::RepoPath;
use crate::repo::Repository;

use super::{Import, QualifiedName};

/// The files of the repository that an import runs or may run, in the order in which Python loads them: the `__init__.py`
/// of every package on the way, then the module itself, then submodules taken by name.
///
/// - `importer` is the file that holds the import.
/// - `roots` are the folders that act as entries of `sys.path`, in their order.
///
/// Empty where the import leads out of the repository. A star import loads the package alone.
#[must_use]
pub fn imported_files(
    import: &Import,
    importer: &RepoPath,
    roots: &[RepoPath],
    repository: &Repository,
) -> Vec<RepoPath> {
    let names: Vec<&str> = import.module.split('.').filter(|part| !part.is_empty()).collect();
    let name = import.name.as_deref().filter(|name| *name != "*");
    if import.level > 0 {
        let Some(base) = relative_base(importer, import.level) else { return vec![] };
        return load(&base, &names, name, repository);
    }
    // Most imports lead out of the repository, and that is told by their first name.
    if names.first().is_none_or(|top| !repository.may_name_module(top)) {
        return vec![];
    }
    // The first root with the top-level name wins, as on sys.path; a folder without `__init__.py` (a namespace package)
    // only where no root has the real thing.
    let found: Vec<Vec<RepoPath>> =
        roots.iter().map(|root| load(root, &names, name, repository)).filter(|files| !files.is_empty()).collect();
    let real = found.iter().position(|files| files.iter().any(is_top(&names)));
    found.into_iter().nth(real.unwrap_or(0)).unwrap_or_default()
}

/// The file that defines a qualified name, and what is left of the name: `app.ui.build` is `app/ui.py` and `build`.
/// The longest module wins; `None` where no file of the repository is named.
#[must_use]
pub fn defining_file(
    name: &QualifiedName,
    importer: &RepoPath,
    roots: &[RepoPath],
    repository: &Repository,
) -> Option<(RepoPath, String)> {
    let level = name.chars().take_while(|c| *c == '.').count();
    let parts: Vec<&str> = name.trim_start_matches('.').split('.').filter(|part| !part.is_empty()).collect();
    let relative = u32::try_from(level).ok().filter(|level| *level > 0);
    if relative.is_none() && parts.first().is_none_or(|top| !repository.may_name_module(top)) {
        return None;
    }
    let bases: Vec<RepoPath> = match relative {
        Some(level) => vec![relative_base(importer, level)?],
        None => roots.to_vec(),
    };
    let shortest = usize::from(relative.is_none());
    for taken in (shortest..=parts.len()).rev() {
        for base in &bases {
            let (module, rest) = parts.split_at_checked(taken)?;
            if let Some(file) = module_file(base, module, repository) {
                return Some((file, rest.join(".")));
            }
        }
    }
    None
}

fn is_top<'a>(names: &'a [&str]) -> impl Fn(&RepoPath) -> bool + 'a {
    move |file| {
        names.first().is_none_or(|top| {
            file.file_name().strip_suffix(".py").is_some_and(|stem| stem == *top)
                || (file.file_name() == "__init__.py" && file.parent().file_name() == *top)
        })
    }
}

/// The folder that the dots of a relative import name: one dot is the importer's own package.
fn relative_base(importer: &RepoPath, level: u32) -> Option<RepoPath> {
    let mut base = importer.parent();
    for _ in 1..level {
        if base.is_root() {
            return None;
        }
        base = base.parent();
    }
    Some(base)
}

/// The module `names` below `base`: a package's `__init__.py`, else the plain file. Without names, the package `base`.
fn module_file(base: &RepoPath, names: &[&str], repository: &Repository) -> Option<RepoPath> {
    // Asked for every name of every file, mostly in vain: one text grows, and a path is made of what is found alone.
    let mut path = String::with_capacity(base.as_str().len() + 64);
    path.push_str(base.as_str());
    let add = |path: &mut String, part: &str| {
        if !path.is_empty() {
            path.push('/');
        }
        path.push_str(part);
    };
    names.iter().for_each(|name| add(&mut path, name));
    let folder = path.len();
    add(&mut path, "__init__.py");
    repository.file_at(&path).or_else(|| {
        path.truncate(folder);
        path.push_str(".py");
        repository.file_at(&path).filter(|_| !names.is_empty())
    })
}

fn load(base: &RepoPath, names: &[&str], name: Option<&str>, repository: &Repository) -> Vec<RepoPath> {
    let mut files: Vec<RepoPath> = vec![];
    let mut add = |file: RepoPath| {
        if !files.contains(&file) {
            files.push(file);
        }
    };
    let mut whole = true;
    for taken in 1..=names.len() {
        let Some(prefix) = names.get(..taken) else { break };
        match module_file(base, prefix, repository) {
            Some(file) => add(file),
            // A folder without `__init__.py` may lead on to a module below.
            None => whole = taken < names.len(),
        }
    }
    if names.is_empty()
        && let Some(package) = module_file(base, &[], repository)
    {
        add(package);
    }
    if let Some(name) = name
        && let Some(file) = module_file(base, &[names, &[name]].concat(), repository)
    {
        add(file);
        whole = true;
    }
    // Packages on the way alone say that the module itself is not here.
    if whole { files } else { vec![] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::python::Module;
    use crate::repo::Source;

    const FILES: &[&str] = &[
        "app.py",
        "utils.py",
        "pkg/__init__.py",
        "pkg/core.py",
        "pkg/sub/__init__.py",
        "pkg/sub/deep.py",
        "ns/inner/mod.py",
        "src/lib/__init__.py",
        "src/lib/tool.py",
        "src/utils.py",
    ];

    fn repository() -> Repository {
        Repository::in_memory(FILES.iter().map(|path| (*path, &b""[..])))
    }

    fn loaded(statement: &str, importer: &str) -> Vec<String> {
        let repository = repository();
        let module = Module::parse(&Source::new(RepoPath::new(importer), statement));
        let roots = [RepoPath::root(), RepoPath::new("src")];
        let files = module
            .imports
            .iter()
            .flat_map(|import| imported_files(import, &RepoPath::new(importer), &roots, &repository));
        files.map(|file| file.as_str().to_owned()).collect()
    }

    #[test]
    fn imports_lead_to_the_files_that_python_loads() {
        for (importer, statement, expected) in [
            ("app.py", "import utils", &["utils.py"][..]),
            ("app.py", "import pkg.sub.deep as d", &["pkg/__init__.py", "pkg/sub/__init__.py", "pkg/sub/deep.py"]),
            ("app.py", "from pkg import core", &["pkg/__init__.py", "pkg/core.py"]),
            ("app.py", "from pkg import VERSION", &["pkg/__init__.py"]),
            ("app.py", "from pkg.core import f", &["pkg/__init__.py", "pkg/core.py"]),
            ("app.py", "from pkg import *", &["pkg/__init__.py"]),
            ("app.py", "from ns.inner import mod", &["ns/inner/mod.py"]),
            ("app.py", "import ns.inner.mod", &["ns/inner/mod.py"]),
            ("app.py", "import lib.tool", &["src/lib/__init__.py", "src/lib/tool.py"]),
            ("app.py", "import pkg.missing", &[]),
            ("app.py", "import numpy", &[]),
            ("pkg/sub/deep.py", "from . import other", &["pkg/sub/__init__.py"]),
            ("pkg/sub/deep.py", "from .. import core", &["pkg/__init__.py", "pkg/core.py"]),
            ("pkg/sub/deep.py", "from ..core import f", &["pkg/core.py"]),
            ("pkg/sub/deep.py", "from .... import x", &[]),
        ] {
            assert_eq!(loaded(statement, importer), expected, "{importer}: {statement}");
        }
    }

    #[test]
    fn a_qualified_name_leads_to_its_definition() {
        let roots = [RepoPath::root(), RepoPath::new("src")];
        for (importer, name, expected) in [
            ("app.py", "pkg.core.Agent.run", Some(("pkg/core.py", "Agent.run"))),
            ("app.py", "pkg.VERSION", Some(("pkg/__init__.py", "VERSION"))),
            ("app.py", "lib.tool.f", Some(("src/lib/tool.py", "f"))),
            ("pkg/sub/deep.py", "..core.f", Some(("pkg/core.py", "f"))),
            ("pkg/core.py", ".VERSION", Some(("pkg/__init__.py", "VERSION"))),
            ("app.py", "asyncio.run", None),
        ] {
            let found = defining_file(&QualifiedName::new(name), &RepoPath::new(importer), &roots, &repository());
            let found = found.as_ref().map(|(file, rest)| (file.as_str(), rest.as_str()));
            assert_eq!(found, expected, "{name}");
        }
    }
}
