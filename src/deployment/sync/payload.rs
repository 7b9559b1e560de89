//! Which files a workflow replaces or takes along while it puts together the tree that a Space gets.

use std::sync::LazyLock;

use regex::Regex;

use crate::diagnostic::RepoPath;
use crate::formats::shell::{Command, Invocation, invocations};
use crate::formats::workflow::Run;

use super::super::{Deployment, workflows};

/// What a command does to files: those that it reads, and those that it writes or takes away.
#[derive(Debug, Default)]
struct Change {
    sources: Vec<String>,
    targets: Vec<String>,
}

impl Deployment<'_> {
    /// Whether a workflow that deals with the Hub puts another file in the place of `file`, a file that a Space is built
    /// from, or takes it away: what the Space gets is not what stands in the repository then.
    #[must_use]
    pub fn is_replaced_by_a_workflow(&self, file: &RepoPath) -> bool {
        let name = file.file_name();
        self.changes_for_the_hub().iter().any(|change| {
            // Its own copy to another folder changes nothing.
            let from_itself = change.sources.iter().any(|source| is_same(source, file));
            let written = change.targets.iter().any(|target| has_name(target, name));
            let another = change.sources.iter().any(|source| has_name(source, name) && !is_same(source, file));
            (written && !from_itself) || another
        })
    }

    /// Whether a workflow that deals with the Hub copies or moves `file`, so that the folder that a Space is built in is not
    /// the one in which the file stands here.
    #[must_use]
    pub fn is_carried_by_a_workflow(&self, file: &RepoPath) -> bool {
        self.changes_for_the_hub().iter().any(|change| change.sources.iter().any(|source| is_same(source, file)))
    }

    fn changes_for_the_hub(&self) -> Vec<Change> {
        let mut found = Vec::new();
        for (path, workflow) in workflows::live(self.documents()) {
            let source = self.documents().repository().source(path);
            let text = source.map_or_else(String::new, |source| source.text().to_ascii_lowercase());
            if !["huggingface", "hf.co", "hf_", "hf upload"].iter().any(|word| text.contains(word)) {
                continue;
            }
            let jobs = workflow.jobs.iter().filter(|job| !job.is_switched_off());
            let runs = jobs
                .flat_map(|job| &job.steps)
                .filter(|step| !step.is_switched_off())
                .filter_map(|step| step.run.as_ref());
            runs.for_each(|run| changes(run, &mut found));
        }
        found
    }
}

fn changes(run: &Run, found: &mut Vec<Change>) {
    for command in run.commands_of_any_shell() {
        found.push(Change { sources: Vec::new(), targets: written(command) });
        found.extend(invocations(command).iter().filter_map(change));
    }
    found.extend(run.script.value.lines().filter_map(python_change));
}

/// The files that a command's output goes to.
fn written(command: &Command) -> Vec<String> {
    let redirections = command.redirections.iter().filter(|redirection| redirection.operator.starts_with('>'));
    redirections.filter_map(|redirection| Some(redirection.target.as_ref()?.text.clone())).collect()
}

fn change(invocation: &Invocation) -> Option<Change> {
    let mut words: Vec<String> =
        invocation.arguments.iter().filter(|word| !word.text.starts_with('-')).map(|word| word.text.clone()).collect();
    let name = match invocation.name() {
        "git" if words.first().is_some_and(|word| word == "rm" || word == "mv") => words.remove(0),
        name => name.to_owned(),
    };
    match name.as_str() {
        "cp" | "mv" | "rsync" | "install" | "ln" => {
            let target = words.pop()?;
            Some(Change { sources: words, targets: vec![target] })
        }
        "rm" | "unlink" | "sed" | "tee" | "perl" | "truncate" => Some(Change { sources: Vec::new(), targets: words }),
        _ => None,
    }
}

/// The same for a line of Python in a script: `shutil.copy("a/Dockerfile", os.path.join(folder, "Dockerfile"))`.
fn python_change(line: &str) -> Option<Change> {
    static CALL: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(
            r"shutil\.(?:copy\w*|move)\(|os\.(?:rename|replace|remove|unlink)\(|\.write_(?:text|bytes)\(|\bopen\(",
        )
        .ok()
    });
    static STRING: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r#""([^"]*)"|'([^']*)'"#).ok());
    let call = CALL.as_ref()?.find(line)?;
    let (before, after) = line.split_at(call.start());
    let strings = |text: &str| -> Vec<String> {
        let Some(string) = STRING.as_ref() else { return Vec::new() };
        let found = string.captures_iter(text).filter_map(|found| found.get(1).or_else(|| found.get(2)));
        found.map(|found| found.as_str().to_owned()).collect()
    };
    match call.as_str() {
        // `Path("README.md").write_text(…)` names the file before the call.
        call if call.starts_with(".write") => Some(Change { sources: Vec::new(), targets: strings(before) }),
        "open(" => {
            let mut words = strings(after);
            let writes = words.iter().skip(1).any(|mode| mode.starts_with(['w', 'a']) || mode.starts_with("r+"));
            words.truncate(1);
            writes.then_some(Change { sources: Vec::new(), targets: words })
        }
        call if call.starts_with("os.rem") || call.starts_with("os.unl") => {
            Some(Change { sources: Vec::new(), targets: strings(after) })
        }
        _ => {
            let mut sources = strings(after);
            let targets = sources.pop().into_iter().collect();
            Some(Change { sources, targets })
        }
    }
}

/// Whether a word names a file called `name`, in whatever folder.
fn has_name(word: &str, name: &str) -> bool {
    word.rsplit(['/', '\\']).next().is_some_and(|last| last.eq_ignore_ascii_case(name))
}

/// Whether a word that starts at the root of the checkout names `file`.
fn is_same(word: &str, file: &RepoPath) -> bool {
    RepoPath::root().join(word).is_some_and(|path| path == *file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deployment::{Documents, Project};
    use crate::repo::Repository;

    #[test]
    fn files_that_a_workflow_replaces() {
        for (step, replaced, carried) in [
            ("cp -r src hf/; cp Dockerfile hf/", false, true),
            ("cp ./Dockerfile hf/Dockerfile", false, true),
            ("cp spaces/Dockerfile hf/", true, false),
            ("rm \"Dockerfile\"; mv Dockerfile-HF Dockerfile", true, false),
            ("mv Dockerfile.hf Dockerfile", true, false),
            ("cat > hf/Dockerfile << 'END'\nFROM a\nEND", true, false),
            ("sed -i s/a/b/ Dockerfile", true, false),
            ("python - << 'END'\nshutil.copy('s/Dockerfile', os.path.join(t, 'Dockerfile'))\nEND", true, false),
            ("python - << 'END'\nshutil.copy('Dockerfile', t + '/Dockerfile')\nEND", false, true),
            ("python - << 'END'\nopen('Dockerfile').read()\nEND", false, false),
            ("docker build -f Dockerfile .; cat Dockerfile", false, false),
        ] {
            let step = step.replace('\n', "\n          ");
            let workflow = format!(
                "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: |\n          {step}\n          hf upload \
                 huggingface.co\n"
            );
            let files = [
                (".github/workflows/a.yml", workflow.as_str()),
                ("README.md", "---\ntitle: a\nsdk: docker\n---\n"),
                ("Dockerfile", "FROM python:3.12\n"),
            ];
            let documents =
                Documents::new(Repository::in_memory(files.iter().map(|(path, text)| (*path, text.as_bytes()))));
            let project = Project::discover(&documents, &[]);
            let deployment = &project.deployments()[0];
            let file = RepoPath::new("Dockerfile");
            let found = (deployment.is_replaced_by_a_workflow(&file), deployment.is_carried_by_a_workflow(&file));
            assert_eq!(found, (replaced, carried), "{step}");
        }
    }
}
