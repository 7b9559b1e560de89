//! Runs `uv pip compile`, or `pip install --dry-run` where there is no uv.

use std::io;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::knowledge::{Resolution, normalized_name};

use super::Question;

/// A resolver that is installed here.
#[derive(Debug, Clone)]
pub struct Resolver {
    kind: Kind,
    /// Its name and version: `uv 0.9.2`.
    name: String,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Uv,
    Pip,
}

/// Why a resolver gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum ResolverError {
    /// Neither uv nor pip is there.
    #[error("--resolve needs uv or pip on the path, and there is neither")]
    Missing,
    /// It could not be run, or its files not be written.
    #[error("can't run {0}: {1}")]
    Run(String, #[source] io::Error),
    /// It ended without an answer.
    #[error("{by} gave no answer: {said}")]
    NoAnswer {
        /// The resolver.
        by: String,
        /// The last thing that it said.
        said: String,
    },
}

impl Resolver {
    /// Finds uv, else pip.
    ///
    /// # Errors
    /// [`ResolverError::Missing`] where there is neither.
    pub fn find() -> Result<Self, ResolverError> {
        for (kind, program, arguments) in
            [(Kind::Uv, "uv", &["--version"][..]), (Kind::Pip, "python3", &["-m", "pip", "--version"])]
        {
            let Ok(output) = Command::new(program).args(arguments).stdin(Stdio::null()).output() else { continue };
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            // `uv 0.9.2 (…)`, `pip 25.0 from …`
            let name: Vec<&str> = said.split_whitespace().take(2).collect();
            if output.status.success() && name.len() == 2 {
                return Ok(Self { kind, name: name.join(" ") });
            }
        }
        Err(ResolverError::Missing)
    }

    /// Its name and version.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Asks it. This takes seconds, and the network. A package without wheels is left out and the rest asked for again:
    /// what can't be installed without it can't with it either.
    ///
    /// # Errors
    /// [`ResolverError`] where it could not find out.
    pub fn resolve(&self, question: &Question) -> Result<Resolution, ResolverError> {
        let mut question = question.clone();
        loop {
            let answer = self.ask(&question);
            let Err(ResolverError::NoAnswer { said, .. }) = &answer else { return answer };
            let Some(package) = without_wheels(said) else { return answer };
            let before = question.requirements.len();
            question.requirements.retain(|line| name_of(line) != package);
            if question.requirements.len() == before || question.requirements.is_empty() {
                return answer;
            }
        }
    }

    fn ask(&self, question: &Question) -> Result<Resolution, ResolverError> {
        let failed = |error| ResolverError::Run(self.name.clone(), error);
        // An empty folder: what lies in the repository, such as a uv.toml, is not for the resolver.
        let folder = tempfile::tempdir().map_err(failed)?;
        let lines = |lines: &[String]| lines.iter().map(|line| format!("{line}\n")).collect::<String>();
        std::fs::write(folder.path().join("requirements.in"), lines(&question.requirements)).map_err(failed)?;
        std::fs::write(folder.path().join("constraints.txt"), lines(&question.constraints)).map_err(failed)?;
        let output = self.command(question, folder.path()).output().map_err(failed)?;
        let Output { stdout, stderr, .. } = output;
        let (out, err) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
        let answer = match self.kind {
            Kind::Uv if output.status.success() => Resolution::of_uv(&self.name, &out),
            Kind::Uv => Resolution::of_uv(&self.name, &err),
            Kind::Pip => Resolution::of_pip(&self.name, &out, &with_requirements(&err, &question.requirements)),
        };
        answer.ok_or_else(|| {
            let said: Vec<&str> = err.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
            ResolverError::NoAnswer { by: self.name.clone(), said: said.join(" ") }
        })
    }

    fn command(&self, question: &Question, folder: &Path) -> Command {
        let mut command = match self.kind {
            Kind::Uv => {
                let mut command = Command::new("uv");
                command.args(["pip", "compile", "requirements.in", "--constraint", "constraints.txt"]);
                command.args(["--python-version", &question.python, "--python-platform", "linux", "--no-build"]);
                command.args(["--no-header", "--no-annotate", "--quiet", "--color", "never"]);
                command
            }
            Kind::Pip => {
                let mut command = Command::new("python3");
                command.args(["-m", "pip", "install", "--dry-run", "--ignore-installed", "--quiet", "--report", "-"]);
                command.args(["--requirement", "requirements.in", "--constraint", "constraints.txt"]);
                command.args(["--python-version", &question.python, "--only-binary", ":all:", "--target", "none"]);
                command.args(["--disable-pip-version-check", "--no-input"]);
                command
            }
        };
        command.current_dir(folder).stdin(Stdio::null());
        command
    }
}

/// The package of which a resolver says that it has no wheels: ``Wheels are required for `jieba` ``.
fn without_wheels(said: &str) -> Option<String> {
    let (_, rest) = said.split_once("Wheels are required for `")?;
    Some(normalized_name(rest.split('`').next()?))
}

/// What pip says, with the requirements in the place of their lines: ``-r requirements.in (line 2)``.
fn with_requirements(said: &str, requirements: &[String]) -> String {
    let lines = requirements.iter().enumerate();
    lines.fold(said.to_owned(), |said, (index, line)| {
        said.replace(&format!("-r requirements.in (line {})", index + 1), line)
    })
}

/// The package of a line of requirements.
fn name_of(line: &str) -> String {
    normalized_name(line.split(|c: char| !c.is_alphanumeric() && !matches!(c, '-' | '_' | '.')).next().unwrap_or(line))
}
