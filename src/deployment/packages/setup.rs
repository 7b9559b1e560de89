//! What a project's older manifests ask for: `setup.cfg`, and a `setup.py` whose lists are literal.

use crate::diagnostic::{RepoPath, Spanned};
use crate::formats::package::{ParsedRequirement, Requirement, TextOrigin, parse_requirement};
use crate::formats::python::{Module, Value, ValueKind};

use super::gather::Gatherer;
use super::{Manifest, Origin};

impl Gatherer<'_> {
    /// Adds the project in `folder` with those of its extras that an installation names, by whichever manifest it has.
    /// Whether there is one.
    pub(super) fn installed_project(&mut self, folder: &RepoPath, extras: &[Spanned<String>]) -> bool {
        let mut found = self.project(folder, &|_, _| false);
        let documents = self.documents();
        if let Some(path) = folder.join("pyproject.toml")
            && let Some(project) = documents.pyproject(&path)
        {
            let own = project.name.as_ref().map(|name| name.value.to_ascii_lowercase().replace(['_', '.'], "-"));
            for extra in extras {
                for requirement in project.group(&extra.value) {
                    // `all = ["package[web,database]"]`
                    if own.as_deref() != Some(requirement.name.value.as_str()) {
                        self.declare(requirement, &path, Origin::Pyproject);
                    }
                }
            }
        }
        let wanted = |name: &str| extras.iter().any(|extra| extra.value == name.to_ascii_lowercase());
        if let Some(path) = folder.join("setup.cfg")
            && let Some(setup) = documents.setup_cfg(&path).filter(|setup| setup.name.is_some())
            && self.note_unlocked(&path, Origin::SetupCfg)
        {
            let extras = setup.extras.iter().filter(|(name, _)| wanted(&name.value)).flat_map(|(_, of_extra)| of_extra);
            for requirement in setup.dependencies.iter().chain(extras) {
                self.declare(requirement, &path, Origin::SetupCfg);
            }
            for file in setup.dependency_files.iter().filter_map(|file| folder.join(&file.value)) {
                self.requirements(&file, Origin::Requirements);
            }
            found = true;
        }
        if let Some(path) = folder.join("setup.py")
            && let Some(module) = documents.python(&path)
            && self.note_unlocked(&path, Origin::SetupPy)
        {
            match setup_requirements(module, &wanted) {
                Some(requirements) => {
                    for requirement in &requirements {
                        self.declare(requirement, &path, Origin::SetupPy);
                    }
                }
                None => self.leave_unfollowed(),
            }
            found = true;
        }
        found
    }

    /// Notes a manifest that is read; whether this is the first time.
    fn note_unlocked(&mut self, path: &RepoPath, origin: Origin) -> bool {
        self.note(Manifest { path: path.clone(), origin, locked: false })
    }
}

/// What `setup(install_requires=[…], extras_require={…})` asks for, with the extras that are wanted. `None` where it is not
/// literal.
fn setup_requirements(module: &Module, wanted: &dyn Fn(&str) -> bool) -> Option<Vec<Requirement>> {
    let calls = module.calls.iter();
    let mut setups = calls.filter(|call| call.is("setuptools.setup") || call.is("distutils.core.setup"));
    let setup = setups.next()?;
    let mut found = Vec::new();
    if let Some(argument) = setup.keyword("install_requires") {
        requirements_of(&argument.value, &mut found)?;
    }
    if let Some(argument) = setup.keyword("extras_require")
        && let ValueKind::Dict(extras) = &argument.value.kind
    {
        for (name, list) in extras {
            let ValueKind::Str(name) = &name.kind else { continue };
            if wanted(name) {
                requirements_of(list, &mut found)?;
            }
        }
    }
    // Without any it may read them from a file.
    (!found.is_empty()).then_some(found)
}

fn requirements_of(list: &Value, found: &mut Vec<Requirement>) -> Option<()> {
    let (ValueKind::List(items) | ValueKind::Tuple(items)) = &list.kind else { return None };
    for item in items {
        let ValueKind::Str(text) = &item.kind else { return None };
        let span = item.definition.unwrap_or(item.span);
        if let Ok(ParsedRequirement::Named(requirement)) = parse_requirement(text, &TextOrigin::word(text, span)) {
            found.push(requirement);
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use crate::deployment::{Documents, Project};
    use crate::repo::Repository;

    /// What the image of a repository installs.
    fn installed(files: &[(&str, &str)]) -> Vec<String> {
        let files = files.iter().map(|(path, text)| (*path, text.as_bytes()));
        let documents = Documents::new(Repository::in_memory(files));
        let project = Project::discover(&documents, &[]);
        let declarations = project.deployments()[0].packages().declarations().iter();
        declarations.map(|declaration| declaration.requirement.name.value.to_string()).collect()
    }

    fn image(install: &str) -> String {
        format!("FROM python:3.12\nCOPY . .\nRUN pip install {install}\nCMD [\"python\", \"app.py\"]\n")
    }

    #[test]
    fn a_project_is_installed_with_the_extras_that_are_named() {
        let project = "[project]\nname = 'demo'\ndependencies = ['flask']\n[project.optional-dependencies]\n\
                       web = ['gunicorn']\ntest = ['pytest']\nall = ['demo[web]', 'redis']\n";
        for (install, expected) in
            [(".", "flask"), ("-e '.[web]'", "flask gunicorn"), (".[all]", "flask redis"), ("./[nope]", "flask")]
        {
            let image = image(install);
            let found = installed(&[("Dockerfile", &image), ("app.py", ""), ("pyproject.toml", project)]);
            assert_eq!(found.join(" "), expected, "{install}");
        }
    }

    #[test]
    fn literal_lists_of_a_setup_script_are_read() {
        let setup = "from setuptools import setup\nDEPENDENCIES = ['flask>=2', \"httpx; python_version > '3.8'\"]\n\
                     setup(name='demo', install_requires=DEPENDENCIES, extras_require={'web': ['gunicorn']})\n";
        let image = image(".[web]");
        let found = installed(&[("Dockerfile", &image), ("app.py", ""), ("setup.py", setup)]);
        assert_eq!(found, ["flask", "httpx", "gunicorn"]);
        let cfg = "[metadata]\nname = demo\n[options]\ninstall_requires =\n    flask\n";
        let found = installed(&[("Dockerfile", &image), ("app.py", ""), ("setup.py", ""), ("setup.cfg", cfg)]);
        assert_eq!(found, ["flask"]);
    }
}
