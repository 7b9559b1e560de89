//! What is wrong with the steps that are to bring a repository to a Space.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

use crate::diagnostic::{Location, RepoPath, Span};
use crate::formats::shell::{Command, Invocation, Separator, Word, invocations};
use crate::formats::workflow::{ActionTarget, ExpressionFault, Job, Step, Workflow, expression_faults};

use super::{is_push, names_a_space, other_branch, push_words};

/// Names that people leave in an address where their own belongs.
const PLACEHOLDERS: &[&str] = &[
    "hfusername",
    "hfuser",
    "huggingfaceusername",
    "myspace",
    "orgname",
    "owner",
    "repo",
    "reponame",
    "space",
    "spacename",
    "user",
    "username",
    "yourhfusername",
    "yourname",
    "yourorg",
    "yourreponame",
    "yourspace",
    "yourspacename",
    "yourusername",
    "yourhuggingfaceusername",
    "xxx",
];

/// What is wrong with a step that is to push to a Space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SyncFault {
    /// The push may fail and the step is green all the same; the range that hides it can be left out.
    Swallowed {
        /// From the end of the push to the end of what hides its failure.
        hidden_by: Span,
        /// Whether leaving that range out mends it.
        removable: bool,
    },
    /// `continue-on-error: true` on the step or job.
    ContinuesOnError,
    /// It pushes to GitHub, where the code comes from.
    PushesToGitHub,
    /// The address is no address: what to write instead, where that is plain.
    MalformedAddress(Option<(String, String)>),
    /// The address holds a placeholder.
    Placeholder(String),
    /// The address asks for a password, and nothing answers.
    NoCredentials,
    /// It pushes to a branch that the Space is not built from.
    OtherBranch(String),
    /// A variable in the address is set nowhere.
    UndefinedVariable(String),
    /// An expression names something that does not exist.
    UnknownName(String),
    /// An expression holds a value, most likely a secret, where it should name one.
    BareValue,
}

/// All faults of the steps of `workflow` that are to push to a Space. `text` is the file's.
#[must_use]
pub fn sync_faults(path: &RepoPath, workflow: &Workflow, text: &str) -> Vec<(Location, SyncFault)> {
    let mut found = Vec::new();
    for job in workflow.jobs.iter().filter(|job| !job.is_switched_off()) {
        JobFaults { workflow, job, text, remotes: BTreeMap::new(), clones: false, found: &mut found }.check();
    }
    found.sort_by_key(|(span, _)| *span);
    found.dedup();
    found.into_iter().map(|(span, fault)| (Location::new(path, span), fault)).collect()
}

/// Whether a step speaks to the Hub.
#[must_use]
pub fn is_hub_step(step: &Step, text: &str) -> bool {
    step.run.is_some() && speaks_to_the_hub(step.span.of(text))
}

fn speaks_to_the_hub(text: &str) -> bool {
    ["huggingface.co", "hf.co/", "hf.co:"].iter().any(|address| text.contains(address))
}

struct JobFaults<'w> {
    workflow: &'w Workflow,
    job: &'w Job,
    text: &'w str,
    remotes: BTreeMap<String, Word>,
    /// Whether a command before made a clone, whose `origin` is not the checkout's.
    clones: bool,
    found: &'w mut Vec<(Span, SyncFault)>,
}

impl JobFaults<'_> {
    fn check(&mut self) {
        let job = self.job;
        let jobs = self.workflow.jobs.iter();
        let speaks_to_hub = jobs.flat_map(|job| &job.steps).any(|step| speaks_to_the_hub(step.span.of(self.text)));
        for step in job.steps.iter().filter(|step| !step.is_switched_off()) {
            let Some(run) = &step.run else { continue };
            self.check_uploads(step);
            let commands = run.commands_of_any_shell();
            for (index, command) in commands.iter().enumerate() {
                for invocation in invocations(command) {
                    self.check_address(step, &invocation);
                    if is_push(&invocation) {
                        self.check_push(step, command, commands.get(index + 1), &invocation, speaks_to_hub);
                    }
                }
            }
            if is_hub_step(step, self.text) {
                for (span, fault) in expression_faults(step.span.of(self.text)) {
                    let fault = match fault {
                        ExpressionFault::UnknownName(name) => SyncFault::UnknownName(name),
                        ExpressionFault::BareValue => SyncFault::BareValue,
                        _ => continue,
                    };
                    self.found.push((span.shifted(step.span.start), fault));
                }
            }
        }
    }

    /// The names of repositories that a script hands the Hub's library, or an upload its command line.
    fn check_uploads(&mut self, step: &Step) {
        static NAME: LazyLock<Option<Regex>> = LazyLock::new(|| {
            Regex::new(
                r#"(?:repo_id\s*=\s*|upload(?:-large-folder)?\s+)["']?((?:[Yy][Oo][Uu][Rr]|<)[A-Za-z0-9_.<>-]*/[A-Za-z0-9_.<>-]+)"#,
            )
            .ok()
        });
        let text = step.span.of(self.text);
        let uploads = ["upload_folder", "upload_file", "upload_large_folder", "hf upload", "huggingface-cli upload"];
        let Some(pattern) = NAME.as_ref().filter(|_| uploads.iter().any(|word| text.contains(word))) else { return };
        for found in pattern.captures_iter(text).filter_map(|found| found.get(1)) {
            if let Some(placeholder) = placeholder(&format!("/spaces/{}", found.as_str())) {
                let span = Span::new(found.start(), found.end()).shifted(step.span.start);
                self.found.push((span, SyncFault::Placeholder(placeholder)));
            }
        }
    }

    /// Addresses that git is given, wherever: `push`, `remote add`, `remote set-url`, `clone`.
    fn check_address(&mut self, step: &Step, invocation: &Invocation) {
        if invocation.name() != "git" {
            return;
        }
        let words: Vec<&str> = invocation.arguments.iter().map(|word| word.text.as_str()).collect();
        self.clones |= words.contains(&"clone");
        if let ["remote", "add" | "set-url", name, _, ..] = words.as_slice()
            && let Some(address) = invocation.arguments.get(3)
        {
            self.remotes.insert((*name).to_owned(), address.clone());
        }
        for word in invocation.arguments.iter().filter(|word| speaks_to_the_hub(&word.text)) {
            if let Some(correction) = malformed(&word.text) {
                self.found.push((word.span, SyncFault::MalformedAddress(correction)));
            } else if let Some(placeholder) = placeholder(&word.text) {
                self.found.push((word.span, SyncFault::Placeholder(placeholder)));
            } else if let Some((span, placeholder)) = self.placeholder_in_a_variable(step, word) {
                self.found.push((span, SyncFault::Placeholder(placeholder)));
            } else if names_a_space(&word.text) {
                self.check_variables(step, word);
            }
        }
    }

    fn check_push(
        &mut self,
        step: &Step,
        command: &Command,
        next: Option<&Command>,
        invocation: &Invocation,
        speaks_to_hub: bool,
    ) {
        let words = push_words(invocation);
        let target = words.first().copied().unwrap_or("origin");
        let address = self.remotes.get(target).map_or(target, |word| word.text.as_str());
        let to_space = names_a_space(address);
        let to_github = address.contains("github.com") || address == "origin";
        if to_github && !self.clones && !speaks_to_hub && self.is_meant_for_the_hub(step) {
            self.found.push((invocation.span, SyncFault::PushesToGitHub));
        }
        if !to_space {
            return;
        }
        if is_without_credentials(address) && !self.may_have_credentials() {
            let known = self.remotes.get(target).map(|word| word.span);
            let own = || invocation.arguments.iter().find(|word| word.text == target).map(|word| word.span);
            self.found.push((known.or_else(own).unwrap_or(invocation.span), SyncFault::NoCredentials));
        }
        if let Some((branch, span)) = other_branch(invocation) {
            self.found.push((span, SyncFault::OtherBranch(branch)));
        }
        if step.continue_on_error || self.job.continue_on_error {
            self.found.push((invocation.span, SyncFault::ContinuesOnError));
        }
        let Some(next) = next else { return };
        let hidden_by = Span::new(command.span.end, next.span.end);
        match command.after {
            Some(Separator::Or) if command.inside == next.inside && is_harmless(next) => {
                self.found.push((invocation.span, SyncFault::Swallowed { hidden_by, removable: true }));
            }
            // Without `pipefail`, which only an explicit `shell: bash` sets, the last program of a pipe decides.
            Some(Separator::Pipe) if !self.has_pipefail(step) => {
                self.found.push((invocation.span, SyncFault::Swallowed { hidden_by, removable: false }));
            }
            _ => {}
        }
    }

    /// Whether anything in the workflow may give git a password for the Hub: a credential helper, a header, a file, an action
    /// of somebody else's.
    fn may_have_credentials(&self) -> bool {
        let traces =
            ["credential", ".netrc", "extraheader", "askpass", "insteadof", "sshcommand", "ssh_command", "url."];
        let text = self.text.to_ascii_lowercase();
        let is_foreign = |step: &Step| {
            step.uses.as_ref().is_some_and(
                |uses| !matches!(&uses.target, ActionTarget::Repository { owner, .. } if owner == "actions"),
            )
        };
        traces.iter().any(|trace| text.contains(trace))
            // The command line wrote git's store by itself once.
            || text.contains("huggingface_hub==0.")
            || text.contains("huggingface-hub==0.")
            || self.job.steps.iter().any(is_foreign)
            || self.job.node.get("container").is_some()
            || self.job.node.get("runs-on").is_none_or(|runner| !is_hosted(runner.scalar_text().unwrap_or_default()))
    }

    fn has_pipefail(&self, step: &Step) -> bool {
        let shell = [&step.shell, &self.job.shell, &self.workflow.shell].into_iter().flatten().next();
        let script = step.run.as_ref().map_or("", |run| run.script.value.as_str());
        shell.is_some_and(|shell| shell.value.trim() == "bash" || shell.value.contains("pipefail"))
            || script.contains("pipefail")
            || script.contains("PIPESTATUS")
    }

    /// Whether the step's own words say that it is to reach the Hub: its name and the token that it is given.
    fn is_meant_for_the_hub(&self, step: &Step) -> bool {
        let speaks = |text: &str| {
            let text = text.to_ascii_lowercase();
            ["hugging", "hub", "hf ", "hf_", "space"].iter().any(|word| text.contains(word)) && !text.contains("github")
        };
        let names = [&step.name, &self.workflow.name, &self.job.name].into_iter().flatten();
        let environment = self.workflow.env.iter().chain(&self.job.env).chain(&step.env);
        let has_token = environment.into_iter().any(|(name, _)| {
            let name = name.value.to_ascii_uppercase();
            name.starts_with("HF_") || name.starts_with("HUGGING")
        });
        has_token && names.into_iter().any(|name| speaks(&name.value))
    }

    /// The value in `env` that makes an address hold a placeholder.
    fn placeholder_in_a_variable(&self, step: &Step, word: &Word) -> Option<(Span, String)> {
        let value = |name: &str| {
            let environments = [&step.env, &self.job.env, &self.workflow.env];
            let values = environments.into_iter().flatten().find(|(known, _)| known.value == name);
            values.map(|(_, value)| value).filter(|value| !value.value.contains("${{"))
        };
        let known = |name: &str| Some(value(name).map_or_else(|| "$".to_owned(), |value| value.value.clone()));
        let found = placeholder(&word.expand(known)?)?;
        let mut values = word.variables().filter_map(|(name, _)| value(name));
        let own = values.find(|value| !value.value.is_empty() && found.contains(value.value.trim_end_matches('/')))?;
        Some((own.span, found))
    }

    /// Variables in an address that nothing in the workflow sets: the push is made without its token or name.
    fn check_variables(&mut self, step: &Step, word: &Word) {
        let script = step.run.as_ref().map_or("", |run| run.script.value.as_str());
        let earlier = self.job.steps.iter().take_while(|other| other.span != step.span);
        let may_set = |other: &Step| {
            other.run.as_ref().is_some_and(|run| run.script.value.contains("GITHUB_ENV"))
                || other.uses.as_ref().is_some_and(
                    |uses| !matches!(&uses.target, ActionTarget::Repository { owner, .. } if owner == "actions"),
                )
        };
        let commands = step.run.as_ref().map_or(&[][..], |run| run.commands.as_slice());
        if commands.is_empty() || earlier.into_iter().any(may_set) || self.job.node.get("container").is_some() {
            return;
        }
        for (name, default) in word.variables() {
            let environment = self.workflow.env.iter().chain(&self.job.env).chain(&step.env);
            let is_set = default.is_some()
                || environment.into_iter().any(|(known, _)| known.value == name)
                || ["GITHUB_", "RUNNER_", "ACTIONS_"].iter().any(|prefix| name.starts_with(prefix))
                || matches!(name, "CI" | "HOME" | "USER" | "PWD" | "PATH")
                || mentions_as_set(script, name);
            if !is_set && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
                self.found.push((word.span, SyncFault::UndefinedVariable(name.to_owned())));
            }
        }
    }
}

/// Whether a script gives `name` a value: by assignment, `read`, `for` or `export`.
fn mentions_as_set(script: &str, name: &str) -> bool {
    script.match_indices(name).any(|(at, _)| {
        let before = script.get(..at).unwrap_or("").chars().next_back();
        let after = script.get(at + name.len()..).unwrap_or("");
        let is_use = matches!(before, Some('$' | '{'));
        let is_part = before.is_some_and(|c| c.is_alphanumeric() || c == '_');
        !is_use
            && !is_part
            && (after.starts_with(['=', '+']) || after.starts_with([' ', '\n', ';']) || after.is_empty())
    })
}

/// What hides a failure and does nothing about it.
fn is_harmless(command: &Command) -> bool {
    let ends = |command: &Command| matches!(command.after, None | Some(Separator::Sequence));
    let plain = invocations(command).iter().all(|invocation| {
        let zero = invocation.arguments.first().is_none_or(|word| word.text == "0");
        match invocation.name() {
            "true" | ":" | "echo" | "printf" => true,
            "exit" => zero,
            _ => false,
        }
    });
    plain && ends(command)
}

/// Whether a runner is one of GitHub's own, which nobody has set up before.
fn is_hosted(label: &str) -> bool {
    ["ubuntu-", "windows-", "macos-"].iter().any(|system| label.starts_with(system))
}

/// Whether git would ask for a name and a password at this address.
fn is_without_credentials(address: &str) -> bool {
    let rest = address.strip_prefix("https://");
    rest.is_some_and(|rest| {
        (rest.starts_with("huggingface.co/spaces/") || rest.starts_with("hf.co/spaces/"))
            && malformed(address).is_none()
            && placeholder(address).is_none()
    })
}

/// `None` for a sound address; else what of it to replace by what, where that is plain.
fn malformed(address: &str) -> Option<Option<(String, String)>> {
    for (wrong, right) in [
        ("https:///", "https://"),
        ("https////", "https://"),
        ("huggingface.co//spaces", "huggingface.co/spaces"),
        ("huggingface.co/space/", "huggingface.co/spaces/"),
        ("huggingface.com/", "huggingface.co/"),
        ("hf.co/space/", "hf.co/spaces/"),
    ] {
        if address.contains(wrong) {
            return Some(Some((wrong.to_owned(), right.to_owned())));
        }
    }
    let tail = address.split("/spaces/").nth(1)?;
    let parts: Vec<&str> = tail.trim_end_matches('/').split('/').collect();
    // A variable may hold both the owner and the name.
    let lacks_a_name = parts.len() < 2 && !tail.contains(['$', '{', '`']);
    let has_space = address.contains(char::is_whitespace) && !address.contains(['{', '`', '(']);
    (lacks_a_name || has_space || parts.iter().any(|part| part.is_empty())).then_some(None)
}

/// The part of an address that stands for what its author was to fill in.
fn placeholder(address: &str) -> Option<String> {
    let tail = address.split("/spaces/").nth(1)?;
    if tail.contains('<') || tail.contains("[your") {
        return Some(tail.to_owned());
    }
    let parts: Vec<&str> = tail.trim_end_matches('/').split('/').take(2).collect();
    let is_one = |part: &&str| {
        let plain: String = part.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
        !part.contains('$') && PLACEHOLDERS.contains(&plain.as_str())
    };
    let certain = |part: &str| part.to_ascii_lowercase().starts_with("your");
    // A Space may be called "space"; an owner and a name that are both placeholders are no accident.
    let found = parts.iter().all(is_one) || parts.iter().any(|part| is_one(part) && certain(part));
    found.then(|| parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for address in [
            "https://me:$HF_TOKEN@huggingface.co/spaces/me/demo",
            "https://$U:$T@huggingface.co/spaces/$SPACE",
            "https://u:${{ secrets.T }}@huggingface.co/spaces/${{ vars.OWNER }}/${{ vars.NAME }}.git",
            "git@hf.co:spaces/me/space",
            "https://hf.co/spaces/me/space",
        ] {
            assert_eq!((malformed(address), placeholder(address)), (None, None), "{address}");
        }
        for address in [
            "https:///me:$T@huggingface.co/spaces/me/demo",
            "https://me:$T@huggingface.co/space/me/demo",
            "https://me:$T@huggingface.co/spaces/demo",
            "https://me:$T@huggingface.co/spaces//demo",
        ] {
            assert!(malformed(address).is_some(), "{address}");
        }
        for address in
            ["https://x@huggingface.co/spaces/YOUR_HF_USERNAME/YOUR_SPACE_NAME", "hf.co/spaces/HF_USERNAME/SPACE_NAME"]
        {
            assert!(placeholder(address).is_some(), "{address}");
        }
    }
}
