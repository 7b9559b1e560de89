//! What a check does: the configuration file and the flags, resolved.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::discover::ConfigFile;
use super::selector::{self, KnownRule, RuleSelection};
use super::{ConfigError, DeploymentOptions, Pack, PathPatterns};
use crate::diagnostic::{RepoPath, Severity};
use crate::knowledge::Resolution;
use crate::repo::WalkOptions;

/// The mildest severity that fails a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum FailOn {
    /// Anything found fails.
    Advice,
    /// Warnings and errors fail.
    Warning,
    /// Only errors fail.
    Error,
    /// Nothing found fails.
    Never,
}

impl FailOn {
    /// Whether a finding of this severity fails the run.
    #[must_use]
    pub fn fails(self, severity: Severity) -> bool {
        match self {
            Self::Advice => true,
            Self::Warning => severity >= Severity::Warning,
            Self::Error => severity >= Severity::Error,
            Self::Never => false,
        }
    }

    /// The word that users write.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Advice => "advice",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Never => "never",
        }
    }
}

/// What flags say; each wins over the configuration file.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// The rules to run, instead of what the file selects and ignores.
    pub select: Option<Vec<String>>,
    /// Rules to run in addition.
    pub extend_select: Vec<String>,
    /// Rules not to run.
    pub ignore: Vec<String>,
    /// Further path patterns that are not read, relative to the checked folder.
    pub exclude: Vec<String>,
    /// The mildest severity that fails a run.
    pub fail_on: Option<FailOn>,
    /// Show advice in full.
    pub advice: bool,
    /// Read files that ignore files leave out.
    pub no_ignore: bool,
}

/// Rules whose findings are dropped in some files.
#[derive(Debug, Clone)]
pub struct PerFileIgnore {
    /// The files.
    pub paths: PathPatterns,
    /// The rules' codes.
    pub codes: Vec<&'static str>,
}

/// What the user states about one deployment, with paths relative to the checked folder.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct DeploymentSettings {
    /// What it runs on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    /// Its folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root: Option<RepoPath>,
    /// Its Python, as `3.12`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub python: Option<String>,
    /// The file it starts with, relative to its folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entry: Option<String>,
    /// The port that the platform connects to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// Environment variables that are set there.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub environment: BTreeMap<String, String>,
}

/// What a check does.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The rules that run.
    pub rules: RuleSelection,
    /// Rules whose findings are dropped in some files.
    pub per_file_ignores: Vec<PerFileIgnore>,
    /// Files and folders that are not read, by the configuration file and by flags.
    pub exclude: Vec<PathPatterns>,
    /// Whether to read files that ignore files leave out.
    pub no_ignore: bool,
    /// The mildest severity that fails a run.
    pub fail_on: FailOn,
    /// Whether advice is shown in full.
    pub advice: bool,
    /// What the user states about deployments, by name.
    pub deployments: BTreeMap<String, DeploymentSettings>,
    /// The configuration file that was used.
    pub origin: Option<PathBuf>,
    /// Tables of changes that the team adds.
    pub packs: Vec<Pack>,
    /// What a resolver answered, by the names of deployments.
    pub resolutions: BTreeMap<String, Resolution>,
}

impl Settings {
    /// What holds without a configuration file and without flags.
    #[must_use]
    pub fn defaults(known: &[KnownRule]) -> Self {
        Self {
            rules: RuleSelection::all(known),
            per_file_ignores: Vec::new(),
            exclude: Vec::new(),
            no_ignore: false,
            fail_on: FailOn::Warning,
            advice: false,
            deployments: BTreeMap::new(),
            origin: None,
            packs: Vec::new(),
            resolutions: BTreeMap::new(),
        }
    }

    /// Works out what `file` and the flags mean together; `known` are the rules, `platforms` the names of platforms.
    ///
    /// # Errors
    /// [`ConfigError`] for a rule that nobody knows, a malformed pattern or a value that makes no sense.
    pub fn resolve(
        file: Option<&ConfigFile>,
        overrides: &Overrides,
        known: &[KnownRule],
        platforms: &[&str],
    ) -> Result<Self, ConfigError> {
        let mut settings = Self::defaults(known);
        if let Some(file) = file {
            settings.apply_file(file, known, platforms)?;
        }
        settings.apply_overrides(overrides, known)?;
        Ok(settings)
    }

    /// Whether a finding of the rule `code` in `path` is dropped.
    #[must_use]
    pub fn is_ignored(&self, code: &str, path: &RepoPath) -> bool {
        self.per_file_ignores.iter().any(|ignore| ignore.codes.contains(&code) && ignore.paths.matches(path))
    }

    /// What the walk leaves out. A folder that is checked by its own name is read although a pattern of the configuration
    /// leaves it out.
    #[must_use]
    pub fn walk_options(&self) -> WalkOptions {
        WalkOptions {
            exclude: self
                .exclude
                .iter()
                .filter(|set| !set.match_the_root())
                .map(|set| (set.base().to_owned(), set.globs().clone()))
                .collect(),
            no_ignore: self.no_ignore,
        }
    }

    fn apply_file(&mut self, file: &ConfigFile, known: &[KnownRule], platforms: &[&str]) -> Result<(), ConfigError> {
        let options = &file.options;
        let check = |selectors: &Option<Vec<Spanned<String>>>| {
            selectors.iter().flatten().try_for_each(|selector| codes(file, selector, known).map(drop))
        };
        check(&options.select)?;
        check(&options.extend_select)?;
        check(&options.ignore)?;
        let select = options.select.as_deref().map(texts);
        self.rules.apply(
            known,
            select.as_deref(),
            &texts(options.extend_select.as_deref().unwrap_or_default()),
            &texts(options.ignore.as_deref().unwrap_or_default()),
        );
        for (pattern, selectors) in options.per_file_ignores.iter().flatten() {
            let mut ignored = Vec::new();
            for selector in selectors {
                ignored.extend(codes(file, selector, known)?);
            }
            let paths = patterns(file, std::slice::from_ref(pattern))?;
            self.per_file_ignores.push(PerFileIgnore { paths, codes: ignored });
        }
        if let Some(exclude) = &options.exclude {
            // One set for each, so that each can be left out of a walk.
            for pattern in exclude {
                self.exclude.push(patterns(file, std::slice::from_ref(pattern))?);
            }
        }
        for (name, deployment) in options.deployment.iter().flatten() {
            if let Some(deployment) = resolve_deployment(file, deployment, platforms)? {
                self.deployments.insert(name.clone(), deployment);
            }
        }
        self.fail_on = options.fail_on.unwrap_or(self.fail_on);
        self.advice = options.advice.unwrap_or(self.advice);
        self.origin = Some(file.path.clone());
        Ok(())
    }

    fn apply_overrides(&mut self, overrides: &Overrides, known: &[KnownRule]) -> Result<(), ConfigError> {
        let given = overrides.select.iter().flatten().chain(&overrides.extend_select).chain(&overrides.ignore);
        for selector in given {
            selector::resolve(selector, known).map_err(|meant| {
                ConfigError::new(format!("no rule is called `{selector}`")).with_help(Some(did_you_mean(meant)))
            })?;
        }
        let borrowed = |list: &[String]| list.iter().map(String::as_str).map(str::to_owned).collect::<Vec<_>>();
        let select = overrides.select.as_deref().map(borrowed);
        let select = select.as_ref().map(|list| list.iter().map(String::as_str).collect::<Vec<_>>());
        self.rules.apply(
            known,
            select.as_deref(),
            &overrides.extend_select.iter().map(String::as_str).collect::<Vec<_>>(),
            &overrides.ignore.iter().map(String::as_str).collect::<Vec<_>>(),
        );
        if !overrides.exclude.is_empty() {
            let patterns =
                PathPatterns::new(overrides.exclude.iter().map(String::as_str), "").map_err(|(index, reason)| {
                    let pattern = overrides.exclude.get(index).map_or("", String::as_str);
                    ConfigError::new(format!("`{pattern}` is not a path pattern: {reason}"))
                })?;
            self.exclude.push(patterns);
        }
        self.fail_on = overrides.fail_on.unwrap_or(self.fail_on);
        // What fails a run is shown.
        self.advice |= overrides.advice || self.fail_on == FailOn::Advice;
        self.no_ignore = overrides.no_ignore;
        Ok(())
    }
}

fn texts(selectors: &[Spanned<String>]) -> Vec<&str> {
    selectors.iter().map(|selector| selector.get_ref().as_str()).collect()
}

fn codes(file: &ConfigFile, selector: &Spanned<String>, known: &[KnownRule]) -> Result<Vec<&'static str>, ConfigError> {
    selector::resolve(selector.get_ref(), known).map_err(|meant| {
        file.error(format!("no rule is called `{}`", selector.get_ref()), selector.span(), "unknown rule")
            .with_help(Some(did_you_mean(meant)))
    })
}

fn did_you_mean(meant: Option<String>) -> String {
    match meant {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => "`preflight rules` lists the rules; a family such as `AIO` and `ALL` are understood too".to_owned(),
    }
}

fn patterns(file: &ConfigFile, written: &[Spanned<String>]) -> Result<PathPatterns, ConfigError> {
    PathPatterns::new(texts(written), &file.base).map_err(|(index, reason)| {
        let span = written.get(index).map_or(0..0, Spanned::span);
        file.error(format!("a path pattern is malformed: {reason}"), span, "here")
    })
}

/// `None` where the deployment lies outside the checked folder.
fn resolve_deployment(
    file: &ConfigFile,
    options: &DeploymentOptions,
    platforms: &[&str],
) -> Result<Option<DeploymentSettings>, ConfigError> {
    let root = match &options.root {
        None => None,
        Some(root) => {
            let Some(path) = RepoPath::root().join(root.get_ref()) else {
                let message = "the root of a deployment must lie below the configuration file";
                return Err(file.error(message, root.span(), "leads elsewhere"));
            };
            match path.relative_to(&RepoPath::new(&file.base)) {
                Some(path) => Some(RepoPath::new(path)),
                None => return Ok(None),
            }
        }
    };
    if let Some(platform) =
        options.platform.as_ref().filter(|platform| !platforms.contains(&platform.get_ref().as_str()))
    {
        return Err(platform_error(file, platform, platforms));
    }
    if let Some(entry) = options.entry.as_ref().filter(|entry| RepoPath::root().join(entry.get_ref()).is_none()) {
        let message = "the entry of a deployment must lie below its root";
        return Err(file.error(message, entry.span(), "leads elsewhere"));
    }
    if let Some(python) = options.python.as_ref().filter(|python| !is_python_version(python.get_ref())) {
        return Err(python_error(file, python.span()));
    }
    Ok(Some(DeploymentSettings {
        platform: options.platform.as_ref().map(|platform| platform.get_ref().clone()),
        root,
        python: options.python.as_ref().map(|python| python.get_ref().clone()),
        entry: options.entry.as_ref().map(|entry| entry.get_ref().clone()),
        port: options.port,
        environment: options.environment.clone(),
    }))
}

fn platform_error(file: &ConfigFile, platform: &Spanned<String>, platforms: &[&str]) -> ConfigError {
    let help = match selector::nearest(platform.get_ref(), platforms.iter().copied()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("known: {}", platforms.join(", ")),
    };
    file.error(format!("no platform is called `{}`", platform.get_ref()), platform.span(), "unknown platform")
        .with_help(Some(help))
}

fn python_error(file: &ConfigFile, span: Range<usize>) -> ConfigError {
    file.error("a Python version is two or three numbers", span, "not a version")
        .with_help(Some("write it as in `python = \"3.12\"`".to_owned()))
}

fn is_python_version(text: &str) -> bool {
    let parts: Vec<&str> = text.split('.').collect();
    matches!(parts.len(), 2 | 3) && parts.iter().all(|part| part.parse::<u16>().is_ok())
}
