//! The repository's files, each parsed once, on first use, by whoever asks first.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use crate::diagnostic::{RepoPath, Spanned};
use crate::formats::compose::Compose;
use crate::formats::conda_environment::CondaEnvironment;
use crate::formats::dockerfile::{Dockerfile, DockerfileError};
use crate::formats::dockerignore::DockerIgnore;
use crate::formats::dotenv;
use crate::formats::frontmatter::FrontMatter;
use crate::formats::kubernetes::Manifest;
use crate::formats::lock::LockFile;
use crate::formats::pipfile::Pipfile;
use crate::formats::platform_files::{AppEngine, Fly, PlatformFileError, Railway, Render};
use crate::formats::procfile::{self, Process};
use crate::formats::pyproject::Pyproject;
use crate::formats::python::Module;
use crate::formats::python_version::PythonVersionFile;
use crate::formats::requirements::RequirementsFile;
use crate::formats::rust::RustFile;
use crate::formats::secrets::{self, Secret};
use crate::formats::setup_cfg::SetupCfg;
use crate::formats::shell::{self, Command};
use crate::formats::streamlit_config::StreamlitConfig;
use crate::formats::workflow::{Action, Workflow};
use crate::formats::yaml::{self, YamlError};
use crate::knowledge::PythonVersion;
use crate::repo::{FileKind, ReadError, Repository, Source};

use super::literals::LiteralIndex;
use super::malformed::{self, Malformed};
use super::naming::NameIndex;
use super::workflows::is_misnamed;

/// A value per file, computed on first use; most never are, so the place for one is small.
#[derive(Debug)]
struct Cache<T>(BTreeMap<RepoPath, OnceLock<Option<Box<T>>>>);

impl<T> Cache<T> {
    /// A place for every file that `wanted` admits.
    fn new(repository: &Repository, wanted: impl Fn(&RepoPath, FileKind) -> bool) -> Self {
        let entries = repository.entries().filter(|entry| wanted(entry.path(), entry.kind()));
        Self(entries.map(|entry| (entry.path().clone(), OnceLock::new())).collect())
    }

    fn of_kind(repository: &Repository, kind: FileKind) -> Self {
        Self(repository.of_kind(kind).map(|entry| (entry.path().clone(), OnceLock::new())).collect())
    }

    fn get(&self, repository: &Repository, path: &RepoPath, parse: impl FnOnce(&Source) -> Option<T>) -> Option<&T> {
        self.0.get(path)?.get_or_init(|| repository.source(path).and_then(parse).map(Box::new)).as_deref()
    }
}

/// The repository with its files parsed.
#[derive(Debug)]
pub struct Documents {
    repository: Repository,
    literals: OnceLock<LiteralIndex>,
    names: NameIndex,
    python: Cache<Module>,
    rust: Cache<RustFile>,
    front_matter: Cache<FrontMatter>,
    requirements: Cache<RequirementsFile>,
    pyprojects: Cache<Pyproject>,
    setup_cfgs: Cache<SetupCfg>,
    locks: Cache<LockFile>,
    pipfiles: Cache<Pipfile>,
    conda_environments: Cache<CondaEnvironment>,
    python_versions: Cache<PythonVersionFile>,
    dockerfiles: Cache<Result<Dockerfile, DockerfileError>>,
    yaml: Cache<Result<Vec<yaml::Document>, YamlError>>,
    composes: Cache<Compose>,
    workflows: Cache<Workflow>,
    actions: Cache<Action>,
    kubernetes: Cache<Manifest>,
    procfiles: Cache<Vec<Process>>,
    scripts: Cache<Vec<Command>>,
    dotenvs: Cache<Vec<dotenv::Entry>>,
    dockerignores: Cache<DockerIgnore>,
    fly: Cache<Result<Fly, PlatformFileError>>,
    render: Cache<Result<Render, PlatformFileError>>,
    app_engine: Cache<AppEngine>,
    railway: Cache<Result<Railway, PlatformFileError>>,
    streamlit: Cache<StreamlitConfig>,
}

impl Documents {
    /// Takes a repository; nothing is read yet.
    #[must_use]
    pub fn new(repository: Repository) -> Self {
        let named = |names: &'static [&'static str]| move |path: &RepoPath, _| names.contains(&path.as_str());
        Self {
            python: Cache::new(&repository, |_, kind| matches!(kind, FileKind::Python | FileKind::Notebook)),
            rust: Cache::of_kind(&repository, FileKind::Rust),
            front_matter: Cache::of_kind(&repository, FileKind::Readme),
            requirements: Cache::new(&repository, |path, kind| {
                kind == FileKind::Requirements || matches!(path.extension(), "txt" | "in")
            }),
            pyprojects: Cache::of_kind(&repository, FileKind::Pyproject),
            setup_cfgs: Cache::of_kind(&repository, FileKind::SetupCfg),
            locks: Cache::of_kind(&repository, FileKind::PythonLock),
            pipfiles: Cache::of_kind(&repository, FileKind::Pipfile),
            conda_environments: Cache::of_kind(&repository, FileKind::CondaEnvironment),
            python_versions: Cache::of_kind(&repository, FileKind::PythonVersion),
            dockerfiles: Cache::of_kind(&repository, FileKind::Dockerfile),
            yaml: Cache::new(&repository, is_yaml),
            composes: Cache::of_kind(&repository, FileKind::Compose),
            workflows: Cache::new(&repository, is_yaml),
            actions: Cache::of_kind(&repository, FileKind::Action),
            kubernetes: Cache::of_kind(&repository, FileKind::Yaml),
            procfiles: Cache::of_kind(&repository, FileKind::Procfile),
            scripts: Cache::new(&repository, |path, kind| {
                kind == FileKind::Shell || (kind == FileKind::Other && !path.file_name().contains('.'))
            }),
            dotenvs: Cache::of_kind(&repository, FileKind::DotEnv),
            dockerignores: Cache::new(&repository, |path, _| path.file_name().ends_with(".dockerignore")),
            fly: Cache::new(&repository, named(&["fly.toml"])),
            render: Cache::new(&repository, named(&["render.yaml", "render.yml"])),
            app_engine: Cache::new(&repository, named(&["app.yaml"])),
            railway: Cache::new(&repository, named(&["railway.json", "railway.toml"])),
            streamlit: Cache::new(&repository, |path, _| path.as_str().ends_with(".streamlit/config.toml")),
            literals: OnceLock::new(),
            names: NameIndex::default(),
            repository,
        }
    }

    /// The tree.
    #[must_use]
    pub fn repository(&self) -> &Repository {
        &self.repository
    }

    /// Gives the tree back.
    #[must_use]
    pub fn into_repository(self) -> Repository {
        self.repository
    }

    /// Looks through the tree once for the literals that the rules wait for; a second call changes nothing.
    pub fn look_for(&self, literals: impl IntoIterator<Item = &'static str>) {
        self.literals.get_or_init(|| LiteralIndex::build(&self.repository, literals));
    }

    /// The files that could not be read as text, with the reason; known once [`Documents::look_for`] has looked.
    #[must_use]
    pub fn unreadable(&self) -> &[(RepoPath, ReadError)] {
        self.literals.get().map_or(&[], LiteralIndex::unreadable)
    }

    /// The files that a platform or an installer reads and would refuse as a whole.
    #[must_use]
    pub fn malformed(&self) -> Vec<Malformed> {
        malformed::malformed(self)
    }

    /// The files, of whatever kind, that hold at least one of the literals. A rule asks for literals that it declares.
    pub fn files_mentioning<'a>(&'a self, literals: &[&str]) -> impl Iterator<Item = &'a RepoPath> + use<'a> {
        let found: Vec<&'a RepoPath> =
            self.literals.get().map_or_else(Vec::new, |index| index.files_with(literals).collect());
        found.into_iter()
    }

    /// The Python files and notebooks that hold at least one of the literals, parsed.
    pub fn modules_mentioning<'a>(
        &'a self,
        literals: &[&str],
    ) -> impl Iterator<Item = (&'a RepoPath, &'a Module)> + use<'a> {
        self.files_mentioning(literals).filter_map(|path| Some((path, self.python(path)?)))
    }

    /// The Python files in which `name` stands as a word, in the order of their paths: for questions that widen from
    /// function to function. The first time that a name is asked for costs a look through the tree.
    #[must_use]
    pub fn python_naming(&self, name: &str) -> Arc<[RepoPath]> {
        self.names.files(&self.repository, name)
    }

    /// The Rust files that hold at least one of the literals, parsed.
    pub fn rust_mentioning<'a>(
        &'a self,
        literals: &[&str],
    ) -> impl Iterator<Item = (&'a RepoPath, &'a RustFile)> + use<'a> {
        self.files_mentioning(literals).filter_map(|path| Some((path, self.rust(path)?)))
    }

    /// A Python file or notebook.
    #[must_use]
    pub fn python(&self, path: &RepoPath) -> Option<&Module> {
        self.python.get(&self.repository, path, |source| {
            Some(if source.path().extension() == "ipynb" {
                Module::parse_notebook(source)
            } else {
                Module::parse(source)
            })
        })
    }

    /// A Rust file.
    #[must_use]
    pub fn rust(&self, path: &RepoPath) -> Option<&RustFile> {
        self.rust.get(&self.repository, path, |source| Some(RustFile::parse(source.text())))
    }

    /// What stands at the head of a README.
    #[must_use]
    pub fn front_matter(&self, path: &RepoPath) -> Option<&FrontMatter> {
        self.front_matter.get(&self.repository, path, |source| Some(FrontMatter::parse(source.text())))
    }

    /// A requirements or constraints file, whatever its name.
    #[must_use]
    pub fn requirements(&self, path: &RepoPath) -> Option<&RequirementsFile> {
        self.requirements.get(&self.repository, path, |source| Some(RequirementsFile::parse(source.text())))
    }

    /// A `pyproject.toml`.
    #[must_use]
    pub fn pyproject(&self, path: &RepoPath) -> Option<&Pyproject> {
        self.pyprojects.get(&self.repository, path, |source| Some(Pyproject::parse(source.text())))
    }

    /// A `setup.cfg`.
    #[must_use]
    pub fn setup_cfg(&self, path: &RepoPath) -> Option<&SetupCfg> {
        self.setup_cfgs.get(&self.repository, path, |source| Some(SetupCfg::parse(source.text())))
    }

    /// A lock file of Python packages.
    #[must_use]
    pub fn lock(&self, path: &RepoPath) -> Option<&LockFile> {
        self.locks.get(&self.repository, path, |source| {
            Some(LockFile::parse(crate::formats::lock::LockFormat::of(source.path())?, source.text()))
        })
    }

    /// A `Pipfile`.
    #[must_use]
    pub fn pipfile(&self, path: &RepoPath) -> Option<&Pipfile> {
        self.pipfiles.get(&self.repository, path, |source| Some(Pipfile::parse(source.text())))
    }

    /// A conda environment file.
    #[must_use]
    pub fn conda_environment(&self, path: &RepoPath) -> Option<&CondaEnvironment> {
        self.conda_environments.get(&self.repository, path, |source| Some(CondaEnvironment::parse(source.text())))
    }

    /// The Python that `.python-version` or `runtime.txt` names first.
    #[must_use]
    pub fn python_version(&self, path: &RepoPath) -> Option<&Spanned<PythonVersion>> {
        let file =
            self.python_versions.get(&self.repository, path, |source| Some(PythonVersionFile::parse(source.text())))?;
        file.versions.first()
    }

    /// A Dockerfile; its error where Docker would refuse it.
    #[must_use]
    pub fn dockerfile(&self, path: &RepoPath) -> Option<&Result<Dockerfile, DockerfileError>> {
        self.dockerfiles.get(&self.repository, path, |source| Some(Dockerfile::parse(source)))
    }

    /// What the build of `dockerfile` in the folder `context` leaves out of the context: the ignore file named after the
    /// Dockerfile, else the context's own, with its path.
    #[must_use]
    pub fn dockerignore(&self, dockerfile: &RepoPath, context: &RepoPath) -> Option<(RepoPath, &DockerIgnore)> {
        let named = dockerfile.parent().join(&format!("{}.dockerignore", dockerfile.file_name()));
        let candidates = [named, context.join(".dockerignore")];
        candidates.into_iter().flatten().find_map(|path| {
            let parsed =
                self.dockerignores.get(&self.repository, &path, |source| Some(DockerIgnore::parse(source.text())))?;
            Some((path, parsed))
        })
    }

    /// The documents of a YAML file; the error where it is not YAML.
    #[must_use]
    pub fn yaml(&self, path: &RepoPath) -> Option<&Result<Vec<yaml::Document>, YamlError>> {
        self.yaml.get(&self.repository, path, |source| Some(yaml::parse(source.text(), 0)))
    }

    /// The first document of a YAML file.
    #[must_use]
    pub fn yaml_root(&self, path: &RepoPath) -> Option<&yaml::Node> {
        self.yaml(path)?.as_ref().ok()?.first().map(|document| &document.root)
    }

    /// A Compose file; `None` where it has no services.
    #[must_use]
    pub fn compose(&self, path: &RepoPath) -> Option<&Compose> {
        let root = self.yaml_root(path)?;
        self.composes.get(&self.repository, path, |source| Compose::from_node(root, source.text()))
    }

    /// A YAML file read as a GitHub workflow, wherever it lies; `None` where it is no mapping.
    #[must_use]
    pub fn workflow(&self, path: &RepoPath) -> Option<&Workflow> {
        let root = self.yaml_root(path)?;
        self.workflows.get(&self.repository, path, |source| Workflow::from_node(root, source.text()))
    }

    /// A composite action; `None` for an action of another kind.
    #[must_use]
    pub fn action(&self, path: &RepoPath) -> Option<&Action> {
        let root = self.yaml_root(path)?;
        self.actions.get(&self.repository, path, |source| Action::from_node(root, source.text()))
    }

    /// A YAML file read as Kubernetes manifests.
    #[must_use]
    pub fn kubernetes(&self, path: &RepoPath) -> Option<&Manifest> {
        self.kubernetes.get(&self.repository, path, |source| {
            let text = source.text();
            (text.contains("apiVersion") && text.contains("kind")).then(|| Manifest::parse(text))
        })
    }

    /// The process types of a Procfile.
    #[must_use]
    pub fn procfile(&self, path: &RepoPath) -> Option<&[Process]> {
        self.procfiles.get(&self.repository, path, |source| Some(procfile::parse(source.text()))).map(Vec::as_slice)
    }

    /// The commands of a shell script.
    #[must_use]
    pub fn shell(&self, path: &RepoPath) -> Option<&[Command]> {
        let commands = self.scripts.get(&self.repository, path, |source| Some(shell::commands(source.text(), 0)));
        commands.map(Vec::as_slice)
    }

    /// The variables of a `.env` file.
    #[must_use]
    pub fn dotenv(&self, path: &RepoPath) -> Option<&[dotenv::Entry]> {
        self.dotenvs.get(&self.repository, path, |source| Some(dotenv::parse(source.text()))).map(Vec::as_slice)
    }

    /// The tokens of well-known services that stand in a file.
    #[must_use]
    pub fn secrets(&self, path: &RepoPath) -> Vec<Secret> {
        let Some(entry) = self.repository.entry(path) else { return vec![] };
        // Many files hold what a token begins with and few a token: only the text of those few is kept.
        let holds = |bytes: &[u8]| std::str::from_utf8(bytes).is_ok_and(|text| !secrets::find(text).is_empty());
        if !entry.with_bytes(holds).unwrap_or(false) {
            return vec![];
        }
        self.repository.source(path).map(|source| secrets::find(source.text())).unwrap_or_default()
    }

    /// `.streamlit/config.toml`.
    #[must_use]
    pub fn streamlit_config(&self, path: &RepoPath) -> Option<&StreamlitConfig> {
        self.streamlit.get(&self.repository, path, |source| Some(StreamlitConfig::parse(source.text())))
    }

    /// `fly.toml`.
    #[must_use]
    pub fn fly(&self, path: &RepoPath) -> Option<&Fly> {
        self.fly.get(&self.repository, path, |source| Some(Fly::parse(source.text())))?.as_ref().ok()
    }

    /// `render.yaml`.
    #[must_use]
    pub fn render(&self, path: &RepoPath) -> Option<&Render> {
        self.render.get(&self.repository, path, |source| Some(Render::parse(source.text())))?.as_ref().ok()
    }

    /// App Engine's `app.yaml`.
    #[must_use]
    pub fn app_engine(&self, path: &RepoPath) -> Option<&AppEngine> {
        self.app_engine.get(&self.repository, path, |source| AppEngine::parse(source.text()).ok()?)
    }

    /// `railway.json` or `railway.toml`.
    #[must_use]
    pub fn railway(&self, path: &RepoPath) -> Option<&Railway> {
        self.railway
            .get(&self.repository, path, |source| {
                let json = source.path().extension() == "json";
                Some(if json { Railway::parse_json(source.text()) } else { Railway::parse_toml(source.text()) })
            })?
            .as_ref()
            .ok()
    }
}

/// YAML by its name, or by its place among the workflows.
fn is_yaml(path: &RepoPath, kind: FileKind) -> bool {
    let by_name = matches!(
        kind,
        FileKind::Yaml | FileKind::Workflow | FileKind::Action | FileKind::Compose | FileKind::CondaEnvironment
    );
    by_name || is_misnamed(path)
}
