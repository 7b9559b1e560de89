//! The commands of a `run` step, one after the other: where each runs, what it reads and what it writes.

use super::effects::Writing;
use super::expand::Names;
use super::references::{Reference, references};
use super::workspace::{Ran, Spot, Wanted, Workspace};
use super::{Miss, NamedBy};
use crate::deployment::locked_installs::{UV_LOCK, insists_on_lock};
use crate::diagnostic::{Location, RepoPath, Span};
use crate::formats::shell::{Command, Construct, Invocation, Separator, Word, invocations};
use crate::formats::workflow::Run;
use crate::repo::{FileKind, Presence, Source};

/// What holds for all commands of a step.
#[derive(Debug, Clone, Copy)]
pub(super) struct StepNature {
    /// Whether a failure of the step is nothing to stop for.
    pub tolerated: bool,
    /// Whether the step runs only on the say of an earlier one.
    pub conditional: bool,
}

/// Walks through a script.
pub(super) struct Script<'s, 'd> {
    pub source: &'s Source,
    pub workspace: &'s mut Workspace<'d>,
    pub names: &'s mut Names,
    pub nature: StepNature,
    pub misses: &'s mut Vec<Miss>,
    /// Where the shell is, one entry for each subshell that is open.
    pub folders: Vec<Option<Spot>>,
    /// Folders that `popd` returns to.
    pub pushed: Vec<Option<Spot>>,
    /// The end of the command before.
    pub last_end: usize,
    /// Whether the failure of a command before a pipe is one of the step.
    pub minds_pipes: bool,
}

impl Script<'_, '_> {
    /// Walks through the commands of `run`.
    pub(super) fn walk(&mut self, run: &Run) {
        if run.commands.is_empty() {
            // Another shell: what it does is not followed.
            self.workspace.run(Ran::Program);
            self.workspace.hear(&run.script.value);
            return;
        }
        if run.commands.iter().any(|command| is_set(command, "+e")) {
            self.nature.tolerated = true;
        }
        for command in &run.commands {
            self.command(command);
        }
    }

    fn command(&mut self, command: &Command) {
        self.enter(command);
        let is_in_function = command.inside.contains(&Construct::Function);
        let is_inline = command.inside.len() > 60;
        let mut inner = None;
        let invocations = invocations(command);
        for invocation in &invocations {
            let is_inner = invocation.wrappers.iter().any(|wrapper| wrapper.ends_with(" -c"));
            let elsewhere = is_in_function || is_inline || changes_folder(command, invocation);
            let cwd = if elsewhere { None } else { self.cwd() };
            let cwd = if is_inner { inner.get_or_insert(cwd).clone() } else { cwd };
            let moved = self.invocation(command, invocation, cwd.as_ref());
            if let Some(target) = moved {
                match is_inner {
                    true => inner = Some(target),
                    false => self.move_to(command, target),
                }
            }
        }
        let cwd = self.cwd();
        Writing { workspace: self.workspace, names: self.names, cwd: cwd.as_ref() }.redirections(command);
        let text = command.span.of(self.source.text());
        self.workspace.hear(text);
        self.names.forget_what_is_set_in(text);
        if command.words.is_empty() && !command.is_conditional() {
            for assignment in &command.assignments {
                if let [value] = self.names.word(&assignment.value, cwd.as_ref()).as_slice() {
                    self.names.env.insert(assignment.name.value.clone(), value.clone());
                }
            }
        }
        self.last_end = command.span.end;
    }

    /// Opens and closes subshells up to where `command` stands.
    fn enter(&mut self, command: &Command) {
        let depth = command.subshell_depth() + 1;
        let gap = self.source.text().get(self.last_end..command.span.start).unwrap_or("");
        let reopened = depth > 1 && self.folders.len() == depth && gap.contains('(');
        self.folders.truncate(if reopened { depth - 1 } else { depth });
        while self.folders.len() < depth {
            self.folders.push(self.folders.last().cloned().flatten());
        }
    }

    fn cwd(&self) -> Option<Spot> {
        self.folders.last().cloned().flatten()
    }

    /// Changes the folder of the shell. In a branch or a loop it is not known whether that holds from then on.
    fn move_to(&mut self, command: &Command, target: Option<Spot>) {
        let own_process = matches!(command.after, Some(Separator::Pipe | Separator::Background));
        if own_process {
            return;
        }
        let target = if command.is_conditional() { None } else { target };
        if let Some(last) = self.folders.last_mut() {
            *last = target;
        }
    }

    /// Looks at one program. Gives the new folder where it changes it.
    fn invocation(&mut self, command: &Command, invocation: &Invocation, cwd: Option<&Spot>) -> Option<Option<Spot>> {
        let name = invocation.name();
        if matches!(name, "cd" | "pushd") {
            return Some(self.change_folder(command, invocation, cwd));
        }
        if name == "popd" {
            return Some(self.pushed.pop().flatten());
        }
        let mut read: Vec<Word> = Vec::new();
        let mut is_missing = false;
        let inputs = command.redirections.iter().filter(|one| one.operator == "<").filter_map(|one| one.target.clone());
        let inputs = inputs.map(|word| Reference { word, wanted: Wanted::File, inner: None });
        for reference in references(invocation).into_iter().chain(inputs) {
            read.push(reference.word.clone());
            is_missing |= self.reference(command, invocation, &reference, cwd);
        }
        is_missing |= self.module(command, invocation, cwd);
        is_missing |= self.lock(command, invocation, cwd);
        if !is_missing {
            let is_piped = command.after == Some(Separator::Pipe);
            Writing { workspace: self.workspace, names: self.names, cwd }.program(invocation, &read, is_piped);
        }
        None
    }

    fn change_folder(&mut self, command: &Command, invocation: &Invocation, cwd: Option<&Spot>) -> Option<Spot> {
        if invocation.name() == "pushd" {
            self.pushed.push(cwd.cloned());
        }
        let word = invocation.arguments.iter().find(|word| !word.text.starts_with('-') || word.text == "-")?;
        let reference = Reference { word: word.clone(), wanted: Wanted::Folder, inner: None };
        if self.reference(command, invocation, &reference, cwd) {
            return None;
        }
        match self.names.word(word, cwd).as_slice() {
            [text] => self.names.spot(text, cwd),
            _ => None,
        }
    }

    /// Reports what a reference names in vain; whether it did.
    fn reference(
        &mut self,
        command: &Command,
        invocation: &Invocation,
        reference: &Reference,
        cwd: Option<&Spot>,
    ) -> bool {
        let named_by = match invocation.name() {
            "cd" | "pushd" => NamedBy::WorkingFolder,
            _ if reference.word.span == invocation.program.span => NamedBy::Program(String::new()),
            name => NamedBy::Program(name.to_owned()),
        };
        let mut missed = false;
        for text in self.names.word(&reference.word, cwd) {
            let Some(spot) = self.names.spot(&text, cwd) else { continue };
            let mut found =
                self.workspace.missing(&spot, reference.wanted).map(|(path, certain)| (path, certain, false));
            if found.is_none()
                && let Some(inner) = reference.inner
                && let Some(inner_spot) = spot.join(inner)
                && self.is_plain_folder(&spot)
            {
                let inside = self.workspace.missing(&inner_spot, Wanted::File);
                found = inside.map(|(path, certain)| (path, certain, true));
            }
            let Some((path, certain, is_inner)) = found else { continue };
            missed = true;
            let replaceable = (!is_inner).then(|| self.replaceable(&reference.word)).flatten();
            let missing = Missing {
                from: cwd.and_then(|cwd| self.workspace.repository_path(cwd)).unwrap_or_else(RepoPath::root),
                written: if is_inner { path.to_string() } else { text },
                path,
                certain,
                named_by: named_by.clone(),
            };
            let is_folder = reference.wanted == Wanted::Folder && !is_inner;
            let miss = self.miss(command, reference.word.span, missing);
            self.misses.push(Miss { is_folder, replaceable, ..miss });
        }
        missed
    }

    fn is_hidden_by_pipe(&self, command: &Command) -> bool {
        command.after == Some(Separator::Pipe) && !self.minds_pipes
    }

    /// Whether the spot is a folder of the repository, with nothing known to be added.
    fn is_plain_folder(&self, spot: &Spot) -> bool {
        let path = self.workspace.repository_path(spot);
        path.is_some_and(|path| self.workspace.repository.presence(&path) == Presence::Folder)
    }

    /// The text of a word, where another path can be written in its place.
    fn replaceable(&self, word: &Word) -> Option<Span> {
        let text = word.plain()?;
        let span = word.map.span(Span::new(0, text.len()));
        (span.of(self.source.text()) == text).then_some(span)
    }

    /// `uv sync --frozen` in a project of a repository without any lock file of uv.
    fn lock(&mut self, command: &Command, invocation: &Invocation, cwd: Option<&Spot>) -> bool {
        let Some((option, cwd)) = insists_on_lock(invocation).zip(cwd) else { return false };
        let elsewhere = invocation.flag(&["--project", "--directory"]).is_some();
        let repository = self.workspace.repository;
        let somewhere = repository.entries().any(|entry| entry.path().file_name() == UV_LOCK);
        let (Some(manifest), Some(lock)) = (cwd.join("pyproject.toml"), cwd.join(UV_LOCK)) else { return false };
        let manifest = self.workspace.repository_path(&manifest);
        let makes_one = ["uv lock", "uv add", "uv init"].iter().any(|command| self.source.text().contains(command));
        if elsewhere || somewhere || makes_one || !manifest.is_some_and(|path| repository.has_file(&path)) {
            return false;
        }
        let Some((path, certain)) = self.workspace.missing(&lock, Wanted::File) else { return false };
        let what = invocation.arguments.first().map_or("sync", |word| word.text.as_str());
        let named_by = NamedBy::Lock(format!("uv {what} {}", option.text));
        let missing = Missing { path, certain, written: UV_LOCK.to_owned(), from: RepoPath::root(), named_by };
        self.misses.push(self.miss(command, option.span, missing));
        true
    }

    /// `python -m package.module`, where the package is a folder of the repository and the module is not in it.
    fn module(&mut self, command: &Command, invocation: &Invocation, cwd: Option<&Spot>) -> bool {
        let (Some(word), Some(Spot::Workspace(folder))) = (&invocation.module, cwd) else { return false };
        let sets_path = |text: &str| text.contains("PYTHONPATH");
        let is_moved = invocation.assignments.iter().any(|one| sets_path(&one.name.value))
            || self.names.env.contains_key("PYTHONPATH");
        let Some(module) = word.plain().filter(|module| module.contains('.') && !is_moved) else { return false };
        let mut parts: Vec<&str> = module.split('.').collect();
        let is_name = |part: &&str| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '_');
        let Some(last) = parts.pop().filter(|last| is_name(last) && parts.iter().all(is_name)) else {
            return false;
        };
        let Some(package) = folder.join(&parts.join("/")).map(Spot::Workspace) else { return false };
        let Some(in_tree) = self.workspace.repository_path(&package) else { return false };
        let repository = self.workspace.repository;
        // A module in another language, or one that is generated, has the same name with another ending.
        let mut beside = repository.within(&in_tree).filter(|entry| entry.path().parent() == in_tree).peekable();
        let is_package = beside.peek().is_some();
        let same_stem = beside.any(|entry| entry.path().file_name().split('.').next() == Some(last));
        let twice = repository.of_kind(FileKind::Python).any(|entry| {
            let end = format!("{module}.", module = module.replace('.', "/"));
            entry.path().as_str().contains(&end) || entry.path().as_str().contains(&end.replace('.', "/"))
        });
        if !is_package || same_stem || twice {
            return false;
        }
        let (Some(file), Some(inner)) = (package.join(&format!("{last}.py")), package.join(last)) else { return false };
        let is_folder = |path: RepoPath| repository.presence(&path) != Presence::Absent;
        if self.workspace.repository_path(&inner).is_none_or(is_folder) {
            return false;
        }
        let Some((path, certain)) = self.workspace.missing(&file, Wanted::File) else { return false };
        let named_by = NamedBy::Module(module.to_owned());
        let missing = Missing { path, certain, written: module.to_owned(), from: folder.clone(), named_by };
        self.misses.push(self.miss(command, word.span, missing));
        true
    }

    /// What `command` names at `place` and misses: a file that nothing can stand in for.
    fn miss(&self, command: &Command, place: Span, missing: Missing) -> Miss {
        let Missing { path, certain, written, from, named_by } = missing;
        Miss {
            path,
            written,
            from,
            named_by,
            location: Location::new(self.source.path(), place),
            certain,
            tolerated: self.nature.tolerated || command.is_failure_swallowed(),
            conditional: self.nature.conditional || command.is_conditional(),
            piped: self.is_hidden_by_pipe(command),
            replaceable: None,
            is_folder: false,
        }
    }
}

/// What is missing, and by what name; see [`Miss`].
struct Missing {
    path: RepoPath,
    certain: bool,
    written: String,
    from: RepoPath,
    named_by: NamedBy,
}

fn is_set(command: &Command, option: &str) -> bool {
    matches!(command.words.as_slice(), [set, word, ..] if set.text == "set" && word.text == option)
}

/// Whether an option of the command, before the program that it runs, makes it run in another folder.
fn changes_folder(command: &Command, invocation: &Invocation) -> bool {
    let mut before = command.words.iter().take_while(|word| word.span.start < invocation.program.span.start);
    !invocation.wrappers.is_empty()
        && before.any(|word| {
            let text = word.text.as_str();
            matches!(text, "-C" | "--chdir" | "-D") || text.starts_with("--directory") || text.starts_with("--project")
        })
}
