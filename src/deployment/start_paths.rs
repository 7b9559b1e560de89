//! Scripts and modules that an image starts, and that it does not hold.

use crate::diagnostic::{Location, RepoPath};
use crate::formats::dockerfile::{Base, Dockerfile};
use crate::formats::shell::{Invocation, Word, invocations};
use crate::knowledge::standard_library::is_standard_module;
use crate::repo::{FileKind, Presence};

use super::build_paths::{MissingKind, MissingPath};
use super::{Deployment, ImageLayout, Layout, Locate};

/// Images that hold no program of anybody's own.
const PLAIN_IMAGES: &[&str] = &["python", "debian", "ubuntu", "alpine", "node"];

/// What a RUN may call without making files of the program.
const HARMLESS: &[&str] = &[
    "addgroup", "adduser", "apk", "apt", "apt-get", "chmod", "chown", "echo", "export", "groupadd", "ldconfig",
    "mkdir", "pip", "pip3", "rm", "set", "true", "useradd", "usermod",
];

/// Programs that look at a file or change how it may be used, and do not make it.
const TOUCHES_ONLY: &[&str] = &["chmod", "chown", "dos2unix", "sed", "ls", "test", "[", "file", "stat"];

/// Names of modules that programs give their own, and no package of an index has.
const OWN_NAMES: &[&str] =
    &["main", "app", "server", "api", "wsgi", "asgi", "run", "manage", "bot", "application", "index", "backend", "src"];

/// A file or module that a start needs.
enum Wanted<'i> {
    Script(&'i Word),
    Module { word: &'i Word, name: String, folder: Option<String>, runs: bool },
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
        let invocations = starts.filter_map(|start| Some((&start.location.path, start.invocation.as_ref()?)));
        invocations
            .filter_map(|(path, invocation)| match wanted(invocation)? {
                Wanted::Script(word) => self.missing_script(dockerfile, parsed, layout, path, word),
                Wanted::Module { word, name, folder, runs } => {
                    self.missing_module(dockerfile, parsed, layout, path, word, &name, folder.as_deref(), runs)
                }
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

    fn missing_script(
        &self,
        dockerfile: &RepoPath,
        parsed: &Dockerfile,
        layout: &ImageLayout<'_>,
        path: &RepoPath,
        word: &Word,
    ) -> Option<MissingPath> {
        let written = word.plain()?;
        let name = written.rsplit('/').next()?;
        if layout.is_covered(written) || is_made(parsed, name) {
            return None;
        }
        let expected = layout.expected(written);
        let repository = self.documents().repository();
        let mut ignored_by = None;
        match &expected {
            Some(expected) if repository.has_file(expected) => {
                ignored_by = Some(self.ignoring(dockerfile, expected.relative_to(self.root())?)?);
            }
            Some(expected) if repository.presence(expected) == Presence::Absent && !self.is_made(expected.as_str()) => {
            }
            None if self.is_closed(parsed, layout) => {}
            _ => return None,
        }
        let mut same = repository.within(self.root()).filter(|entry| entry.path().file_name() == name);
        let elsewhere = same.next().filter(|_| same.next().is_none()).map(|entry| entry.path().clone());
        let kind = MissingKind::Script { path: written.to_owned(), expected, ignored_by, elsewhere };
        Some(MissingPath { location: Location::new(path, word.span), kind, further: vec![] })
    }

    #[allow(clippy::too_many_arguments, reason = "what a module is looked for with")]
    fn missing_module(
        &self,
        dockerfile: &RepoPath,
        parsed: &Dockerfile,
        layout: &ImageLayout<'_>,
        path: &RepoPath,
        word: &Word,
        name: &str,
        folder: Option<&str>,
        runs: bool,
    ) -> Option<MissingPath> {
        let repository = self.documents().repository();
        let top = name.split('.').next()?;
        let file = format!("{top}.py");
        let is_own = OWN_NAMES.contains(&top)
            || repository.within(self.root()).any(|entry| {
                entry.path().file_name() == file && entry.kind() == FileKind::Python
                    || entry.path().parent().parts().any(|part| part == top)
            });
        if !is_own || is_standard_module(top) || installs_project(parsed) || self.packages().has(&top.replace('_', "-"))
        {
            return None;
        }
        let relative = name.replace('.', "/");
        let endings = if runs { ["", "/__main__"] } else { ["", "/__init__"] };
        let mut ignored_by = None;
        let folders: Vec<String> =
            folder.into_iter().map(str::to_owned).chain(layout.module_folders().map(str::to_owned)).collect();
        for folder in &folders {
            for ending in endings {
                let wanted = format!("{}/{relative}{ending}.py", folder.trim_end_matches('/'));
                if layout.is_covered(&wanted) || layout.file(&wanted).is_some() || is_made(parsed, &format!("{top}.py"))
                {
                    return None;
                }
                match layout.expected(&wanted) {
                    Some(expected) => match repository.presence(&expected) {
                        Presence::Absent if !self.is_made(expected.as_str()) => {}
                        Presence::File => {
                            ignored_by = Some(self.ignoring(dockerfile, expected.relative_to(self.root())?)?);
                        }
                        _ => return None,
                    },
                    None if self.is_closed(parsed, layout) => {}
                    None => return None,
                }
            }
        }
        let first = folders.first()?;
        let looked_for = format!("{}/{relative}.py", first.trim_end_matches('/'));
        let meant = self.meant_module(layout, name);
        let kind = MissingKind::StartModule { module: name.to_owned(), looked_for, ignored_by, meant };
        Some(MissingPath { location: Location::new(path, word.span), kind, further: vec![] })
    }

    /// The only module of the image whose file has the last part of `module` as its name, with its name there.
    fn meant_module(&self, layout: &ImageLayout<'_>, module: &str) -> Option<(RepoPath, String)> {
        let last = module.rsplit('.').next()?;
        let file = format!("{last}.py");
        let repository = self.documents().repository();
        let mut found = repository
            .within(self.root())
            .filter(|entry| entry.path().file_name() == file && !super::reach::is_aside(entry.path(), self.root()));
        let only = found.next().filter(|_| found.next().is_none())?.path();
        layout.import_roots().iter().find_map(|root| {
            let relative = only.relative_to(root)?.strip_suffix(".py")?;
            Some((only.clone(), relative.replace('/', ".")))
        })
    }

    /// Whether everything that stands in the image is known: a plain base, copies that can be followed, and no command
    /// that makes files.
    fn is_closed(&self, dockerfile: &Dockerfile, layout: &ImageLayout<'_>) -> bool {
        let Some(stage) = self.dockerfile().and_then(|(_, index)| dockerfile.stages.get(index)) else { return false };
        let harmless = |invocation: &Invocation| {
            HARMLESS.contains(&invocation.name())
                || (invocation.name() == "uv" && invocation.arguments.first().is_some_and(|word| word.text == "pip"))
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
fn wanted(invocation: &Invocation) -> Option<Wanted<'_>> {
    if let Some((script, _)) = invocation.python_script() {
        return script.plain().filter(|path| path.ends_with(".py")).map(|_| Wanted::Script(script));
    }
    let program = &invocation.program;
    if invocation.module.is_none()
        && let Some(path) = program.plain()
        && (path.ends_with(".sh") || path.ends_with(".py"))
        && path.contains('/')
    {
        return Some(Wanted::Script(program));
    }
    match invocation.name() {
        "sh" | "bash" => {
            let script = invocation.arguments.iter().find(|word| !word.text.starts_with('-'))?;
            script.plain().filter(|path| path.ends_with(".sh")).map(|_| Wanted::Script(script))
        }
        "streamlit" | "chainlit" | "gradio" => {
            let script = invocation.arguments.iter().find(|word| word.text.ends_with(".py"))?;
            script.plain().map(|_| Wanted::Script(script))
        }
        "uvicorn" | "gunicorn" | "hypercorn" | "daphne" | "granian" => {
            // A file of settings may name another folder.
            if invocation.name() == "gunicorn" && invocation.has_flag(&["-c", "--config", "--pythonpath"]) {
                return None;
            }
            let word = invocation.arguments.iter().find(|word| {
                word.plain().and_then(|text| text.split_once(':')).is_some_and(|(module, attribute)| {
                    is_dotted(module)
                        && attribute.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '(' | ')'))
                        && attribute.starts_with(|c: char| c.is_alphabetic() || c == '_')
                })
            })?;
            let name = word.text.split(':').next()?.to_owned();
            let folder = match invocation.flag(&["--app-dir", "--chdir"]) {
                Some(folder) => Some(folder.plain()?.to_owned()),
                None => None,
            };
            // `localhost:app` could be no module; hosts with letters behind the colon are none either.
            Some(Wanted::Module { word, name, folder, runs: false })
        }
        _ => {
            let module = invocation.module.as_ref()?;
            let name = module.plain().filter(|name| is_dotted(name))?.to_owned();
            Some(Wanted::Module { word: module, name, folder: None, runs: true })
        }
    }
}

fn is_dotted(name: &str) -> bool {
    name.split('.').all(|part| {
        part.starts_with(|c: char| c.is_alphabetic() || c == '_')
            && part.chars().all(|c| c.is_alphanumeric() || c == '_')
    })
}
