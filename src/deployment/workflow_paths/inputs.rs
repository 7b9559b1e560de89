//! Inputs of actions that name files and folders of the working folder.

use super::expand::Names;
use super::files;
use super::workspace::{Ran, Spot, Wanted, Workspace};
use super::{Miss, NamedBy};
use crate::diagnostic::{Location, RepoPath, Span, Spanned};
use crate::formats::workflow::Step;
use crate::repo::{Presence, Source};

use super::script::StepNature;

/// Inputs that name one file, without which the action fails: action, input, the input that makes it count for nothing.
const FILES: &[(&str, &str, &str)] = &[
    ("actions/setup-python", "python-version-file", "python-version"),
    ("actions/setup-node", "node-version-file", "node-version"),
    ("actions/setup-go", "go-version-file", "go-version"),
    ("conda-incubator/setup-miniconda", "environment-file", ""),
    ("mamba-org/setup-micromamba", "environment-file", ""),
    ("hadolint/hadolint-action", "dockerfile", ""),
    ("docker/build-push-action", "file", ""),
];

/// Lock files that setup-node looks for in the root: <https://github.com/actions/setup-node/blob/main/src/cache-utils.ts>.
const NODE_LOCKS: &[(&str, &[&str])] = &[
    ("npm", &["package-lock.json", "npm-shrinkwrap.json", "yarn.lock"]),
    ("pnpm", &["pnpm-lock.yaml"]),
    ("yarn", &["yarn.lock"]),
];

/// Files that setup-python looks for: <https://github.com/actions/setup-python/tree/main/src/cache-distributions>.
const PYTHON_LOCKS: &[(&str, &[&str])] = &[
    ("pip", &["**/requirements.txt", "**/pyproject.toml"]),
    ("pipenv", &["**/Pipfile.lock"]),
    ("poetry", &["**/poetry.lock"]),
];

/// What is looked at.
pub(super) struct Inputs<'s, 'd> {
    pub source: &'s Source,
    pub workspace: &'s Workspace<'d>,
    pub names: &'s Names,
    pub nature: StepNature,
    pub step: &'s Step,
    /// The action's name without its release, in lower case.
    pub action: &'s str,
    pub misses: &'s mut Vec<Miss>,
}

impl<'s> Inputs<'s, '_> {
    pub(super) fn check(&mut self) {
        for (action, input, unless) in FILES {
            if *action == self.action
                && self.value(unless).is_none()
                && let Some(value) = self.value(input)
            {
                self.path(input, value, Wanted::File);
            }
        }
        match self.action {
            "docker/build-push-action" => self.build_push(),
            "actions/setup-node" => self.cache(NODE_LOCKS, &[]),
            "actions/setup-python" => self.cache(PYTHON_LOCKS, &["**/pyproject.toml"]),
            _ => {}
        }
    }

    fn value(&self, name: &str) -> Option<&'s Spanned<String>> {
        let found = self.step.with.iter().find(|(key, _)| key.value.eq_ignore_ascii_case(name))?;
        Some(&found.1).filter(|value| !value.value.trim().is_empty())
    }

    /// An input that names one path.
    fn path(&mut self, input: &str, value: &Spanned<String>, wanted: Wanted) {
        let root = Spot::Workspace(RepoPath::root());
        for text in self.names.texts(value.value.trim()) {
            let spot = self.names.spot(&text, Some(&root));
            if let Some((path, certain)) = spot.and_then(|spot| self.workspace.missing(&spot, wanted)) {
                let named_by = NamedBy::Input { input: input.to_owned(), action: self.action.to_owned() };
                let replaceable = replaceable(self.source, value);
                self.misses.push(Miss {
                    is_folder: wanted == Wanted::Folder,
                    ..self.miss(path, text, value.span, certain, named_by, replaceable)
                });
            }
        }
    }

    fn miss(
        &self,
        path: RepoPath,
        written: String,
        span: Span,
        certain: bool,
        named_by: NamedBy,
        replaceable: Option<Span>,
    ) -> Miss {
        Miss {
            path,
            written,
            from: RepoPath::root(),
            named_by,
            location: Location::new(self.source.path(), span),
            certain,
            tolerated: self.nature.tolerated,
            conditional: self.nature.conditional,
            piped: false,
            replaceable,
            is_folder: false,
        }
    }

    /// The context of an image, and the Dockerfile that it holds where no other is named. Without a context, the build
    /// takes the commit from GitHub itself.
    fn build_push(&mut self) {
        let Some(context) = self.value("context") else { return };
        self.path("context", context, Wanted::Folder);
        let root = Spot::Workspace(RepoPath::root());
        if self.value("file").is_some() {
            return;
        }
        for text in self.names.texts(context.value.trim()) {
            let Some(spot) = self.names.spot(&text, Some(&root)) else { continue };
            let folder = self.workspace.repository_path(&spot);
            if folder.is_none_or(|folder| self.workspace.repository.presence(&folder) != Presence::Folder) {
                continue;
            }
            let dockerfile = spot.join("Dockerfile");
            if let Some((path, certain)) = dockerfile.and_then(|spot| self.workspace.missing(&spot, Wanted::File)) {
                let named_by = NamedBy::Input { input: "context".to_owned(), action: self.action.to_owned() };
                let written = path.to_string();
                let miss = self.miss(path, written, context.span, certain, named_by, None);
                self.misses.push(miss);
            }
        }
    }

    /// `cache`, whose key is made of files that must be there; `spare` are looked for where those that the input names are
    /// not, and `known` where it names none.
    fn cache(&mut self, known: &[(&str, &[&str])], spare: &[&str]) {
        let Some(cache) = self.value("cache") else { return };
        let Some((manager, locks)) = known.iter().find(|(name, _)| *name == cache.value.trim()) else { return };
        let given = self.value("cache-dependency-path");
        let (patterns, at, input) = match given {
            Some(given) => {
                let texts = self.names.texts(&given.value);
                let [text] = texts.as_slice() else { return };
                let mut patterns: Vec<String> = text.lines().map(|line| line.trim().to_owned()).collect();
                patterns.retain(|pattern| !pattern.is_empty());
                (patterns, given.span, "cache-dependency-path")
            }
            None => (locks.iter().map(|lock| (*lock).to_owned()).collect(), cache.span, ""),
        };
        let mut all = patterns.clone();
        if *manager == "pip" {
            all.extend(spare.iter().map(|pattern| (*pattern).to_owned()));
        }
        if patterns.is_empty() || files::may_fit(self.workspace, &all) {
            return;
        }
        let named_by = NamedBy::Patterns {
            input: input.to_owned(),
            action: self.action.to_owned(),
            patterns: patterns.join(", "),
        };
        let path = RepoPath::new(patterns.first().map_or("", String::as_str));
        let certain = self.workspace.ran == Ran::Known;
        let miss = self.miss(path, patterns.join(", "), at, certain, named_by, None);
        self.misses.push(miss);
    }

    /// `hashFiles` in any value of the step.
    pub(super) fn hashes(&mut self) {
        for (_, value) in self.step.with.iter().chain(&self.step.env) {
            for (start, patterns) in hash_files(&value.value) {
                if files::may_fit(self.workspace, &patterns) {
                    continue;
                }
                let shown = patterns.join(", ");
                let text = self.source.text();
                // Where the call stands in the file, which may quote or fold the value.
                let call = value.value.get(start..).and_then(|rest| rest.split(')').next()).unwrap_or("");
                let at = value.span.of(text).find(call).map(|at| value.span.start + at);
                let span = at.map_or(value.span, |at| Span::new(at, at + call.len() + 1));
                let path = RepoPath::new(patterns.first().map_or("", String::as_str));
                let certain = self.workspace.ran == Ran::Known;
                let miss = self.miss(path, shown.clone(), span, certain, NamedBy::HashFiles(shown), None);
                self.misses.push(miss);
            }
        }
    }
}

/// The calls of `hashFiles` in `text` whose arguments are all plain: where each begins, and its patterns.
pub(super) fn hash_files(text: &str) -> Vec<(usize, Vec<String>)> {
    const NAME: &str = "hashfiles";
    let lower = text.to_ascii_lowercase();
    let mut found = Vec::new();
    for (start, _) in lower.match_indices(NAME) {
        let Some(rest) = text.get(start + NAME.len()..).map(str::trim_start).and_then(|rest| rest.strip_prefix('('))
        else {
            continue;
        };
        let Some(arguments) = rest.split(')').next() else { continue };
        let patterns: Option<Vec<String>> = arguments
            .split(',')
            .map(|argument| Some(argument.trim().strip_prefix('\'')?.strip_suffix('\'')?.to_owned()))
            .collect();
        found.extend(patterns.map(|patterns| (start, patterns)));
    }
    found
}

/// The text of a YAML scalar without its quotes, where it stands in the file as it is.
pub(super) fn replaceable(source: &Source, value: &Spanned<String>) -> Option<Span> {
    let written = value.span.of(source.text());
    let at = written.find(value.value.as_str())?;
    let span = Span::new(value.span.start + at, value.span.start + at + value.value.len());
    (written.len() - value.value.len() <= 2 && !value.value.contains('\n')).then_some(span)
}
