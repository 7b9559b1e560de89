//! Scripts and modules that an image starts, and that it does not hold.

use crate::diagnostic::{Location, RepoPath};
use crate::formats::dockerfile::{Base, Dockerfile};
use crate::formats::shell::{Invocation, Word, invocations};
use crate::knowledge::is_quiet_program;
use crate::knowledge::standard_library::is_standard_module;
use crate::repo::{FileKind, Presence};

use super::build_paths::{MissingKind, MissingPath};
use super::{Deployment, ImageLayout, Layout, Locate};

/// Images that hold no program of anybody's own.
const PLAIN_IMAGES: &[&str] = &["python", "debian", "ubuntu", "alpine", "node"];

/// Programs that look at a file or change how it may be used, and do not make it.
const TOUCHES_ONLY: &[&str] = &["chmod", "chown", "dos2unix", "sed", "ls", "test", "[", "file", "stat"];

/// Names of modules that programs give their own, and no package of an index has.
pub(super) const OWN_NAMES: &[&str] =
    &["main", "app", "server", "api", "wsgi", "asgi", "run", "manage", "bot", "application", "index", "backend", "src"];

/// A file or module that a start needs.
pub(super) struct Wanted<'i> {
    /// The word that names it.
    pub(super) word: &'i Word,
    /// What it is.
    pub(super) what: What,
}

/// A file or a module.
pub(super) enum What {
    /// A file, by its path.
    Script,
    /// A module.
    Module {
        /// Its name with dots.
        name: String,
        /// The folder that the command itself adds to those of modules.
        folder: Option<String>,
        /// What follows the module's path where it is a package: `/__init__`, or `/__main__` where it is run.
        ending: &'static str,
    },
}

impl<'i> Wanted<'i> {
    fn script(word: &'i Word) -> Self {
        Self { word, what: What::Script }
    }
}

/// An image with what is known of the files in it.
struct StartedImage<'a> {
    deployment: &'a Deployment<'a>,
    /// The Dockerfile's path.
    path: &'a RepoPath,
    dockerfile: &'a Dockerfile,
    layout: &'a ImageLayout<'a>,
}

impl Deployment<'_> {
    /// The scripts and modules that the image's start needs and the image does not hold.
    pub(super) fn missing_starts(&self, dockerfile: &RepoPath) -> Vec<MissingPath> {
        let Layout::Image(layout) = self.layout() else { return vec![] };
        let Some(Ok(parsed)) = self.documents().dockerfile(dockerfile) else { return vec![] };
        let moves = self.starts().iter().any(|start| start.invocation.as_ref().is_some_and(|one| one.name() == "cd"));
        if moves || !self.knows_context(dockerfile) || !self.knows_folders(parsed) {
            return vec![];
        }
        // A start from a script runs wherever that script has gone to.
        let scripts = |path: &RepoPath| self.documents().shell(path).is_some() && path != dockerfile;
        let starts = self.starts().iter().filter(|start| start.file.is_none() && !scripts(&start.location.path));
        let image = StartedImage { deployment: self, path: dockerfile, dockerfile: parsed, layout };
        let invocations = starts.filter_map(|start| Some((&start.location.path, start.invocation.as_ref()?)));
        invocations
            .filter_map(|(path, invocation)| {
                let wanted = wanted(invocation)?;
                let kind = match &wanted.what {
                    What::Script => image.missing_script(wanted.word)?,
                    What::Module { name, folder, ending } => image.missing_module(name, folder.as_deref(), ending)?,
                };
                Some(MissingPath { location: Location::new(path, wanted.word.span), kind, further: vec![] })
            })
            .collect()
    }

    /// Whether the working directory and the folders of modules are known.
    fn knows_folders(&self, dockerfile: &Dockerfile) -> bool {
        let Some(stage) = self.dockerfile().and_then(|(_, index)| dockerfile.stages.get(index)) else { return false };
        let known = |value: Option<&Option<String>>| value.is_none_or(Option::is_some);
        let workdir = dockerfile.workdir(stage);
        let environment = dockerfile.environment(stage);
        let python_path = environment.iter().rev().find(|variable| variable.name.value == "PYTHONPATH");
        known(workdir.as_ref().map(|folder| &folder.value)) && known(python_path.map(|variable| &variable.value.value))
            // Without a working directory of its own, an image starts where its base says.
            && (workdir.is_some() || is_plain(dockerfile.root_base(stage)))
    }
}

impl StartedImage<'_> {
    fn missing_script(&self, word: &Word) -> Option<MissingKind> {
        let Self { deployment, path, dockerfile, layout } = *self;
        let written = word.plain()?;
        let name = written.rsplit('/').next()?;
        if layout.is_covered(written) || is_made(dockerfile, name) || deployment.is_put_there(name) {
            return None;
        }
        let expected = layout.expected(written);
        let repository = deployment.documents().repository();
        let mut ignored_by = None;
        match &expected {
            Some(expected) if repository.has_file(expected) => {
                ignored_by = Some(deployment.ignoring(path, expected.relative_to(deployment.root())?)?);
            }
            Some(expected)
                if repository.presence(expected) == Presence::Absent && !deployment.is_made(expected.as_str()) => {}
            None if self.is_closed() => {}
            _ => return None,
        }
        let mut same = repository.within(deployment.root()).filter(|entry| entry.path().file_name() == name);
        let elsewhere = same.next().filter(|_| same.next().is_none()).map(|entry| entry.path().clone());
        Some(MissingKind::Script { path: written.to_owned(), expected, ignored_by, elsewhere })
    }

    fn missing_module(&self, name: &str, folder: Option<&str>, ending: &str) -> Option<MissingKind> {
        let Self { deployment, path, dockerfile, layout } = *self;
        let repository = deployment.documents().repository();
        let top = name.split('.').next()?;
        let file = format!("{top}.py");
        let is_own = OWN_NAMES.contains(&top)
            || repository.within(deployment.root()).any(|entry| {
                entry.path().file_name() == file && entry.kind() == FileKind::Python
                    || entry.path().parent().parts().any(|part| part == top)
            });
        if !is_own
            || is_standard_module(top)
            || installs_project(dockerfile)
            || deployment.is_put_there(&file)
            || deployment.packages().has(&top.replace('_', "-"))
        {
            return None;
        }
        let relative = name.replace('.', "/");
        let mut ignored_by = None;
        let folders: Vec<String> =
            folder.into_iter().map(str::to_owned).chain(layout.module_folders().map(str::to_owned)).collect();
        for folder in &folders {
            for ending in ["", ending] {
                let wanted = format!("{}/{relative}{ending}.py", folder.trim_end_matches('/'));
                if layout.is_covered(&wanted)
                    || layout.file(&wanted).is_some()
                    || is_made(dockerfile, &format!("{top}.py"))
                {
                    return None;
                }
                match layout.expected(&wanted) {
                    Some(expected) => match repository.presence(&expected) {
                        Presence::Absent if !deployment.is_made(expected.as_str()) => {}
                        Presence::File => {
                            ignored_by = Some(deployment.ignoring(path, expected.relative_to(deployment.root())?)?);
                        }
                        _ => return None,
                    },
                    None if self.is_closed() => {}
                    None => return None,
                }
            }
        }
        let first = folders.first()?;
        let looked_for = format!("{}/{relative}.py", first.trim_end_matches('/'));
        let meant = self.meant_module(name);
        Some(MissingKind::StartModule { module: name.to_owned(), looked_for, ignored_by, meant })
    }

    /// The only module of the image whose file has the last part of `module` as its name, with its name there.
    fn meant_module(&self, module: &str) -> Option<(RepoPath, String)> {
        let Self { deployment, layout, .. } = *self;
        let last = module.rsplit('.').next()?;
        let file = format!("{last}.py");
        let repository = deployment.documents().repository();
        let mut found = repository.within(deployment.root()).filter(|entry| {
            entry.path().file_name() == file && !super::reach::is_aside(entry.path(), deployment.root())
        });
        let only = found.next().filter(|_| found.next().is_none())?.path();
        layout.import_roots().iter().find_map(|root| {
            let relative = only.relative_to(root)?.strip_suffix(".py")?;
            Some((only.clone(), relative.replace('/', ".")))
        })
    }

    /// Whether everything that stands in the image is known: a plain base, copies that can be followed, and no command
    /// that makes files.
    fn is_closed(&self) -> bool {
        let Self { deployment, dockerfile, layout, .. } = *self;
        let Some(stage) = deployment.dockerfile().and_then(|(_, index)| dockerfile.stages.get(index)) else {
            return false;
        };
        let harmless = |invocation: &Invocation| {
            let first = invocation.arguments.iter().find(|word| !word.text.starts_with('-'));
            let name = if invocation.name() == "pip3" { "pip" } else { invocation.name() };
            name == "mkdir" || is_quiet_program(name, first.map(|word| word.text.as_str()))
        };
        is_plain(dockerfile.root_base(stage))
            && !layout.is_empty()
            && !layout.brings_unknown()
            && dockerfile.runs(stage).iter().all(|run| {
                run.command.commands.iter().all(|command| {
                    invocations(command).iter().all(harmless)
                        && command.redirections.iter().all(|one| one.operator == "<")
                })
            })
    }
}

fn is_plain(base: &Base) -> bool {
    matches!(base, Base::External(image) if image.registry.is_none() && PLAIN_IMAGES.contains(&image.name.as_str()))
}

/// Whether a RUN of any stage may make a file of this name.
fn is_made(dockerfile: &Dockerfile, name: &str) -> bool {
    let runs = dockerfile.stages.iter().flat_map(|stage| dockerfile.runs(stage));
    let mut commands = runs.flat_map(|run| &run.command.commands);
    commands.any(|command| {
        let writes = command.redirections.iter().any(|one| {
            one.operator.starts_with('>') && one.target.as_ref().is_some_and(|target| target.text.contains(name))
        });
        writes
            || invocations(command).iter().any(|invocation| {
                let speaks = invocation.arguments.iter().any(|word| word.text.contains(name));
                let clones = matches!(invocation.name(), "git" | "unzip" | "tar" | "cookiecutter");
                clones || (speaks && !TOUCHES_ONLY.contains(&invocation.name()))
            })
    })
}

/// Whether the image installs the project itself, so that its modules are found wherever it starts.
fn installs_project(dockerfile: &Dockerfile) -> bool {
    let runs = dockerfile.stages.iter().flat_map(|stage| dockerfile.runs(stage));
    let mut invocations = runs.flat_map(|run| &run.command.commands).flat_map(invocations);
    invocations.any(|invocation| {
        let is_project = |word: &Word| {
            word.text.starts_with('.') && !word.text.ends_with(".txt")
                || word.text.starts_with('/')
                || word.text.contains(".whl")
        };
        let is_pip = matches!(invocation.name(), "pip" | "pip3" | "uv" | "pipx");
        let after_r = |at: usize| {
            at > 0
                && invocation
                    .arguments
                    .get(at - 1)
                    .is_some_and(|word| matches!(word.text.as_str(), "-r" | "--requirement" | "-c"))
        };
        matches!(invocation.name(), "poetry" | "pdm" | "hatch" | "flit" | "setup.py" | "rye")
            || (invocation.name() == "uv" && invocation.arguments.iter().any(|word| word.text == "sync"))
            || (is_pip && invocation.arguments.iter().enumerate().any(|(at, word)| is_project(word) && !after_r(at)))
            || invocation.python_script().is_some_and(|(script, _)| script.text.ends_with("setup.py"))
    })
}

/// What the program of a start runs or serves, where that is a file or module by a plain name.
pub(super) fn wanted(invocation: &Invocation) -> Option<Wanted<'_>> {
    if let Some((script, _)) = invocation.python_script() {
        return script.plain().filter(|path| path.ends_with(".py")).map(|_| Wanted::script(script));
    }
    let program = &invocation.program;
    if invocation.module.is_none()
        && let Some(path) = program.plain()
        && (path.ends_with(".sh") || path.ends_with(".py"))
        && path.contains('/')
    {
        return Some(Wanted::script(program));
    }
    match invocation.name() {
        "sh" | "bash" => {
            let script = invocation.arguments.iter().find(|word| !word.text.starts_with('-'))?;
            script.plain().filter(|path| path.ends_with(".sh")).map(|_| Wanted::script(script))
        }
        "streamlit" | "chainlit" | "gradio" => {
            let script = invocation.arguments.iter().find(|word| word.text.ends_with(".py"))?;
            script.plain().map(|_| Wanted::script(script))
        }
        "uvicorn" | "gunicorn" | "hypercorn" | "daphne" | "granian" => {
            // A file of settings may name another folder.
            if invocation.name() == "gunicorn" && invocation.has_flag(&["-c", "--config", "--pythonpath"]) {
                return None;
            }
            let word = invocation.arguments.iter().find(|word| word.plain().is_some_and(names_application))?;
            let name = word.text.split(':').next()?.to_owned();
            let folder = match invocation.flag(&["--app-dir", "--chdir"]) {
                Some(folder) => Some(folder.plain()?.to_owned()),
                None => None,
            };
            // `localhost:app` could be no module; hosts with letters behind the colon are none either.
            Some(Wanted { word, what: What::Module { name, folder, ending: "/__init__" } })
        }
        _ => {
            let module = invocation.module.as_ref()?;
            let name = module.plain().filter(|name| is_dotted(name))?.to_owned();
            Some(Wanted { word: module, what: What::Module { name, folder: None, ending: "/__main__" } })
        }
    }
}

/// Whether a word names an application by its module: `app.main:app`, or `shop.wsgi` by the usual name of such a module.
fn names_application(word: &str) -> bool {
    match word.split_once(':') {
        Some((module, attribute)) => {
            is_dotted(module)
                && attribute.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '(' | ')'))
                && attribute.starts_with(|c: char| c.is_alphabetic() || c == '_')
        }
        None => is_dotted(word) && (word.ends_with(".wsgi") || word.ends_with(".asgi")),
    }
}

fn is_dotted(name: &str) -> bool {
    name.split('.').all(|part| {
        part.starts_with(|c: char| c.is_alphabetic() || c == '_')
            && part.chars().all(|c| c.is_alphanumeric() || c == '_')
    })
}
