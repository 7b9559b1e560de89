//! What a stage comes to with the stages that it builds on: environment, start command, ports, working directory.

use std::collections::HashMap;

use super::expand::expand;
use super::{Base, CommandLine, Copy, Dockerfile, ExposedPort, Form, Instruction, InstructionKind, Stage};
use crate::diagnostic::{Span, Spanned};
use crate::formats::shell::{self, Command, Invocation, Word};

/// A variable of a stage's environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// The name.
    pub name: Spanned<String>,
    /// The value with variables replaced; `None` where it depends on what the file does not say.
    pub value: Spanned<Option<String>>,
}

/// What a container of a stage runs.
#[derive(Debug, Clone, PartialEq)]
pub struct StartCommand<'a> {
    /// The `ENTRYPOINT` in force.
    pub entrypoint: Option<&'a CommandLine>,
    /// The `CMD` in force. A shell-form `ENTRYPOINT` does not get it.
    pub cmd: Option<&'a CommandLine>,
    /// Both put together as Docker does.
    pub commands: Vec<Command>,
}

impl StartCommand<'_> {
    /// The programs that it runs, wrappers taken off.
    #[must_use]
    pub fn invocations(&self) -> Vec<Invocation> {
        self.commands.iter().flat_map(shell::invocations).collect()
    }

    /// The programs that `CMD` names, for an `ENTRYPOINT` that is a script which runs its arguments (`exec "$@"`).
    #[must_use]
    pub fn cmd_invocations(&self) -> Vec<Invocation> {
        self.cmd.iter().flat_map(|cmd| &cmd.commands).flat_map(shell::invocations).collect()
    }
}

/// A `COPY` or `ADD` where it takes effect.
#[derive(Debug, Clone, PartialEq)]
pub struct CopiedFiles<'a> {
    /// The instruction's arguments.
    pub copy: &'a Copy,
    /// The sources with variables replaced; `None` where one is not known.
    pub sources: Vec<Spanned<Option<String>>>,
    /// The absolute path in the image; `None` where it is not known. A final `/` is kept: it says that it is a folder.
    pub destination: Option<String>,
    /// The stage that copies.
    pub stage: &'a Stage,
    /// The instruction.
    pub span: Span,
}

/// A `RUN` where it takes effect.
#[derive(Debug, Clone, PartialEq)]
pub struct RunStep<'a> {
    /// What it runs.
    pub command: &'a CommandLine,
    /// The folder that it runs in; `None` where it is not known.
    pub workdir: Option<String>,
    /// The stage that runs it.
    pub stage: &'a Stage,
    /// The instruction.
    pub span: Span,
}

/// What is known at a point of a stage.
struct Scope<'a> {
    file: &'a Dockerfile,
    /// `ENV`s in the order set.
    environment: Vec<Variable>,
    /// Places in `environment` by name.
    positions: HashMap<&'a str, usize>,
    arguments: HashMap<&'a str, Option<String>>,
    workdir: Option<Spanned<Option<String>>>,
}

impl<'a> Scope<'a> {
    fn lookup(&self, name: &str) -> Option<String> {
        match self.positions.get(name).and_then(|&at| self.environment.get(at)) {
            Some(variable) => variable.value.value.clone(),
            None => self.arguments.get(name).cloned().flatten(),
        }
    }

    fn expand(&self, text: &str) -> Option<String> {
        expand(text, self.file.escape, &|name| self.lookup(name))
    }

    /// An absolute path in the image for a path as written.
    fn absolute(&self, path: &str) -> Option<String> {
        let path = self.expand(path)?;
        if path.starts_with('/') {
            return Some(path);
        }
        // The working directory of an image is `/` unless it says otherwise, which only the image knows.
        let folder = match &self.workdir {
            Some(workdir) => workdir.value.clone()?,
            None => return None,
        };
        let relative = path.trim_start_matches("./");
        let relative = if relative == "." { "" } else { relative };
        Some(format!("{}/{relative}", folder.trim_end_matches('/')))
    }

    fn apply(&mut self, instruction: &'a Instruction) {
        if instruction.on_build {
            return;
        }
        match &instruction.kind {
            InstructionKind::Env(settings) => {
                // All values of one instruction see the environment before it.
                let values: Vec<_> = settings.iter().map(|(_, value)| self.expand(&value.value)).collect();
                for ((name, written), value) in settings.iter().zip(values) {
                    let variable = Variable { name: name.clone(), value: Spanned::new(value, written.span) };
                    match self.positions.get(name.value.as_str()).and_then(|&at| self.environment.get_mut(at)) {
                        Some(known) => *known = variable,
                        None => {
                            self.positions.insert(&name.value, self.environment.len());
                            self.environment.push(variable);
                        }
                    }
                }
            }
            InstructionKind::Arg(arguments) => {
                for argument in arguments {
                    let name = &argument.name.value;
                    let value = match &argument.default {
                        Some(default) => self.expand(&default.value),
                        None => self.file.global_defaults.get(name).cloned().flatten(),
                    };
                    self.arguments.insert(name, value);
                }
            }
            InstructionKind::Workdir(path) => {
                let absolute = self.absolute(&path.value).map(|path| match path.trim_end_matches('/') {
                    "" => "/".to_owned(),
                    path => path.to_owned(),
                });
                self.workdir = Some(Spanned::new(absolute, path.span));
            }
            _ => {}
        }
    }
}

impl Stage {
    /// Whether `name` is this stage's, compared as Docker does: without regard to case.
    #[must_use]
    pub fn is_named(&self, name: &str) -> bool {
        self.name.as_ref().is_some_and(|own| own.value.eq_ignore_ascii_case(name))
    }
}

impl Dockerfile {
    /// The stage that is built by default: the last.
    #[must_use]
    pub fn final_stage(&self) -> Option<&Stage> {
        self.stages.last()
    }

    /// The stage that a build's `target` or a `COPY --from` names, by name or index.
    #[must_use]
    pub fn stage_by_name(&self, target: &str) -> Option<&Stage> {
        let named = self.stage_indexes.get(&target.to_ascii_lowercase()).copied();
        self.stages.get(named.or_else(|| target.parse().ok())?)
    }

    /// The stages that `stage` builds on, the outermost first, and itself last.
    #[must_use]
    pub fn chain<'a>(&'a self, stage: &'a Stage) -> Vec<&'a Stage> {
        let mut chain = vec![stage];
        let mut current = stage;
        while let Base::Stage(index) = current.base {
            // A stage can only name an earlier one, so this ends.
            let Some(parent) = self.stages.get(index).filter(|parent| parent.index < current.index) else { break };
            chain.push(parent);
            current = parent;
        }
        chain.reverse();
        chain
    }

    /// The instructions that make up `stage`, those of the stages that it builds on first, `ONBUILD` ones left out.
    pub fn instructions<'a>(&'a self, stage: &'a Stage) -> impl Iterator<Item = (&'a Stage, &'a Instruction)> {
        self.chain(stage)
            .into_iter()
            .flat_map(|stage| stage.instructions.iter().map(move |instruction| (stage, instruction)))
            .filter(|(_, instruction)| !instruction.on_build)
    }

    /// The image from outside that `stage` builds on in the end.
    #[must_use]
    pub fn root_base<'a>(&'a self, stage: &'a Stage) -> &'a Base {
        self.chain(stage).first().map_or(&stage.base, |root| &root.base)
    }

    /// The variables that the file sets for containers of `stage`, each with its last value, in the order first set.
    #[must_use]
    pub fn environment(&self, stage: &Stage) -> Vec<Variable> {
        self.scope_after(stage).environment
    }

    /// The working directory of `stage`; `None` where the file sets none. Its value is `None` where it is not known.
    #[must_use]
    pub fn workdir(&self, stage: &Stage) -> Option<Spanned<Option<String>>> {
        self.scope_after(stage).workdir
    }

    /// The ports that `stage` declares, variables replaced where known.
    #[must_use]
    pub fn exposed(&self, stage: &Stage) -> Vec<ExposedPort> {
        let mut ports = Vec::new();
        self.walk(stage, |scope, _, instruction| {
            let InstructionKind::Expose(written) = &instruction.kind else { return };
            for port in written {
                let mut port = port.clone();
                if let Some(text) = scope.expand(&port.text.value) {
                    let (number, protocol) = text.split_once('/').unwrap_or((&text, "tcp"));
                    port.port = number.parse().ok();
                    port.protocol = protocol.to_ascii_lowercase();
                }
                ports.push(port);
            }
        });
        ports
    }

    /// The `COPY` and `ADD` instructions that make up `stage`.
    #[must_use]
    pub fn copies<'a>(&'a self, stage: &'a Stage) -> Vec<CopiedFiles<'a>> {
        let mut copies = Vec::new();
        self.walk(stage, |scope, stage, instruction| {
            let (InstructionKind::Copy(copy) | InstructionKind::Add(copy)) = &instruction.kind else { return };
            let sources = copy.sources.iter().map(|path| Spanned::new(scope.expand(&path.value), path.span));
            let destination = scope.absolute(&copy.destination.value);
            copies.push(CopiedFiles { copy, sources: sources.collect(), destination, stage, span: instruction.span });
        });
        copies
    }

    /// The `RUN` instructions that make up `stage`.
    #[must_use]
    pub fn runs<'a>(&'a self, stage: &'a Stage) -> Vec<RunStep<'a>> {
        let mut runs = Vec::new();
        self.walk(stage, |scope, stage, instruction| {
            let InstructionKind::Run(command) = &instruction.kind else { return };
            let workdir = scope.workdir.as_ref().and_then(|workdir| workdir.value.clone());
            runs.push(RunStep { command, workdir, stage, span: instruction.span });
        });
        runs
    }

    /// What a container of `stage` runs; `None` where only the base image says.
    #[must_use]
    pub fn command<'a>(&'a self, stage: &'a Stage) -> Option<StartCommand<'a>> {
        let mut entrypoint: Option<&CommandLine> = None;
        let mut cmd: Option<(&CommandLine, usize)> = None;
        for (stage, instruction) in self.instructions(stage) {
            match &instruction.kind {
                InstructionKind::Cmd(line) => cmd = Some((line, stage.index)),
                InstructionKind::Entrypoint(line) => {
                    entrypoint = Some(line);
                    // Docker drops the CMD of the image built on, not one that the same stage has set before.
                    cmd = cmd.filter(|(_, set_in)| *set_in == stage.index);
                }
                _ => {}
            }
        }
        let cmd = cmd.map(|(line, _)| line);
        let commands = match (entrypoint, cmd) {
            (None, None) => return None,
            (Some(entrypoint), _) if entrypoint.form == Form::Shell => entrypoint.commands.clone(),
            (None, Some(cmd)) => cmd.commands.clone(),
            (Some(entrypoint), None) => entrypoint.commands.clone(),
            (Some(entrypoint), Some(cmd)) => {
                let mut words = exec_words(entrypoint);
                match cmd.form {
                    Form::Exec => words.extend(exec_words(cmd)),
                    Form::Shell => words.extend(shell::shell_words(&cmd.text, cmd.span, &cmd.map)),
                }
                vec![Command::from_words(words)]
            }
        };
        Some(StartCommand { entrypoint, cmd, commands })
    }

    /// The last `HEALTHCHECK` of `stage`: `Some(None)` for `NONE`, `None` where there is none.
    #[must_use]
    pub fn healthcheck<'a>(&'a self, stage: &'a Stage) -> Option<Option<&'a CommandLine>> {
        let checks = self.instructions(stage).filter_map(|(_, instruction)| match &instruction.kind {
            InstructionKind::Healthcheck(check) => Some(check.as_ref()),
            _ => None,
        });
        checks.last()
    }

    /// The user that containers of `stage` run as, as written.
    #[must_use]
    pub fn user<'a>(&'a self, stage: &'a Stage) -> Option<&'a Spanned<String>> {
        let users = self.instructions(stage).filter_map(|(_, instruction)| match &instruction.kind {
            InstructionKind::User(user) => Some(user),
            _ => None,
        });
        users.last()
    }

    fn scope(&self) -> Scope<'_> {
        Scope {
            file: self,
            environment: Vec::new(),
            positions: HashMap::new(),
            arguments: HashMap::new(),
            workdir: None,
        }
    }

    fn scope_after<'a>(&'a self, stage: &'a Stage) -> Scope<'a> {
        let mut scope = self.scope();
        for (_, instruction) in self.instructions(stage) {
            scope.apply(instruction);
        }
        scope
    }

    fn walk<'a>(&'a self, stage: &'a Stage, mut visit: impl FnMut(&Scope<'_>, &'a Stage, &'a Instruction)) {
        let mut scope = self.scope();
        for (stage, instruction) in self.instructions(stage) {
            visit(&scope, stage, instruction);
            scope.apply(instruction);
        }
    }
}

fn exec_words(line: &CommandLine) -> Vec<Word> {
    line.commands.first().map(|command| command.words.clone()).unwrap_or_default()
}
